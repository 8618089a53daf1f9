from itertools import pairwise

import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.importance import Importance, Importances
from fivesigma.evaluation.importance_table import importance_table
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, colours, save


def importances(model, groups=(), **drops):
    """Return importances of a model."""

    def one(inputs, value):
        return Importance(
            inputs=inputs, drop=Estimate(value=value, low=value - 0.002, high=value + 0.002, method="made up")
        )

    return Importances(
        model=model,
        auc=Estimate(value=0.8, low=0.79, high=0.81, method="made up"),
        inputs=tuple(one((name,), value) for name, value in drops.items()),
        groups=tuple(one(group, 0.2) for group in groups),
        events=100,
        all_events=1000,
        repeats=2,
    )


@pytest.fixture
def results():
    """Two models, one of which takes two of three inputs."""
    return [
        importances("trees", [("mass", "pt")], mass=0.1, pt=0.02, angle=0.001),
        importances("network", mass=0.05, angle=-0.001),
    ]


def test_inputs_stand_by_their_mean_importance_and_groups_below(results):
    context = Context(titles={"mass": "m [GeV]"})
    (axes,) = plot(results, context=context).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["m", "pt", "angle", "m, pt together"]
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert "AUC" in axes.get_xlabel()


def test_each_model_has_its_colour_and_its_points(results):
    (axes,) = plot(results).axes
    colour = colours(["trees", "network"])
    drawn = {bars.get_label(): bars.lines[0] for bars in axes.containers}
    assert drawn["trees"].get_xdata().tolist() == [0.1, 0.02, 0.001, 0.2]
    assert drawn["network"].get_xdata().tolist() == [0.05, -0.001]
    assert drawn["network"].get_color() == colour["network"]
    # points of one input lie in its band
    assert abs(drawn["trees"].get_ydata() - range(4)).max() < 0.5


def test_the_least_important_of_many_inputs_are_left_out_and_that_is_said():
    many = importances("trees", **{f"x{number}": 0.1 - number / 1000 for number in range(30)})
    (axes,) = plot(many, most=10).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"x{number}" for number in range(10)]
    assert "20 more inputs" in axes.get_xlabel()


def test_a_table_is_drawn_as_its_models_are(results, tmp_path):
    first, second = (
        save(plot(result), tmp_path / name, ["svg"])[0].read_bytes()
        for name, result in (("models", results), ("table", importance_table((), results)))
    )
    assert first == second


def test_rows_of_many_models_do_not_overlap():
    models = [importances(f"model {number}", **{f"x{at}": 0.1 for at in range(20)}) for number in range(6)]
    figure = plot(models)
    (axes,) = figure.axes
    figure.draw_without_rendering()
    labels = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(labels))
    places = sorted(y for bars in axes.containers for y in bars.lines[0].get_ydata())
    assert min(b - a for a, b in pairwise(places)) > 0.1
    assert figure.get_size_inches()[1] < 16
