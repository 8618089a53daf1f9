"""H → ZZ* → 4ℓ and its background.

Cross sections: YR4 (LHC Higgs Cross Section Working Group, arXiv:1610.07922) and, for ZZ, Cascioli et al.,
arXiv:1405.2219, table 1.
"""

from __future__ import annotations

from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["HIGGS_4L"]

_LEPTONIC_Z = ("23:onMode = off", "23:onIfAny = 11 13 15")
# Matrix elements of hadronic tau decays take 90 % of the time and touch only the feed-down of leptonic ones, by their spin.
_FAST_TAUS = ("TauDecays:mode = 0",)
_LEPTON_LIMITS = (
    "Leading order and parton shower: the transverse momentum of the four leptons is approximate beyond the shower's reach.",
    "No multiparton interactions and no hadronisation: leptons from hadrons and their isolation are not described.",
    "Taus decay without spin correlations.",
)

_ZZ_LEADING_ORDER = 9.887
_ZZ_NEXT_TO_NEXT_TO_LEADING_ORDER = 16.91
_HIGGS_GLUON_FUSION = 48.58
_HIGGS_TO_FOUR_LEPTONS = 2.745e-4

_HIGGS_PROCESS = Process(
    name="higgs",
    title="gg → H(125) → ZZ* → 4ℓ",
    kind="signal",
    settings=(
        "HiggsSM:gg2H = on",
        "25:m0 = 125.",
        "25:onMode = off",
        "25:onIfMatch = 23 23",
        "23:mMin = 1.",
        *_LEPTONIC_Z,
        *_FAST_TAUS,
    ),
    final_state="four_leptons",
    energy=13.0,
    multiparton_interactions=False,
    hadronisation=False,
    chunk_size=20_000,
    cross_section=_HIGGS_GLUON_FUSION * _HIGGS_TO_FOUR_LEPTONS,
    source="48.58 pb (gluon fusion at 13 TeV, N3LO QCD and NLO electroweak) × 2.745e-4 (H → 4ℓ, ℓ = e, μ, τ), both at "
    "125 GeV, YR4, arXiv:1610.07922",
    limits=(
        *_LEPTON_LIMITS,
        "Gluon fusion only: vector-boson fusion and associated production, 13 % of all Higgs bosons, are left out.",
        "No interference between equal leptons in 4e and 4μ, and no interference with gg → ZZ.",
    ),
)

_ZZ = Process(
    name="zz",
    title="qq̄ → ZZ*/Zγ* → 4ℓ",
    kind="background",
    settings=(
        "WeakDoubleBoson:ffbar2gmZgmZ = on",
        "PhaseSpace:mHatMin = 80.",
        "PhaseSpace:mHatMax = 250.",
        "23:mMin = 4.",
        *_LEPTONIC_Z,
        *_FAST_TAUS,
    ),
    final_state="four_leptons",
    energy=13.0,
    multiparton_interactions=False,
    hadronisation=False,
    chunk_size=20_000,
    k_factor=_ZZ_NEXT_TO_NEXT_TO_LEADING_ORDER / _ZZ_LEADING_ORDER,
    source="Pythia's leading order × 16.91/9.887, the ratio of NNLO (with gg → ZZ) to LO for pp → ZZ at 13 TeV, "
    "Cascioli et al., arXiv:1405.2219, table 1",
    limits=(
        *_LEPTON_LIMITS,
        "No Z → 4ℓ with a second pair radiated off a lepton: it is not in Pythia's matrix element, so no peak at 91 GeV.",
        "Four-lepton masses from 80 to 250 GeV, pair masses above 4 GeV.",
        "One k-factor for all masses, from on-shell pairs; gg → ZZ enters through it alone.",
        "No reducible background (Z + jets, top pairs): no misidentified jets.",
    ),
)

HIGGS_4L = RecipeSimulation(
    recipe="higgs-4l", luminosity=10.0, processes=(_HIGGS_PROCESS, _ZZ), pseudo_data=("higgs", "zz")
)
"""As the ATLAS open data of 2016: 10 fb⁻¹ at 13 TeV."""
