"""Stop pairs with four-body decays on a grid of masses, and the two largest backgrounds of a single soft lepton.

Cross sections: stop pairs at NLO+NLL for 13 TeV, Borschensky et al., arXiv:1407.5066, in the table of the LHC SUSY Cross
Section Working Group that the published limits of CMS-SUS-17-005 (arXiv:1805.05784) refer to; top pairs at NNLO+NNLL,
Czakon, Mitov, arXiv:1112.5675, for m_t = 172.5 GeV; W → ℓν at NNLO by FEWZ 3.1, arXiv:1208.5967, as the LHC experiments quote it.
"""

from __future__ import annotations

from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.processes import Process, RecipeSimulation
from fivesigma.simulation.slha import spectrum

__all__ = ["GAPS", "STOP_CROSS_SECTIONS", "STOP_FOUR_BODY", "stop_pair"]

STOP_CROSS_SECTIONS = {250: 21.5949, 350: 3.78661, 450: 0.948333, 550: 0.296128, 650: 0.107045}
"""Cross section in pb of stop pairs by the stop's mass in GeV."""

GAPS = (10, 30, 50, 80)
"""Differences in GeV between the masses of the stop and of the lightest neutralino."""

_STOP, _NEUTRALINO, _BOTTOM = 1000006, 1000022, 5
_LEPTON_FRACTION, _QUARK_FRACTION = 1 / 9, 1 / 3  # of an off-shell W, without the masses of what it decays to
_W_CHANNELS = (
    *((_QUARK_FRACTION, pair) for pair in ((2, -1), (4, -3))),
    *((_LEPTON_FRACTION, pair) for pair in ((-11, 12), (-13, 14), (-15, 16))),
)

_W_TO_LEPTONS_NNLO, _W_TO_LEPTONS_PYTHIA = 61526.7, 45780.0

# Photons of π⁰ change nothing that is measured here, and they are a third of all particles.
_STABLE_PIONS = ("111:mayDecay = off",)
_LIMITS = (
    "Leading order and parton shower: jets beyond those of the matrix element are the shower's, too few and too soft.",
    "No multiparton interactions: leptons are isolated more easily, jets are fewer and softer.",
    "No pile-up: nVert is always 1; only missing momentum is blurred as if there were some.",
    "No misidentified leptons, no events of Z or several bosons, no single top quarks.",
)


def stop_pair(stop: int, neutralino: int, cross_section: float) -> Process:
    """Return the card of stop pairs, each to a bottom quark, two fermions and a neutralino: masses in GeV, cross section in pb."""
    decays = {_STOP: [(fraction, (_NEUTRALINO, _BOTTOM, *pair)) for fraction, pair in _W_CHANNELS]}
    return Process(
        name=f"T2DegStop_{stop}_{neutralino}",
        title=f"pp → t̃ t̃*, t̃({stop}) → b f f′ χ̃({neutralino})",
        kind="signal",
        settings=(
            *("SUSY:gg2squarkantisquark = on", "SUSY:qqbar2squarkantisquark = on"),
            *(f"SUSY:idA = {_STOP}", f"SUSY:idB = {_STOP}", "SLHA:useDecayTable = on"),
            *_STABLE_PIONS,
        ),
        slha=spectrum({_STOP: float(stop), _NEUTRALINO: float(neutralino)}, decays),
        filters=(TruthFilter(stage="parton", particles=(_STOP,), quantity="pt", minimum=180.0),),
        final_state="single_lepton",
        multiparton_interactions=False,
        chunk_size=2000,
        cross_section=cross_section,
        source=f"{cross_section} pb for a stop of {stop} GeV at 13 TeV, NLO+NLL, arXiv:1407.5066",
        limits=(
            *_LIMITS,
            "The four bodies fill phase space evenly: no matrix element of the decay, no polarisation. Stops decay at once.",
            "Pairs with pt below 180 GeV are left out: 1 % of the selected events for a mass difference of 30 GeV, 4 % for 80 GeV.",
        ),
    )


_TOP_PAIRS = Process(
    name="TTbar",
    title="pp → tt̄",
    kind="background",
    settings=("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", *_STABLE_PIONS),
    filters=(TruthFilter(stage="process", particles=(12, 14, 16), quantity="pt", minimum=80.0),),
    final_state="single_lepton",
    multiparton_interactions=False,
    chunk_size=2000,
    cross_section=831.76,
    source="831.76 pb for a top quark of 172.5 GeV at 13 TeV, NNLO+NNLL, arXiv:1112.5675",
    limits=(
        *_LIMITS,
        "Events whose W bosons' neutrinos have less than 80 GeV of pt together, before the shower, are left out: 5 % of the selected.",
    ),
)

_W_JETS = Process(
    name="WJets",
    title="pp → W + jets, W → ℓν",
    kind="background",
    settings=(
        *("WeakBosonAndParton:qqbar2Wg = on", "WeakBosonAndParton:qg2Wq = on"),
        *("24:onMode = off", "24:onIfAny = 11 13 15"),
        *_STABLE_PIONS,
    ),
    filters=(TruthFilter(stage="process", particles=(12, 14, 16), quantity="pt", minimum=60.0),),
    slices=(140.0, 200.0, 400.0),
    final_state="single_lepton",
    multiparton_interactions=False,
    chunk_size=6000,
    k_factor=_W_TO_LEPTONS_NNLO / _W_TO_LEPTONS_PYTHIA,
    source="Pythia's leading order × 61526.7/45780: W → ℓν at 13 TeV of all pt, three flavours, NNLO (FEWZ 3.1, "
    "arXiv:1208.5967, as quoted by the LHC experiments) over Pythia 8.317 with its default parton densities",
    limits=(
        *_LIMITS,
        "One k-factor for all transverse momenta, from the inclusive rate; the spectrum's shape is leading order with one parton.",
        "W bosons with pTHat below 140 GeV and neutrinos of them below 60 GeV are left out: together 2 % of the selected events.",
    ),
)

STOP_FOUR_BODY = RecipeSimulation(
    recipe="stop-four-body",
    luminosity=35.9,
    processes=(
        *(stop_pair(stop, stop - gap, sigma) for stop, sigma in STOP_CROSS_SECTIONS.items() for gap in GAPS),
        *(_TOP_PAIRS, _W_JETS),
    ),
    columns={
        "XS": "cross_section",
        "genWeight": "generator_weight",
        "sumGenWeight": "sum_of_weights",
        "Nevt": "generated",
        "weight": "weight",
        "Run": "file",
        "LumiSec": "slice",
        "Event": "number",
    },
)
"""As the CMS data of 2016: 35.9 fb⁻¹ at 13 TeV."""
