from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.single_cuts import single_cuts
from fivesigma.plots.cuts import plot_single_cuts
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, new_figure, spread_score_axis


@pytest.fixture(scope="module")
def scans(toy):
    return [figures_of_merit(toy.dataset, scores) for scores in toy.models]


def test_each_figure_of_merit_has_a_panel_and_its_best_cut_is_marked(scans):
    figure = plot(scans)
    assert len(figure.axes) == len(scans[0].figures)
    first = figure.axes[0]
    assert first.get_ylabel() == "Asimov Z, 10 % on B"
    best = scans[0].figures[0].best
    marked = [line.get_xdata()[0] for line in first.lines if line.get_linestyle() == "--"]
    assert marked == [scan.figures[0].best.cut for scan in scans]
    honest = first.containers[0].lines[0]
    assert (honest.get_xdata()[0], honest.get_ydata()[0]) == (best.cut, best.value.value)
    hollow = [line for line in first.lines if line.get_fillstyle() == "none" and len(line.get_xdata())]
    assert hollow[0].get_ydata()[0] == best.naive_value


def test_the_score_axis_spreads_what_is_close_to_one(scans):
    (axes,) = plot(scans, names=["asimov_z"]).axes
    places = axes.transData.transform([(cut, 1.0) for cut in (0.0, 0.9, 0.99)])[:, 0]
    np.testing.assert_allclose(places[1] - places[0], places[2] - places[1], rtol=1e-6)


@pytest.mark.parametrize("width", [3.0, 4.5, 6.0, 12.0])
@pytest.mark.parametrize("last", [0.9, 0.998, 0.99999])
def test_labels_of_the_score_axis_stand_apart(width: float, last: float):
    figure, axes = new_figure(Context(), size=(width, 3.0))
    spread_score_axis(axes, last)
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) >= 3
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert {0.0, 0.9} <= set(axes.get_xticks())


def test_an_unknown_figure_of_merit_is_an_error(scans):
    with pytest.raises(FivesigmaError, match="did you mean asimov_z"):
        plot(scans, names=["asimov"])


def test_a_scan_without_any_allowed_cut_still_draws(toy, tmp_path):
    figure = plot(figures_of_merit(toy.dataset, toy.models[0], floor=1e9))
    figure.draw_without_rendering()
    assert not figure.axes[0].containers


def test_single_cuts_have_a_panel_each_with_both_figures_of_merit(toy):
    results = single_cuts(toy.dataset)
    figure = plot_single_cuts(results, context=Context(titles={"x0": "pT [GeV]"}))
    panels = figure.axes[: len(results)]
    assert "pT [GeV]" in [axes.get_xlabel() for axes in panels]
    assert len(figure.axes) == 2 * len(results)
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == "Asimov Z, keeping above"


def test_figures_of_merit_are_drawn_against_the_signal_efficiency_too(scans):
    first = plot(scans, against="signal_efficiency").axes[0]
    np.testing.assert_array_equal(first.lines[0].get_xdata(), scans[0].signal_efficiency)
    best = scans[0].figures[0].best
    honest = first.containers[0].lines[0]
    expected = np.interp(best.cut, scans[0].cuts, scans[0].signal_efficiency)
    assert (honest.get_xdata()[0], honest.get_ydata()[0]) == (expected, best.value.value)
    assert first.get_xlabel() == "signal efficiency"
    with pytest.raises(FivesigmaError, match="did you mean signal_efficiency"):
        plot(scans, against="signal_eficiency")


def test_a_naive_maximum_far_above_the_curves_is_a_triangle_at_the_edge(scans):
    figure = scans[0].figures[0]
    best = replace(figure.best, naive_value=100.0, naive_cut=0.9999)
    flattered = replace(scans[0], figures=(replace(figure, best=best), *scans[0].figures[1:]))
    axes = plot([flattered, scans[1]], names=["asimov_z"]).axes[0]
    highest = max(value for value in figure.values if value is not None)
    assert axes.get_ylim()[1] < 2 * highest
    (triangle,) = [line for line in axes.lines if line.get_marker() == "^"]
    assert highest < triangle.get_ydata()[0] < axes.get_ylim()[1]
    assert triangle.get_xdata()[0] == pytest.approx(0.9999)


@pytest.mark.parametrize("inputs", [1, 2, 5])
def test_the_legend_of_few_panels_stays_inside_the_figure(toy, inputs):
    figure = plot_single_cuts((single_cuts(toy.dataset) * 5)[:inputs], context=Context())
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
