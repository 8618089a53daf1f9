import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.anomaly.options import NullFeatures
from fivesigma.searches.anomaly.results import NullExperiments

CONTEXT = Context(label="simulation", energy=13)


def nulls(count: int, observed: float, features: NullFeatures = "conditional") -> NullExperiments:
    z = np.random.default_rng(count).normal(size=(count, 66))
    largest = z.max(axis=1)
    p_value = (np.count_nonzero(largest >= observed) + 1) / (count + 1)
    return NullExperiments(
        features=features,
        members=5,
        largest_z=largest,
        largest_absolute_z=np.abs(z).max(axis=1),
        observed=observed,
        p_value=Estimate(value=p_value, low=p_value / 2, high=min(2 * p_value, 1.0), level=0.95, method="m"),
        expected_absolute_z=2.62,
        trials=66,
        width=Estimate(value=1.04, low=1.01, high=1.07, method="m"),
    )


def drawn(results):
    figure = plot(results, context=CONTEXT)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    return axes, [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("count", [20, 100])
def test_the_fraction_of_scans_that_reach_each_significance(count: int) -> None:
    one = nulls(count, 2.8)
    axes, labels = drawn(one)
    steps = axes.lines[1]
    for z in (1.9, 2.3, 2.8, 3.3, 9.0):
        place = np.searchsorted(steps.get_xdata(), z, side="right") - 1
        assert steps.get_ydata()[place] == pytest.approx(np.mean(one.largest_z > z))
    assert axes.get_ylim()[0] < 1 / (count + 1)
    assert labels[0] == "66 independent normal z"
    assert labels[1].startswith("features follow the mass: p = ")
    assert "at 95 % CL" in labels[1]
    assert f"{count} experiments, root mean square of all z 1.040 ± 0.030" in labels[1]
    assert labels[1].endswith(f"mean largest |z| {one.largest_absolute_z.mean():.2f}, 2.62 if independent")
    assert labels[2] == "observed: 2.80σ"
    points = next(line for line in axes.lines if line.get_marker() == "o")
    assert points.get_ydata()[0] == one.p_value.value


def test_independent_normal_significances_are_drawn() -> None:
    axes, _ = drawn(nulls(20, 2.0))
    z, fraction = axes.lines[0].get_data()
    # 1 - Φ(z)^66 at z = 3, by mpmath
    assert np.interp(3.0, z, fraction) == pytest.approx(0.085295, abs=1e-4)


def test_background_models_side_by_side() -> None:
    axes, labels = drawn([nulls(20, 3.1), nulls(100, 3.1, "independent")])
    assert labels[2].startswith("features know nothing of the mass: p = ")
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert points[0].get_xdata()[0] != points[1].get_xdata()[0]  # intervals do not cover each other
    assert labels.count("observed: 3.10σ") == 1


def test_what_is_observed_far_beyond_is_told_at_the_edge() -> None:
    axes, labels = drawn(nulls(20, 30.0))
    assert axes.get_xlim()[1] < 10
    assert [text.get_text() for text in axes.texts] == ["observed: 30.00σ →"]
    assert not [label for label in labels if label.startswith("observed")]


def test_a_deficit_is_drawn() -> None:
    axes, labels = drawn(nulls(20, -0.5))
    assert axes.get_xlim()[0] < -0.5
    assert labels[-1] == "observed: −0.50σ"
