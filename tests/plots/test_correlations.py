from dataclasses import replace

import numpy as np

from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.observable_dependence import observable_correlations
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context


def test_correlations_are_annotated_in_per_cent(toy):
    constant = toy.dataset.X.copy()
    constant[:, 4] = 1
    results = correlations(replace(toy.dataset, X=constant))
    figure = plot(results, context=Context(titles={"x0": "pT [GeV]"}))
    signal = figure.axes[0]
    texts = [text.get_text() for text in signal.texts]
    assert texts[0] == "100"
    assert texts[1] == f"{round(100 * results[0].matrix[0][1])}".replace("-", "−")
    assert texts[-1] == "–"
    assert signal.get_xticklabels()[0].get_text() == "pT"
    panels = figure.axes[: len(results)]
    assert [axes.get_xlabel() for axes in panels] == ["signal", "background", "signal − background"]
    assert panels[2].texts[1].get_text() == f"{round(100 * results[2].matrix[0][1])}".replace("-", "−")


def test_scores_and_observables_have_a_point_each(toy):
    results = [observable_correlations(toy.dataset, scores, replicas=20) for scores in toy.models]
    (axes,) = plot(results).axes
    values = [container.lines[0].get_xdata()[0] for container in axes.containers]
    assert values == [result.coefficients["mass"].value for result in results]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mass"]


def test_an_observable_that_does_not_vary_leaves_a_gap(toy):
    dataset = replace(toy.dataset, observables={"mass": np.ones(len(toy.dataset))})
    plot(observable_correlations(dataset, toy.models[0], replicas=20)).draw_without_rendering()
