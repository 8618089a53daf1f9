from dataclasses import replace

import numpy as np

from fivesigma.evaluation.scatter import scatter_matrix
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, save


def test_every_pair_has_its_points_and_every_feature_its_shapes(toy):
    result = scatter_matrix(toy.dataset, ["x0", "x1", "mass"], events=60)
    figure = plot(result, context=Context(titles={"mass": "m [GeV]"}))
    assert len(figure.axes) == 9
    below = figure.axes[7]
    assert len(below.lines) == 3
    drawn = {colour: line for line in below.lines if (colour := line.get_color())}
    np.testing.assert_array_equal(drawn["#bd1f01"].get_xdata(), result.samples[0].values[:, 1])
    np.testing.assert_array_equal(drawn["#bd1f01"].get_ydata(), result.samples[0].values[:, 2])
    np.testing.assert_allclose([patch.get_data().values.sum() for patch in figure.axes[4].patches], 1)
    assert not figure.axes[1].axison
    assert [axes.get_xlabel() for axes in figure.axes[6:]] == ["x0", "x1", "m [GeV]"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["H(125)", "ZZ → 4ℓ", "other"]


def test_missing_values_leave_gaps(toy):
    X = toy.dataset.X.copy()
    X[::2, 0] = np.nan
    figure = plot(scatter_matrix(replace(toy.dataset, X=X), ["x0", "x1"], events=60))
    figure.draw_without_rendering()
    assert np.isnan(figure.axes[2].lines[0].get_xdata()).any()


def test_thousands_of_points_do_not_make_a_large_file(toy, tmp_path):
    sizes = []
    for events in (400, 1600):
        result = scatter_matrix(toy.dataset, ["x0", "x1", "x2"], events=events)
        (file,) = save(plot(result), tmp_path / "pairs", ("svg",))
        sizes.append(file.stat().st_size)
    assert sizes[1] < 3 * sizes[0] < 400_000


def test_one_feature_is_a_histogram(toy):
    figure = plot(scatter_matrix(toy.dataset, ["mass"], events=60))
    figure.draw_without_rendering()
    assert [len(axes.patches) for axes in figure.axes] == [3]
