import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.systematic_changes import SystematicChange
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context

CONTEXT = Context(label="simulation", luminosity=10, energy=13)
UP, DOWN = np.array([0.1, 0.0, -0.2]), np.array([-0.1, 0.02, 0.15])


def made(**options) -> SystematicChange:
    parts = {
        "systematic": "jet_scale",
        "region": "all",
        "sample": SampleInfo(name="zz", kind="background", label="ZZ"),
        "binning": score_bins(3),
        "filled": {"up": UP, "down": DOWN},
        "errors": {"up": UP * 0 + 0.01, "down": DOWN * 0 + 0.01},
        "up": UP,
        "down": DOWN,
    }
    return SystematicChange(**parts | options)


def test_points_are_as_filled_and_steps_as_in_the_fit() -> None:
    (axes,) = plot(made(up=UP / 2, down=-UP / 2), context=CONTEXT).axes
    steps = [patch.get_data().values for patch in axes.patches]
    assert np.stack(steps) == pytest.approx(np.stack([50 * UP, -50 * UP]))
    points = [container.lines[0].get_ydata() for container in axes.containers]
    assert np.stack(points) == pytest.approx(np.stack([100 * UP, 100 * DOWN]))
    assert axes.get_legend().get_title().get_text() == "jet scale: ZZ"
    assert axes.get_ylabel() == "change of the yield [%]"


def test_the_legend_hides_no_point_and_names_the_region() -> None:
    (axes,) = plot(made(region="sr"), context=CONTEXT).axes
    assert axes.get_legend().get_title().get_text() == "jet scale: ZZ, sr"
    low, high = axes.get_ylim()
    assert low < -21
    assert high > 1.5 * 15


def test_without_errors_or_a_second_variation_there_are_points_all_the_same() -> None:
    (axes,) = plot(made(filled={"up": UP}, errors={}), context=CONTEXT).axes
    (points,) = (container.lines[0] for container in axes.containers)
    assert list(points.get_xdata()) == [1, 2, 3]
