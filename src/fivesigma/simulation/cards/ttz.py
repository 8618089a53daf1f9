"""A stand-in for tt̄Z with two leptons and many jets, and its backgrounds, as in the search of arXiv:1901.03584.

Pythia has no tt̄Z. In its place stands tt̄H with a Higgs boson of the Z's mass and width that decays to two leptons, at the
rate of tt̄Z: whatever depends on the spin of the Z or on how it couples is not that of tt̄Z.
"""

from __future__ import annotations

from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["TTZ"]

# Matrix elements of hadronic tau decays cost time and touch nothing here; photons of neutral pions change no jet.
_FAST_DECAYS = ("TauDecays:mode = 0", "111:mayDecay = off")
_PARTONS = (1, 2, 3, 4, 5, 21)
_LEPTONS = (11, 13)
_TWO_LEPTONS = TruthFilter(stage="process", particles=_LEPTONS, quantity="count", minimum=2, maximum=2, each_pt=10.0)
_ONE_FLAVOUR = TruthFilter(stage="process", particles=_LEPTONS, quantity="kinds", minimum=1, maximum=1)
_NEAR_Z = TruthFilter(stage="process", particles=_LEPTONS, quantity="mass", minimum=78.0, maximum=105.0)


def _partons(count: int, pt: float) -> TruthFilter:
    return TruthFilter(stage="shower", particles=_PARTONS, quantity="count", minimum=count, each_pt=pt)


_LIMITS = (
    "No multiparton interactions: fewer soft jets than in collisions, so fewer events of five jets and smaller HT_jet6.",
    "No leptons of taus in place of those of W or Z bosons, and none that are misidentified jets.",
    "No pile-up, and no jets of it.",
)
_SHOWER_LIMIT = (
    "Leading order and parton shower: {} of the five jets are the shower's, their rate is uncertain by a factor."
)

# Pythia's own leading-order rates in pb at 13 TeV, with its default parton distributions; statistical errors are below 0.3 %.
_PYTHIA_Z = 1518.0  # one flavour of leptons, m(ℓℓ) > 50 GeV
_PYTHIA_ZZ, _PYTHIA_WZ = 9.23, 23.44
_NNLO_Z = 6025.2 / 3
_NNLO_ZZ, _NNLO_WZ = 16.91, 51.11

_SIGNAL = Process(
    name="ttz_standin",
    title="stand-in for tt̄Z: tt̄H with the mass of the Z, H → ℓℓ",
    kind="signal",
    settings=(
        "HiggsSM:gg2Httbar = on",
        "HiggsSM:qqbar2Httbar = on",
        "6:m0 = 172.5",
        "25:m0 = 91.1876",
        "25:mWidth = 2.4952",
        "25:doForceWidth = on",
        "25:mMin = 60.",
        "25:mMax = 120.",
        "25:oneChannel = 1 0.5 100 11 -11",
        "25:addChannel = 1 0.5 100 13 -13",
        *_FAST_DECAYS,
    ),
    final_state="dilepton_jets",
    multiparton_interactions=False,
    chunk_size=4000,
    cross_section=0.88 * 2 * 0.03366,
    source="0.88 pb for tt̄Z (NLO QCD and electroweak at 13 TeV), as quoted by arXiv:1901.03584 after YR4, arXiv:1610.07922, "
    "× 2 × 0.03366 for Z → ee and Z → μμ, Review of Particle Physics",
    limits=(
        (
            "A stand-in, not tt̄Z: a scalar in the place of the Z. Its leptons have no polarisation, the top quarks other "
            "spins and momenta, and it couples to top quarks alone; the rate is that of tt̄Z by decree."
        ),
        "Leading order and parton shower: jets beyond the six of the top quarks are the shower's.",
        *_LIMITS,
    ),
)

