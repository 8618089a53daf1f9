"""What can be simulated, by recipe."""

from __future__ import annotations

from collections.abc import Mapping

from fivesigma.core.errors import ConfigurationError, Problem, suggestion
from fivesigma.simulation.cards.dijets import DIJET_ANOMALY
from fivesigma.simulation.cards.four_leptons import HIGGS_4L
from fivesigma.simulation.cards.heavy_higgs import HEAVY_HIGGS
from fivesigma.simulation.cards.stops import STOP_FOUR_BODY
from fivesigma.simulation.cards.ttz import TTZ
from fivesigma.simulation.cards.ww import WW_SYSTEMATICS
from fivesigma.simulation.processes import RecipeSimulation

__all__ = ["RECIPES", "recipe_simulation"]

RECIPES: Mapping[str, RecipeSimulation] = {
    recipe.recipe: recipe for recipe in (HIGGS_4L, DIJET_ANOMALY, WW_SYSTEMATICS, TTZ, STOP_FOUR_BODY, HEAVY_HIGGS)
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
