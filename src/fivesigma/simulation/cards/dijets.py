"""W' → X Y → four quarks in two fat jets, and QCD dijets, as the R&D events of the LHC Olympics 2020, arXiv:2101.08320."""

from __future__ import annotations

from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["DIJET_ANOMALY"]

# Neutral pions stay whole: their two photons go into one jet side by side, and their decays take a tenth of the time.
_STABLE_PIONS = ("111:mayDecay = off",)
_LIMITS = (
    "Leading order and parton shower: a third hard jet, and with it what is left of the jets' balance, is the shower's alone.",
    "No pile-up. Neutral pions do not decay; masses of fat jets do not feel that.",
)

_QCD = Process(
    name="qcd",
    title="QCD dijets",
    kind="background",
    settings=("HardQCD:all = on", "PhaseSpace:pTHatMin = 1100.", *_STABLE_PIONS),
    final_state="dijets",
    multiparton_interactions=True,
    chunk_size=2000,
    source="Pythia's leading order with NNPDF2.3 QCD+QED LO, no k-factor: its scale alone is uncertain by some 30 %; a "
    "search takes this background from data",
    limits=(
        *_LIMITS,
        "pTHat > 1.1 TeV: events with a leading jet lifted above 1.2 TeV by radiation or resolution are missing.",
        "They would be a fifth of all, and a tenth where 3.3 < m(jj) < 3.7 TeV.",
        "No top quarks and no W or Z bosons: jets near their masses are QCD's.",
    ),
)

_WPRIME = Process(
    name="wprime",
    title="W'(3.5 TeV) → X(500 GeV) Y(100 GeV)",
    kind="signal",
    settings=(
        "NewGaugeBoson:ffbar2Wprime = on",
        "34:m0 = 3500.",
        "34:mWidth = 1.",
        "34:doForceWidth = on",
        "34:oneChannel = 1 1.0 103 9900041 9900042",
        # name, antiparticle's name, 2 × spin + 1, 3 × charge, colour, mass, width, its range: the W' needs a charged decay
        "9900041:new = X Xbar 1 3 0 500. 0.5 490. 510.",
        "9900041:oneChannel = 1 1.0 101 2 -1",
        "9900042:new = Y void 1 0 0 100. 0.1 98. 102.",
        "9900042:oneChannel = 1 0.5 101 2 -2",
        "9900042:addChannel = 1 0.5 101 1 -1",
        *_STABLE_PIONS,
    ),
    final_state="dijets",
    multiparton_interactions=True,
    chunk_size=2000,
    cross_section=0.02,
    source="A benchmark of 20 fb, not a prediction: with 12.9 fb⁻¹ it gives S/√B = 2 for 3.3 < m(jj) < 3.7 TeV, near the 2.2 "
    "of studies with the LHC Olympics' events, arXiv:2109.00546",
    limits=(
        *_LIMITS,
        "The cross section is chosen, not calculated: only shapes mean something.",
        "X and Y have no spin and decay at once, X to ud and Y to uu or dd.",
        "All decays are isotropic: jets of the LHC Olympics' signal are more central, and hold both quarks of X more often.",
        "W', X and Y have widths of 1, 0.5 and 0.1 GeV.",
    ),
)

DIJET_ANOMALY = RecipeSimulation(
    recipe="dijet-anomaly",
    luminosity=12.9,
    processes=(_WPRIME, _QCD),
    columns={"id": "id", "weight": "weight", "label": "is_signal"},
)
"""12.9 fb⁻¹ at 13 TeV, as CMS's search for dijet resonances with the data of 2016, arXiv:1611.03568: some 50,000 QCD events.

There are no pseudo-data: a search mixes in as much signal as it wants.
"""
