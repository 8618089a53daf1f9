import math

import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.plots.anomaly_panels import (
    at_hypotheses,
    interval_text,
    mass_axis,
    mass_text,
    p_value_text,
    per_cent,
    selection_styles,
    stacked_panels,
    unit_of,
)
from fivesigma.plots.style import Context, new_figure


@pytest.mark.parametrize(
    ("log_p", "text"),
    [
        (0.0, "1"),
        (math.log(0.0123), "0.012"),
        (math.log(2.34e-7), "2.3×10⁻⁷"),
        (math.log(9.97e-7), "1.0×10⁻⁶"),
        (-454.3212, "4.9×10⁻¹⁹⁸"),  # 30 σ: mpmath.log(mpmath.ncdf(-30))
        (-804.6084, "3.7×10⁻³⁵⁰"),  # 40 σ, which no double holds
    ],
)
def test_p_values_in_print(log_p: float, text: str) -> None:
    assert p_value_text(log_p) == text


def test_intervals_of_p_values() -> None:
    def estimate(value: float, low: float, high: float, method: str = "m") -> Estimate:
        return Estimate(value=value, low=low, high=high, level=0.95, method=method)

    assert interval_text(estimate(0.01, 0.0, 0.036)) == "≤ 0.01 [0, 0.036]"
    assert interval_text(estimate(0.02, 0.01, 0.036)) == "= 0.02 [0.01, 0.036]"
    assert interval_text(estimate(0.02, 0.001, 0.02, method="Bonferroni, 20 trials")) == "≤ 0.02"
    assert interval_text(estimate(0.01, 0.01, 0.01)) == "= 0.01"
    assert interval_text(estimate(0.0, 0.0, 0.0)) == "< 10⁻³⁰⁰"


def test_masses_and_fractions_in_print() -> None:
    assert mass_text(3500.0, "$m_{jj}$ [GeV]") == "3500 GeV"
    assert mass_text(12500.0, "m") == "12500"
    assert (unit_of("m [TeV]"), unit_of("m")) == ("TeV", "")
    assert (per_cent(0.002), per_cent(0.1)) == ("0.2 %", "10 %")


def test_lines_break_where_nothing_is_known() -> None:
    found = at_hypotheses(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0]), np.array([5.0, 6.0]))
    np.testing.assert_array_equal(found, [5, np.nan, 6])


def test_masses_that_were_not_looked_at_are_shaded() -> None:
    _, axes = new_figure(Context())
    mass_axis(axes, np.array([3.0, 4.0, 6.0]), (2.5, 7.0), np.array([3.0]))
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert spans == [(3.5, 5.0), (5.0, 7.0)]
    assert axes.get_xlim() == (2.5, 7.0)
    assert axes.get_legend_handles_labels()[1] == ["not looked at"]


def test_panels_have_the_heights_that_were_asked_for() -> None:
    figure, panels = stacked_panels(Context(), [3.0, 1.0, 1.0])
    figure.draw_without_rendering()
    heights = [axes.get_position().height for axes in panels]
    assert heights[0] / heights[1] == pytest.approx(3, rel=0.05)
    panels[0].set_xlim(1, 2)
    assert panels[2].get_xlim() == (1, 2)


def test_neighbouring_selections_look_different() -> None:
    assert len(set(selection_styles(6))) == 6
    assert len(selection_styles(9)) == 9
