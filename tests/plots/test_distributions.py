from dataclasses import replace

import numpy as np

from fivesigma.evaluation.distributions import score_distribution
from fivesigma.evaluation.overtraining import overtraining
from fivesigma.plots.distributions import plot_score_distribution
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context


def _labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_data_stand_over_the_stack_with_their_ratio(toy):
    result = score_distribution(toy.dataset, toy.models[0], bins=10, show_data=True)
    main, ratio = plot(result, context=Context(pseudo_data=True)).axes
    assert _labels(main) == ["other", "ZZ → 4ℓ", "H(125)", "simulation's uncertainty", "pseudo-data"]
    assert ratio.get_ylabel() == "pseudo-data /\nbackground"
    assert main.get_legend().get_title().get_text().startswith(f"χ²/ndf = {result.agreement.value:.1f}/")
    points = main.containers[0].lines[0]
    shown = result.data.counts > 0
    np.testing.assert_array_equal(points.get_ydata(), result.data.counts[shown])
    background = sum(sample.histogram.total for sample in result.samples if sample.kind == "background")
    quotient = ratio.containers[0].lines[0]
    np.testing.assert_allclose(quotient.get_ydata(), (result.data.counts / background)[shown])


def test_a_blind_figure_has_no_points_and_no_ratio(toy):
    figure = plot_score_distribution(score_distribution(toy.dataset, toy.models[0]), context=Context())
    (main,) = figure.axes
    assert _labels(main) == ["other", "ZZ → 4ℓ", "H(125)", "simulation's uncertainty"]
    assert not main.containers


def test_the_scale_starts_below_the_smallest_bin_and_leaves_room_for_the_legend(toy):
    result = score_distribution(toy.dataset, toy.models[0], bins=10)
    (main,) = plot(result).axes
    totals = np.concatenate([sample.histogram.total for sample in result.samples])
    bottom, top = main.get_ylim()
    assert bottom < totals[totals > 0].min()
    assert top > 2 * totals.max()


def test_training_and_out_of_fold_events_are_overlaid_for_each_class(toy):
    scored = toy.scored(toy.models[0])
    result = overtraining("trees", scored, scored, bins=8)
    (axes,) = plot(result).axes
    assert _labels(axes) == [
        "signal, training",
        "background, training",
        "signal, out of fold",
        "background, out of fold",
    ]
    assert "difference 0.000" in axes.get_legend().get_title().get_text()
    assert "alike: p = 1 in signal, p = 1 in background" in axes.get_legend().get_title().get_text()
    np.testing.assert_array_equal(axes.containers[0].lines[0].get_ydata(), result.classes[0].out_of_fold.total)


def test_a_p_value_that_could_be_no_smaller_is_a_bound(toy):
    scored = toy.scored(toy.models[0])
    learned = replace(scored, score=np.where(scored.is_signal, 0.999, scored.score))
    title = plot(overtraining("trees", learned, scored)).axes[0].get_legend().get_title().get_text()
    count = len(np.unique(scored.estimator))
    assert f"alike: p ≤ {count / 1000:.2g} in signal, p = 1 in background" in title


def test_bins_of_the_common_scale_are_drawn_equally_wide(toy):
    result = score_distribution(toy.dataset, toy.models[0], bins=10, show_data=True)
    main, _ = plot(result).axes
    places = main.transData.transform([(edge, 1.0) for edge in result.edges[:-1]])[:, 0]
    np.testing.assert_allclose(np.diff(places), np.diff(places)[0], rtol=1e-6)


def test_raw_scores_keep_an_even_axis(toy):
    scored = replace(toy.scored(toy.models[0]), score=5 * toy.scored(toy.models[0]).score - 2)
    (axes,) = plot(overtraining("trees", scored, scored)).axes
    assert axes.get_xscale() == "linear"
