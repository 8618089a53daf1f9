"""H → WW* → 2ℓ2ν and what looks like it: W pairs and top pairs with two leptons."""

from __future__ import annotations

from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["WW_SYSTEMATICS"]

_LEPTONIC_W = ("24:onMode = off", "24:onIfAny = 11 13 15")
# Matrix elements of hadronic tau decays cost time and touch only leptons of taus, by their spin; photons of neutral
# pions are of no use here.
_FAST_DECAYS = ("TauDecays:mode = 0", "111:mayDecay = off")
_LIMITS = (
    "Leading order and parton shower: njet and the transverse momentum of the lepton pair are approximate.",
    (
        "No multiparton interactions: a fifth fewer jets in W pairs than with them; how many events are selected changes by "
        "less than what 4000 events tell."
    ),
    "Taus decay without spin correlations; neutral pions do not decay.",
    "The recipe has no Drell-Yan pairs and no misidentified leptons: of equal flavours it has less than data would show.",
)

_TWO_LEPTONIC_W = (3 * 0.1086) ** 2
_W_BRANCHING = "(3 × 0.1086)² for W → ℓν, ℓ = e, μ, τ, Review of Particle Physics, PTEP 2022, 083C01"

_HIGGS = Process(
    name="hww",
    title="gg → H(125) → WW* → 2ℓ2ν",
    kind="signal",
    settings=(
        "HiggsSM:gg2H = on",
        "25:m0 = 125.",
        "25:onMode = off",
        "25:onIfMatch = 24 24",
        *_LEPTONIC_W,
        *_FAST_DECAYS,
    ),
    final_state="dilepton",
    multiparton_interactions=False,
    chunk_size=8000,
    cross_section=48.58 * 0.214 * _TWO_LEPTONIC_W,
    source="48.58 pb (gluon fusion at 13 TeV, N3LO QCD and NLO electroweak) × 0.214 (H → WW*), both at 125 GeV, YR4, "
    f"arXiv:1610.07922, × {_W_BRANCHING}",
    limits=(
        *_LIMITS,
        "Gluon fusion only: vector-boson fusion and associated production are left out.",
        "No interference with gg → WW.",
    ),
)

_WW = Process(
    name="ww",
    title="qq̄ → WW → 2ℓ2ν",
    kind="background",
    settings=("WeakDoubleBoson:ffbar2WW = on", *_LEPTONIC_W, *_FAST_DECAYS),
    final_state="dilepton",
    multiparton_interactions=False,
    chunk_size=20_000,
    cross_section=118.7 * _TWO_LEPTONIC_W,
    source=f"118.7 pb (NNLO with gg → WW, on-shell W pairs at 13 TeV), arXiv:1408.5243, × {_W_BRANCHING}",
    limits=(*_LIMITS, "gg → WW enters through the cross section alone, with the shapes of qq̄ → WW."),
)

_TTBAR = Process(
    name="ttbar",
    title="tt̄ → 2ℓ2ν2b",
    kind="background",
    settings=("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "6:m0 = 172.5", *_LEPTONIC_W, *_FAST_DECAYS),
    final_state="dilepton",
    multiparton_interactions=False,
    chunk_size=8000,
    cross_section=831.76 * _TWO_LEPTONIC_W,
    source="831.76 pb (NNLO+NNLL at 13 TeV for a top mass of 172.5 GeV), arXiv:1112.5675, with PDF4LHC, "
    f"× {_W_BRANCHING}",
    limits=(*_LIMITS, "No single top quarks."),
)

WW_SYSTEMATICS = RecipeSimulation(recipe="ww-systematics", luminosity=10.0, processes=(_HIGGS, _WW, _TTBAR))
"""10 fb⁻¹ at 13 TeV. No pseudo-data: some 300 000 top pairs would have to be drawn for it."""
