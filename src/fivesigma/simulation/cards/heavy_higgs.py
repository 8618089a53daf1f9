"""H(1 TeV) → ZZ → ℓℓqq and its backgrounds, as in a search for resonances in a Z and a fat jet, arXiv:1708.09638.

Everything is generated with multiparton interactions, which jet masses and D2 feel. Neutral pions stay: it costs no jet
anything and saves a third of the clustering.
"""

from __future__ import annotations

from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["HEAVY_HIGGS"]

_STABLE_PIONS = "111:mayDecay = off"
_Z_TO_LEPTONS = ("23:onMode = off", "23:onIfAny = 11 13")
_Z_TO_LEPTONS_OR_QUARKS = ("23:onMode = off", "23:onIfAny = 1 2 3 4 5 11 13")
_TWO_LEPTONS = TruthFilter(stage="process", particles=(11, 13), quantity="count", minimum=2, maximum=2, each_pt=5.0)
_ONE_FLAVOUR = TruthFilter(stage="process", particles=(11, 13), quantity="kinds", minimum=1, maximum=1)
_NEAR_Z = TruthFilter(stage="process", particles=(11, 13), quantity="mass", minimum=60.0, maximum=125.0)

_LIMITS = (
    "Leading order and parton shower: second hard jets, and with them large masses of the fat jet, are approximate.",
    "No leptons of taus, and none that are misidentified jets.",
    "No pile-up: trimming and the mass resolution have to stand for what is left of it; D2 is that of the true particles.",
)

# Pythia's own leading-order rates in pb at 13 TeV, with its default parton distributions; statistical errors are below 0.3 %.
_PYTHIA_Z = 1518.0  # one flavour of leptons, m(ℓℓ) > 50 GeV
_PYTHIA_ZZ = 9.23
_PYTHIA_WZ = 23.44

_NNLO_Z = 6025.2 / 3
_NNLO_ZZ = 16.91
_NNLO_WZ = 51.11
_TOP_PAIRS_RATE = 831.76
_W_TO_ONE_LEPTON = 0.1086

_BENCHMARK = 0.05
_Z_TO_QUARKS_OR_LEPTONS = 0.6991 + 2 * 0.03366

_HIGGS = Process(
    name="higgs_1000",
    title="gg → H(1 TeV) → ZZ → ℓℓqq",
    kind="signal",
    settings=(
        "Higgs:useBSM = on",
        "HiggsBSM:gg2H2 = on",
        "35:m0 = 1000.",
        "35:mWidth = 4.",
        "35:doForceWidth = on",
        "35:mMin = 900.",
        "35:mMax = 1100.",
        "35:onMode = off",
        "35:onIfMatch = 23 23",
        *_Z_TO_LEPTONS_OR_QUARKS,
        _STABLE_PIONS,
    ),
    filters=(_TWO_LEPTONS,),
    final_state="dilepton_fat_jet",
    multiparton_interactions=True,
    cross_section=_BENCHMARK * _Z_TO_QUARKS_OR_LEPTONS**2,
    source="A benchmark, not a prediction: σ(gg → H) × B(H → ZZ) = 0.05 pb, with 0.7664 of each Z in quarks, electrons or "
    "muons (Review of Particle Physics)",
    limits=(
        *_LIMITS,
        "A narrow scalar: the width is set to 4 GeV, and there is no interference with gg → ZZ.",
        "Gluon fusion only, at leading order: the transverse momentum of the resonance is the shower's.",
    ),
    chunk_size=1500,
)

_Z_JETS = Process(
    name="zjets",
    title="Z/γ* → ℓℓ + jets",
    kind="background",
    settings=(
        "WeakBosonAndParton:qqbar2gmZg = on",
        "WeakBosonAndParton:qg2gmZq = on",
        "23:mMin = 60.",
        "23:mMax = 125.",
        *_Z_TO_LEPTONS,
        _STABLE_PIONS,
    ),
    slices=(150.0, 400.0),
    final_state="dilepton_fat_jet",
    multiparton_interactions=True,
    k_factor=_NNLO_Z / _PYTHIA_Z,
    source="Pythia's leading order × 2008.4/1518.0, NNLO over Pythia's own for pp → Z/γ* → ℓℓ of one flavour with m(ℓℓ) > 50 GeV "
    "at 13 TeV; NNLO by FEWZ, arXiv:1011.3540, as CMS uses it",
    limits=(
        *_LIMITS,
        "One k-factor, that of all Z, for those of large transverse momentum.",
        "One hard parton beside the Z, of more than 150 GeV; others are the shower's, and the 2 % of the rate that come with less are left out.",
    ),
    chunk_size=1500,
)

_DIBOSON = Process(
    name="diboson",
    title="ZZ, WZ → ℓℓqq",
    kind="background",
    settings=(
        "WeakDoubleBoson:ffbar2gmZgmZ = on",
        "WeakDoubleBoson:ffbar2ZW = on",
        "WeakZ0:gmZmode = 2",
        "PhaseSpace:pTHatMin = 120.",
        "24:onMode = off",
        "24:onIfAny = 1 2 3 4 5",
        *_Z_TO_LEPTONS_OR_QUARKS,
        _STABLE_PIONS,
    ),
    filters=(_TWO_LEPTONS,),
    final_state="dilepton_fat_jet",
    multiparton_interactions=True,
    k_factor=(_NNLO_ZZ + _NNLO_WZ) / (_PYTHIA_ZZ + _PYTHIA_WZ),
    source="Pythia's leading order × (16.91 + 51.11)/(9.23 + 23.44), NNLO over Pythia's own for ZZ and WZ together at 13 TeV; NNLO "
    "by Cascioli et al., arXiv:1405.2219, and Grazzini et al., arXiv:1604.08576",
    limits=(
        *_LIMITS,
        "One k-factor for ZZ and WZ and for all transverse momenta, although that of WZ grows with them.",
        "No photon in the place of a Z; gg → ZZ enters through the k-factor alone.",
        "Bosons of more than 120 GeV in the hard process: softer pairs are left out.",
        "They would add two thirds to the rate, mostly with a hard jet beside the pair that stands for a boson's.",
    ),
    chunk_size=1500,
)

_TOP_PAIRS = Process(
    name="ttbar",
    title="tt̄ → ℓνb ℓνb",
    kind="background",
    settings=(
        "Top:gg2ttbar = on",
        "Top:qqbar2ttbar = on",
        "6:m0 = 172.5",
        "24:onMode = off",
        "24:onIfAny = 11 13",
        _STABLE_PIONS,
    ),
    filters=(_TWO_LEPTONS, _ONE_FLAVOUR, _NEAR_Z),
    final_state="dilepton_fat_jet",
    multiparton_interactions=True,
    cross_section=_TOP_PAIRS_RATE * (2 * _W_TO_ONE_LEPTON) ** 2,
    source="831.76 pb (NNLO+NNLL at 13 TeV for a top mass of 172.5 GeV), arXiv:1112.5675, × (2 × 0.1086)² for W → eν and "
    "W → μν, Review of Particle Physics",
    limits=(
        *_LIMITS,
        "Both W bosons in electrons or both in muons, with 60 < m(ℓℓ) < 125 GeV.",
    ),
    chunk_size=1500,
)

HEAVY_HIGGS = RecipeSimulation(
    recipe="heavy-higgs",
    luminosity=36.1,
    processes=(_HIGGS, _Z_JETS, _DIBOSON, _TOP_PAIRS),
    columns={"id": "id", "isSignal": "is_signal", "FullEventWeight": "weight"},
)
"""As the ATLAS data of 2015 and 2016: 36.1 fb⁻¹ at 13 TeV."""
