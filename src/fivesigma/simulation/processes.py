"""Process cards: what is generated, at which rate, by whose calculation, and what it cannot describe.

Cross sections come from YR4 (LHC Higgs Cross Section Working Group, arXiv:1610.07922) and, for ZZ, from Cascioli et al.,
arXiv:1405.2219, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fivesigma.core.errors import ConfigurationError, Problem, suggestion

__all__ = ["RECIPES", "Process", "RecipeSimulation", "recipe_simulation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One physics process as Pythia makes it.

    Attributes
    ----------
    name, title
        What it is called in files and on figures.
    kind
        Signal or background.
    settings
        Pythia settings, one each, besides those that the fields below stand for.
    energy
        Centre-of-mass energy of the proton-proton collision in TeV.
    multiparton_interactions, hadronisation
        Whether the underlying event is made and partons become hadrons. Neither touches prompt leptons by more than
        isolation would; both cost time.
    cross_section
        The rate in pb of exactly what the settings generate, or None to take Pythia's own leading-order rate.
    k_factor
        What Pythia's own rate is multiplied by; it has no part in a given ``cross_section``.
    source
        Where the cross section or k-factor comes from.
    limits
        What the card cannot describe, a sentence each.
    """

    name: str
    title: str
    kind: Literal["signal", "background"]
    settings: tuple[str, ...]
    energy: float
    multiparton_interactions: bool
    hadronisation: bool
    cross_section: float | None = None
    k_factor: float = 1.0
    source: str
    limits: tuple[str, ...]

    def pythia_settings(self) -> tuple[str, ...]:
        """Return every setting that Pythia is given, but for the seed."""
        return (
            f"Beams:eCM = {1000 * self.energy:g}",
            f"PartonLevel:MPI = {_switch(self.multiparton_interactions)}",
            f"HadronLevel:Hadronize = {_switch(self.hadronisation)}",
            *self.settings,
        )


def _switch(on: bool) -> str:
    return "on" if on else "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeSimulation:
    """What is simulated for a recipe: its processes, by name, and the luminosity in fb⁻¹ its weights stand for."""

    recipe: str
    luminosity: float
    processes: Mapping[str, Process] = field(default_factory=dict)


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

_HIGGS = Process(
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
    energy=13.0,
    multiparton_interactions=False,
    hadronisation=False,
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
    energy=13.0,
    multiparton_interactions=False,
    hadronisation=False,
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

RECIPES: Mapping[str, RecipeSimulation] = {
    "higgs-4l": RecipeSimulation(recipe="higgs-4l", luminosity=10.0, processes={"higgs": _HIGGS, "zz": _ZZ}),
}
"""What can be simulated, by recipe."""


def recipe_simulation(recipe: str) -> RecipeSimulation:
    """Return what is simulated for a recipe.

    Raises
    ------
    ConfigurationError
        If no recipe of that name has a simulation.
    """
    if recipe not in RECIPES:
        raise ConfigurationError([Problem(message=f"no simulation for recipe {recipe!r}{suggestion(recipe, RECIPES)}")])
    return RECIPES[recipe]
