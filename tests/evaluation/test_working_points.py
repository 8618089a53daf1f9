"""Working points: what they maximise, and what a maximum flatters that is read on the events that chose it."""

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.working_points import maximised, merit_of, naive_cut_flatters
from fivesigma.evaluation.yields import Yields

ONE = Yields(
    signal=np.array([20.0]),
    background=np.array([50.0]),
    signal_squares=np.ones(1),
    background_squares=np.ones(1),
    all_signal=20.0,
    all_background=50.0,
)


@pytest.mark.parametrize(
    ("maximise", "value"),
    [
        ("asimov_z", 1.482),  # G. Cowan's note of 2012, eq. 20, for 20 on 50 ± 10
        ("s_over_sqrt_b", 20 / 50**0.5),
        (
            "ams",
            (2 * (80 * np.log(1 + 20 / 60) - 20)) ** 0.5,
        ),  # the challenge's formula with 10 added to the background
        ("expected_limit", 1 / 1.1559),  # pyhf 0.7.6, shapesys of 10 and of one simulated event in quadrature, 50 seen
    ],
)
def test_figures_of_merit_by_name(maximise, value):
    merit = merit_of(maximise, background_uncertainty=0.2, regulator=10.0)
    assert merit(ONE)[0] == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("maximise", ["asimov_z", "s_over_sqrt_b", "ams", "expected_limit"])
def test_the_working_point_is_that_of_what_is_maximised(toy, maximise):
    scan = figures_of_merit(*toy, regulators=(10.0,), limit_level=0.95, seed=1)
    found = maximised(scan, maximise, 10.0).best
    merit = merit_of(maximise, background_uncertainty=0.1, regulator=10.0)
    at = ONE.__class__(
        signal=np.array([found.signal]),
        background=np.array([found.background]),
        signal_squares=np.ones(1),
        background_squares=np.array([found.background**2 / found.background_effective]),
        all_signal=1.0,
        all_background=1.0,
    )
    assert merit(at)[0] == pytest.approx(found.value.value)
    assert found.naive_value >= found.value.value


def test_the_last_cut_before_the_background_is_gone_is_remarked_on(make):
    found = []
    for seed in range(5):
        dataset, scores = make(n=400, seed=seed, separation=2.5, yields=(20.0, 8000.0))
        figure = maximised(figures_of_merit(dataset, scores, seed=seed), "s_over_sqrt_b", 10.0)
        found += naive_cut_flatters({"trees": figure})
    assert len(found) >= 4
    assert (found[0].code, found[0].severity, found[0].subject) == ("naive-cut-flatters", "info", "trees")
    assert found[0].evidence["naive"] > found[0].evidence["high"]


def test_a_choice_among_two_cuts_of_many_events_is_not(make):
    dataset, scores = make(n=40_000, separation=1.0)
    scan = figures_of_merit(dataset, scores, background_uncertainty=0.5, seed=3)
    assert naive_cut_flatters({"trees": maximised(scan, "ams", 10.0)}) == ()


def test_an_ams_of_another_regulator_was_not_computed(toy):
    with pytest.raises(FivesigmaError, match="no figure of merit 'ams_yields_3'; did you mean ams_yields_10"):
        maximised(figures_of_merit(*toy), "ams", 3.0)
