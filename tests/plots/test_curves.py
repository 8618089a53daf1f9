import numpy as np

from fivesigma.evaluation.roc import roc
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, colours, plus_minus


def test_several_models_share_a_figure_with_their_auc_in_the_legend(toy):
    curves = [roc(toy.dataset, scores, replicas=20) for scores in toy.models]
    context = Context(titles={"trees": "boosted trees"}, names=("trees", "network"))
    left, right = plot(curves, context=context).axes
    texts = [text.get_text() for text in left.get_legend().get_texts()]
    assert texts[0] == f"boosted trees: AUC {plus_minus(curves[0].auc)}"
    assert texts[1].startswith("network: AUC ")
    colour = colours(["trees", "network"], context)
    assert [line.get_color() for line in left.lines[:2]] == [colour["trees"], colour["network"]]
    np.testing.assert_array_equal(left.lines[0].get_xdata(), curves[0].signal_efficiency)
    assert right.get_yscale() == "log"
    drawn = right.lines[0]
    np.testing.assert_allclose(drawn.get_ydata().max(), 1 / curves[0].background_efficiency[1:].min(), rtol=100)