_TTBAR = Process(
    name="ttbar",
    title="tt̄ → 2ℓ2ν2b with the mass of the Z",
    kind="background",
    settings=(
        "Top:gg2ttbar = on",
        "Top:qqbar2ttbar = on",
        "6:m0 = 172.5",
        "24:onMode = off",
        "24:onIfAny = 11 13",
        *_FAST_DECAYS,
    ),
    filters=(_TWO_LEPTONS, _ONE_FLAVOUR, _NEAR_Z, _partons(2, 10.0)),
    final_state="dilepton_jets",
    multiparton_interactions=False,
    chunk_size=4000,
    cross_section=831.76 * (2 * 0.1086) ** 2,
    source="831.76 pb (NNLO+NNLL at 13 TeV for a top mass of 172.5 GeV), arXiv:1112.5675, × (2 × 0.1086)² for W → eν and "
    "W → μν, Review of Particle Physics",
    limits=(_SHOWER_LIMIT.format("three"), "No single top quarks, no tt̄W and tt̄H.", *_LIMITS),
)

_Z_JETS = Process(
    name="zjets",
    title="Z → ℓℓ + jets",
    kind="background",
    settings=(
        "WeakBosonAndParton:qqbar2gmZg = on",
        "WeakBosonAndParton:qg2gmZq = on",
        "PhaseSpace:pTHatMin = 50.",
        "23:mMin = 70.",
        "23:mMax = 115.",
        "23:onMode = off",
        "23:onIfAny = 11 13",
        *_FAST_DECAYS,
    ),
    filters=(_partons(5, 12.0),),
    final_state="dilepton_jets",
    multiparton_interactions=False,
    chunk_size=4000,
    k_factor=_NNLO_Z / _PYTHIA_Z,
    source="Pythia's leading order × 2008.4/1518.0, NNLO over Pythia's own for pp → Z/γ* → ℓℓ of one flavour with m(ℓℓ) > 50 GeV "
    "at 13 TeV; NNLO by FEWZ, arXiv:1011.3540, as CMS uses it",
    limits=(
        _SHOWER_LIMIT.format("four"),
        "A hard parton of more than 50 GeV beside the Z; events with a softer one, less than 8 % of all, are left out.",
        "Heavy quarks are the shower's or come out of the proton; HF_n tells how many jets hold one.",
        *_LIMITS,
    ),
)

_OTHER = Process(
    name="other",
    title="ZZ, WZ → ℓℓqq + jets",
    kind="background",
    settings=(
        "WeakDoubleBoson:ffbar2gmZgmZ = on",
        "WeakDoubleBoson:ffbar2ZW = on",
        "WeakZ0:gmZmode = 2",
        "24:onMode = off",
        "24:onIfAny = 1 2 3 4 5",
        "23:onMode = off",
        "23:onIfAny = 1 2 3 4 5 11 13",
        *_FAST_DECAYS,
    ),
    filters=(_TWO_LEPTONS, _partons(3, 10.0)),
    final_state="dilepton_jets",
    multiparton_interactions=False,
    chunk_size=1500,
    k_factor=(_NNLO_ZZ + _NNLO_WZ) / (_PYTHIA_ZZ + _PYTHIA_WZ),
    source="Pythia's leading order × (16.91 + 51.11)/(9.23 + 23.44), NNLO over Pythia's own for ZZ and WZ together at 13 TeV; "
    "NNLO by Cascioli et al., arXiv:1405.2219, and Grazzini et al., arXiv:1604.08576",
    limits=(
        _SHOWER_LIMIT.format("three"),
        "Two bosons only: no tZ, tWZ, tt̄W, tt̄H; no photon in the place of a Z; gg → ZZ enters through the k-factor alone.",
        *_LIMITS,
    ),
)

TTZ = RecipeSimulation(
    recipe="ttz",
    luminosity=36.1,
    processes=(_SIGNAL, _TTBAR, _Z_JETS, _OTHER),
    columns={"id": "id", "totalWeight": "weight"},
)
"""36.1 fb⁻¹ at 13 TeV, as in arXiv:1901.03584; weights are called as in the exercise of the ATLAS open data.

No pseudo-data: of Z + jets, of which more than a thousand events are expected, less than one a second is selected.
"""
