import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.simulation.processes import RECIPES, recipe_simulation


def test_cards_state_what_is_switched_off():
    for recipe in RECIPES.values():
        for name, process in recipe.processes.items():
            assert process.name == name
            settings = process.pythia_settings()
            assert "PartonLevel:MPI = off" in settings
            assert "HadronLevel:Hadronize = off" in settings
            assert "Beams:eCM = 13000" in settings
            assert process.source
            assert process.limits


def test_rates_are_the_published_ones():
    processes = recipe_simulation("higgs-4l").processes
    # YR4 (arXiv:1610.07922): 48.58 pb, BR(H -> 4l) 2.745e-4; arXiv:1405.2219: 16.91 pb over 9.887 pb
    assert processes["higgs"].cross_section == pytest.approx(0.013335, rel=1e-4)
    assert processes["zz"].cross_section is None
    assert processes["zz"].k_factor == pytest.approx(1.7103, rel=1e-4)


def test_an_unknown_recipe_is_answered_with_the_nearest():
    with pytest.raises(FivesigmaError, match=r"'higgs-4e'; did you mean higgs-4l\?"):
        recipe_simulation("higgs-4e")
