from itertools import pairwise

import numpy as np
import pytest

from fivesigma.core.scores import Scores
from fivesigma.evaluation.comparison import compare
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context


@pytest.fixture(scope="module")
def models(toy):
    """Ten models, each noisier than the one before."""
    generator = np.random.default_rng(5)
    made, first = [], toy.models[0]
    for number in range(10):
        raw = first.raw + 0.4 * number * generator.normal(size=len(first))
        background = np.sort(raw[toy.dataset.background])
        value = np.searchsorted(background, raw) / len(background)
        made.append(Scores(model=f"model {number}", raw=raw, value=value, fold=first.fold, folds=first.folds))
    return made


def _row(axes, place):
    """Return the lines of a row: the long interval, the short one, the value."""
    return [line for line in axes.lines if len(line.get_ydata()) and set(line.get_ydata()) == {place}]


def test_both_intervals_of_every_pair(toy, models):
    result = compare(toy.dataset, models[:3])
    figure = plot(result, context=Context(titles={"model 0": "trees"}))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["model 1 − trees", "model 2 − trees", "model 2 − model 1"]  # the best is taken off
    for axes, quantity in zip(figure.axes, result.quantities, strict=True):
        assert axes.get_xlabel() == f"difference in {quantity.title}"
        for place, difference in enumerate(quantity.differences):
            wide, narrow, value = _row(axes, place)
            turned = [-difference.retrained.low, -difference.retrained.high]
            assert list(wide.get_xdata()) == turned
            assert list(narrow.get_xdata()) == [-difference.estimate.low, -difference.estimate.high]
            assert list(value.get_xdata()) == [-difference.estimate.value]
            assert value.get_marker() == {"better": "o", "better as trained": "s", None: "D"}[difference.verdict]


def test_many_models_are_drawn_against_the_best(toy, models):
    result = compare(toy.dataset, models[::-1])
    figure = plot(result)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    best = labels[0].partition(" − ")[2]
    area = dict(zip(result.models, result.of("auc").values, strict=True))
    assert area[best] == max(area.values())
    assert len(labels) == 9
    drawn = [_row(figure.axes[0], place)[2].get_xdata()[0] for place in range(9)]
    assert all(later <= before for before, later in pairwise([0.0, *drawn]))
    for label, value in zip(labels, drawn, strict=True):
        assert value == pytest.approx(area[label.partition(" − ")[0]] - area[best])
    assert figure.legends[0].get_title().get_text() == "intervals of 99.89 %, 95 % for all 45 pairs together"


def test_the_legend_has_the_verdicts_there_are(toy, models):
    (legend,) = plot(compare(toy.dataset, [models[0], models[9]])).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "these estimators",
        "trained on other events",
        "one is better",
    ]
    assert legend.get_title().get_text() == "intervals of 95 %"


def test_a_pair_without_a_value_says_so(toy, models):
    figure = plot(compare(toy.dataset, models[:2], floor=1e6))
    assert [text.get_text() for text in figure.axes[2].texts] == ["too little background"]
    assert not figure.axes[0].texts
