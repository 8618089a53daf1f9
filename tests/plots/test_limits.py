import numpy as np
import pytest

from fivesigma.inference.breakdown import Breakdown
from fivesigma.inference.fitted_parameters import FittedParameter, Pulls
from fivesigma.inference.limits import CLsCurve, NamedLimit, UpperLimit
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context

CONTEXT = Context(label="simulation", luminosity=10, energy=13, pseudo_data=True)
BAND = (0.4, 0.5, 0.7, 1.0, 1.4)


def curve(*, observed: bool) -> CLsCurve:
    mu = np.linspace(0, 2, 21)
    expected = np.stack([0.05 ** (mu / limit) for limit in BAND])
    seen = 0.05 ** (mu / 1.2) if observed else None
    return CLsCurve(
        mu=mu,
        expected=expected,
        observed=seen,
        limit_expected=BAND,
        limit_observed=1.2 if observed else None,
        level=0.95,
    )


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_curve_shows_its_limits_and_names_pseudo_data() -> None:
    (axes,) = plot(curve(observed=True), context=CONTEXT).axes
    labels = legend(axes)
    assert "expected: μ < 0.700" in labels
    assert "observed (pseudo-data): μ < 1.20" in labels
    assert "excluded at 95 % CL below" in labels
    solid = next(line for line in axes.lines if "observed" in str(line.get_label()))
    assert np.interp(1.2, *solid.get_data()) == pytest.approx(0.05, rel=0.05)


def test_a_blind_curve_shows_nothing_observed() -> None:
    (axes,) = plot(curve(observed=False), context=CONTEXT).axes
    assert not [label for label in legend(axes) if "observed" in label]
    limit = UpperLimit(
        expected=BAND, observed=None, level=0.95, curve=curve(observed=False), nuisances="nominal", method="CLs"
    )
    assert legend(plot(limit, context=CONTEXT).axes[0]) == legend(axes)


def test_limits_side_by_side() -> None:
    limits = [
        NamedLimit(name="count", expected=BAND, observed=None, level=0.95),
        NamedLimit(name="shape", expected=BAND, observed=1.3, level=0.95),
    ]
    (axes,) = plot(limits, context=CONTEXT).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["count", "shape"]
    points = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in points] == [[1.3]]


def test_breakdown_is_sorted_under_the_total() -> None:
    result = Breakdown(groups={"statistics": 0.3, "zz_rate": 0.4, "mc_statistics": 0.05}, total=0.5, expected=True)
    (axes,) = plot(result, context=CONTEXT).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["total", "zz rate", "number of data events", "number of simulated events"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.4, 0.3, 0.05]
    assert axes.get_xlabel() == "expected σ(μ) for μ = 1"


def test_the_pulls_that_moved_most_are_drawn() -> None:
    parameters = tuple(
        FittedParameter(
            name=f"mc_statistics_sr[{i}]", group="mc_statistics", value=1 + 0.01 * i, error=0.1, nominal=1, width=0.1
        )
        for i in range(50)
    )
    (axes,) = plot(Pulls(parameters=parameters, expected=False), context=CONTEXT).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == 20
    assert labels[-1] == "simulated background, sr, bin 50"
    assert axes.get_xlabel().endswith("fit to pseudo-data")


def test_simulated_signal_and_background_are_told_apart() -> None:
    parameters = tuple(
        FittedParameter(name=name, group="mc_statistics", value=1, error=0.1, nominal=1, width=0.1)
        for name in ("mc_statistics_all[0]", "mc_statistics_sr_signal[2]")
    )
    (axes,) = plot(Pulls(parameters=parameters, expected=True), context=CONTEXT).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["simulated background, all, bin 1", "simulated signal, sr, bin 3"]
