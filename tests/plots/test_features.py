import numpy as np

from fivesigma.evaluation.distributions import feature_distributions
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context


def test_features_are_shapes_with_units_on_their_axes(toy):
    results = feature_distributions(toy.dataset, show_data=True)
    context = Context(titles={"mass": "m(4ℓ) [GeV]"}, pseudo_data=True)
    figure = plot(results, context=context)
    assert len(figure.axes) == 6
    assert figure.axes[-1].get_xlabel() == "m(4ℓ) [GeV]"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["background", "signal", "pseudo-data"]
    background = figure.axes[0].patches[0].get_data().values
    np.testing.assert_allclose(background.sum(), 1)


def test_while_blind_there_are_no_points(toy):
    figure = plot(feature_distributions(toy.dataset))
    assert not any(axes.containers for axes in figure.axes)
