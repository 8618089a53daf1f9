"""Units are guessed from names and sizes as they are met in published ntuples."""

from __future__ import annotations

import pytest

from fivesigma.events.units import is_angle, is_energy, is_mass, looks_like_mev

MASSES = [
    "Higgs_mass",
    "Z1_mass",
    "invMass",
    "invMass1",
    "mll",
    "mjj",
    "m_jj",
    "Mjj",
    "m4l",
    "M",
    "m",
    "mt",
    "mt2",
    "MT",
    "mj1",
    "mbb",
    "DER_mass_MMC",
    "DER_mass_transverse_met_lep",
    "fatJetMass",
    "m_vis",
    "mH",
    "jet_m",
    "FatJet_msoftdrop",
    "mT_W",
]
MOMENTA = [
    "lep_pt",
    "jet_pt_0",
    "leadLep_pt1",
    "E",
    "lep_E",
    "E1",
    "px1",
    "pxj1",
    "pzj2",
    "PRI_met",
    "PRI_met_sumet",
    "MET",
    "met_et",
    "ETmiss",
    "HT",
    "LHE_HT",
    "Jet1Pt",
    "JetHBpt",
    "LepPt",
    "lead_lep_pt",
    "DER_sum_pt",
    "ptll",
    "sumET",
    "MET_px",
    "Tau_pt",
    "PRI_tau_pt",
]
ANGLES = ["phi1", "Phi", "Phi1", "theta_star", "theta1", "jet_phi", "PRI_met_phi", "dphi_pTll_ETmiss", "METphi"]
OTHERS = [
    "eta",
    "type",
    "weight",
    "mcWeight",
    "totalWeight",
    "nJet",
    "njets",
    "jet_n",
    "N_bjets",
    "tau21",
    "tau1j2",
    "D2",
    "event",
    "eventNumber",
    "runNumber",
    "channelNumber",
    "mean",
    "mu",
    "dRll",
    "DrJetHBLep",
    "fractional_pT_difference",
    "ETmiss_over_HT",
    "DER_pt_ratio_lep_tau",
    "DER_met_phi_centrality",
    "MET_significance",
    "JetHBCSV",
    "mva_score",
    "month",
    "multiplicity",
    "label",
    "Q1",
    "lep_charge",
    "vxp_z",
    "costheta",
    "MCleptonPDGid",
    "ptErr_rel",
    "pt_error",
]


@pytest.mark.parametrize("name", MASSES)
def test_masses_are_energies(name):
    assert is_mass(name)
    assert is_energy(name)


@pytest.mark.parametrize("name", MOMENTA)
def test_momenta_are_energies_and_no_masses(name):
    assert is_energy(name)
    assert not is_mass(name)


@pytest.mark.parametrize("name", ANGLES)
def test_angles(name):
    assert is_angle(name)
    assert not is_energy(name)


@pytest.mark.parametrize("name", OTHERS)
def test_neither(name):
    assert not is_energy(name)
    assert not is_angle(name)


def test_large_momenta_are_in_mev_and_large_numbers_of_other_things_are_not():
    assert looks_like_mev("lep_pt", 45_000.0)
    assert not looks_like_mev("lep_pt", 45.0)
    assert not looks_like_mev("mjj", 4_000.0)
    assert not looks_like_mev("eventNumber", 45_000.0)
