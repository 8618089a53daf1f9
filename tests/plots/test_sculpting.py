import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.evaluation.sculpting import sculpting
from fivesigma.evaluation.spurious_signal import ObservableSculpting, spurious_signal
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers


@pytest.fixture(scope="module")
def both(toy):
    model = toy.models[0]
    efficiencies = (0.5, 0.2)
    return ObservableSculpting(
        shapes=sculpting(toy.dataset, model, "mass", efficiencies=efficiencies, bins=10, replicas=20),
        spurious=spurious_signal(toy.dataset, model, "mass", efficiencies=efficiencies, bins=10, replicas=20),
    )


def test_shapes_are_densities_over_their_ratio_with_the_numbers_in_the_legend(both):
    figure = plot(both, context=Context(titles={"mass": "m(4ℓ) [GeV]", "trees": "boosted trees"}))
    main, ratio = figure.axes
    assert main.get_ylabel() == "fraction of background / GeV"
    assert ratio.get_xlabel() == "m(4ℓ) [GeV]"
    assert main.texts[0].get_text() == "boosted trees"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[0] == "background before any cut"
    assert texts[1].startswith("cut keeps 50 %: JSD ")
    assert texts[1].endswith("σ(data)")
    assert texts[-1] == "signal before any cut, scaled"
    before = main.patches[0].get_data()
    assert_allclose((before.values * np.diff(before.edges)).sum(), 1)
    drawn = [patch.get_data().values for patch in ratio.patches if patch.get_label() == "" or not patch.get_fill()]
    assert any(np.array_equal(values, both.shapes.cuts[1].ratio) for values in drawn)


def test_without_a_fit_and_a_unit_there_are_the_shapes_alone(both):
    figure = plot(both.shapes)
    assert figure.axes[0].get_ylabel() == "fraction of background per unit"
    assert "spurious" not in figure.legends[0].get_texts()[1].get_text()
    assert json.dumps(numbers(both), allow_nan=False)


def test_too_few_events_are_told(toy):
    result = sculpting(toy.dataset, toy.models[0], "mass", efficiencies=[0.01], replicas=5)
    assert "too few events to say more" in plot(result).legends[0].get_texts()[1].get_text()


def test_ten_models_have_a_row_each_and_every_cut_its_point(both):
    results = [replace(both.spurious, model=f"model {number}") for number in range(10)]
    figure = plot([*results, replace(results[3], observable="m2")])
    first, second = figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == [f"model {number}" for number in range(10)]
    points = [container.lines[0].get_xydata()[0] for container in first.containers]
    assert len(points) == 20
    assert_allclose([point[0] for point in points[:2]], [cut.fit.ratio.value for cut in both.spurious.cuts])
    assert [round(point[1]) for point in points] == [number for number in range(10) for _ in range(2)]
    assert len(second.containers) == 2
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["within ±0.2", "cut keeps 50 %", "cut keeps 20 %"]


def test_a_cut_without_a_fit_leaves_a_gap(both):
    cuts = (replace(both.spurious.cuts[0], fit=None), both.spurious.cuts[1])
    figure = plot(replace(both.spurious, cuts=cuts))
    assert len(figure.axes[0].containers) == 1
    figure.draw_without_rendering()
