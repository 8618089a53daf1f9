from dataclasses import replace

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.simulation.cards.catalogue import RECIPES, recipe_simulation
from fivesigma.simulation.final_states.catalogue import FINAL_STATES

HIGGS, ZZ = recipe_simulation("higgs-4l").processes
CARDS = [
    pytest.param(card, id=f"{recipe.recipe}-{card.name}") for recipe in RECIPES.values() for card in recipe.processes
]


@pytest.mark.parametrize("card", CARDS)
def test_cards_state_what_they_are_about(card):
    assert card.source
    assert card.limits
    assert all(limit.endswith(".") for limit in card.limits)
    assert card.final_state in FINAL_STATES
    settings = card.pythia_settings()
    assert f"PartonLevel:MPI = {'on' if card.multiparton_interactions else 'off'}" in settings
    assert f"HadronLevel:Hadronize = {'on' if card.hadronisation else 'off'}" in settings
    assert f"Beams:eCM = {1000 * card.energy:g}" in settings
    said = " ".join(card.limits).lower()
    assert card.multiparton_interactions or "multiparton" in said
    assert card.hadronisation or "hadronisation" in said


@pytest.mark.parametrize("recipe", RECIPES)
def test_names_of_a_recipe_are_its_own(recipe):
    simulation = RECIPES[recipe]
    assert simulation.recipe == recipe
    assert len(set(simulation.names)) == len(simulation.names)
    assert set(simulation.pseudo_data) <= set(simulation.names)
    assert simulation.luminosity > 0
    assert "weight" in simulation.columns.values()


def test_rates_are_the_published_ones():
    # YR4 (arXiv:1610.07922): 48.58 pb, BR(H -> 4l) 2.745e-4; arXiv:1405.2219: 16.91 pb over 9.887 pb
    assert HIGGS.cross_section == pytest.approx(0.013335, rel=1e-4)
    assert ZZ.cross_section is None
    assert ZZ.k_factor == pytest.approx(1.7103, rel=1e-4)


def test_an_unknown_recipe_is_answered_with_the_nearest():
    with pytest.raises(FivesigmaError, match=r"'higgs-4e'; did you mean higgs-4l\?"):
        recipe_simulation("higgs-4e")


def test_an_unknown_process_is_answered_with_the_nearest():
    recipe = recipe_simulation("higgs-4l")
    assert recipe.process("zz") is ZZ
    with pytest.raises(FivesigmaError, match=r"recipe higgs-4l has no process 'higs'; did you mean higgs\?"):
        recipe.process("higs")


def test_slices_are_continuous_and_the_last_is_open():
    low, middle, high = replace(ZZ, slices=(20.0, 50.0, 100.5)).sliced()
    assert [each.name for each in (low, middle, high)] == ["zz-20-50", "zz-50-100.5", "zz-100.5"]
    assert low.settings == (*ZZ.settings, "PhaseSpace:pTHatMin = 20", "PhaseSpace:pTHatMax = 50")
    assert middle.settings[-2:] == ("PhaseSpace:pTHatMin = 50", "PhaseSpace:pTHatMax = 100.5")
    assert high.settings[-1] == "PhaseSpace:pTHatMax = -1"
    assert low.slices == ()
    assert replace(low, name="zz", settings=ZZ.settings) == ZZ
    assert ZZ.sliced() == (ZZ,)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"slices": (50.0, 20.0)}, r"zz: the lower ends of slices must rise, got \(50\.0, 20\.0\)"),
        ({"slices": (20.0, 20.0)}, "must rise"),
        ({"slices": tuple(range(11))}, "zz: at most 10 slices, got 11"),
        ({"slices": (20.0, 50.0), "cross_section": 1.0}, "zz: one cross section cannot be that of several slices"),
    ],
)
def test_bad_slices_are_refused(fields, message):
    with pytest.raises(FivesigmaError, match=message):
        replace(ZZ, **fields)
