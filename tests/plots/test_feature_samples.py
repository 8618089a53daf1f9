from dataclasses import replace

import numpy as np

from fivesigma.evaluation.distributions import FeatureShapes, FeatureYields, feature_distributions
from fivesigma.plots.feature_panels import agreement_text, beyond
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context


def test_backgrounds_stack_and_signal_lies_over_them(toy):
    distributions = feature_distributions(toy.dataset, show_data=True)
    figure = plot(
        [FeatureYields(distribution=one) for one in distributions], context=Context(titles={"mass": "m [GeV]"})
    )
    first = distributions[0]
    total = {sample.name: sample.histogram.total for sample in first.samples}
    other, zz, band, higgs = figure.axes[0].patches
    np.testing.assert_allclose(other.get_data().values, total["other"])
    np.testing.assert_allclose(zz.get_data().baseline, total["other"])
    np.testing.assert_allclose(zz.get_data().values, total["other"] + total["zz"])
    error = np.hypot(*(sample.histogram.error for sample in first.samples[1:]))
    np.testing.assert_allclose(band.get_data().values, total["other"] + total["zz"] + error)
    np.testing.assert_allclose(higgs.get_data().values, total["higgs"])
    (points,) = figure.axes[0].containers
    np.testing.assert_array_equal(points.lines[0].get_ydata(), first.data.counts[first.data.counts > 0])
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[-1].child_axes[0].get_xlabel() == "m [GeV]"
    titles = [text.get_text() for text in figure.legends[0].get_texts()]
    assert titles == ["other", "ZZ → 4ℓ", "simulation's uncertainty", "H(125)", "data"]


def test_while_blind_no_data_are_drawn(toy):
    figure = plot(FeatureYields(distribution=feature_distributions(toy.dataset)[0]))
    assert not figure.axes[0].containers


def test_shapes_have_an_area_of_one_whatever_the_yield(toy):
    figure = plot(FeatureShapes(distribution=feature_distributions(toy.dataset, features=["mass"])[0]))
    lines = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(lines) == 3
    np.testing.assert_allclose([line.get_data().values.sum() for line in lines], 1)


def test_what_is_missing_stands_below_the_axis(toy):
    X = toy.dataset.X.copy()
    X[~toy.dataset.data, 0] = np.where(np.arange((~toy.dataset.data).sum()) % 4 == 0, np.nan, 1.5)
    distribution = feature_distributions(replace(toy.dataset, X=X), features=["x0"])[0]
    for result in (
        distribution,
        FeatureYields(distribution=distribution),
        FeatureShapes(distribution=distribution),
    ):
        assert plot(result).axes[0].get_xlabel() == "x0, 25 % missing"


def test_what_lies_beyond_the_axis_is_told(toy):
    X = toy.dataset.X.copy()
    rows = np.arange(len(X))
    X[:, 0] = rows % 100 / 100
    X[(rows % 400 == 7) & ~toy.dataset.data, 0] = 1e3  # no more than what a range leaves out
    X[np.flatnonzero(toy.dataset.data)[:3], 0] = [-50.0, 80.0, 80.0]
    (distribution,) = feature_distributions(replace(toy.dataset, X=X), features=["x0"], show_data=True)
    assert distribution.edges[-1] < 2
    gone = np.count_nonzero(X[~toy.dataset.data, 0] > 2) / np.count_nonzero(~toy.dataset.data)
    simulated, none = f"{100 * gone:.2g} % of the simulated events", replace(distribution, outside=0.0, data=None)
    context = Context(pseudo_data=True)
    assert beyond([none, distribution], context) == f" Up to {simulated} and 3 of the pseudo-data lie beyond an axis."
    assert beyond([replace(distribution, data=None)], context) == f" Up to {simulated} lie beyond an axis."
    assert beyond([], context) == beyond([none], context) == ""


def test_a_sample_whose_weights_cancel_has_no_shape_and_no_fault(toy):
    weight = np.where(toy.dataset.of("other"), 0.0, toy.dataset.weight)
    distribution = feature_distributions(replace(toy.dataset, weight=weight), features=["mass"])[0]
    for result in (FeatureYields(distribution=distribution), FeatureShapes(distribution=distribution)):
        plot(result).draw_without_rendering()


def test_data_have_their_ratio_to_the_background_below_and_how_they_agree_in_words(toy):
    distribution = feature_distributions(toy.dataset, features=["mass"], show_data=True)[0]
    (axes,) = plot(FeatureYields(distribution=distribution), context=Context(titles={"mass": "m [GeV]"})).axes
    (ratio,) = axes.child_axes
    found = distribution.agreement
    assert axes.texts[0].get_text() == f"χ²/ndf = {found.value:.1f}/{found.ndf}, p = {found.p_value:.2g}"
    assert (axes.get_xlabel(), ratio.get_xlabel()) == ("", "m [GeV]")
    background = sum(sample.histogram.total for sample in distribution.samples if sample.kind == "background")
    shown = (distribution.data.counts > 0) & (background > 0)
    quotient = ratio.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(quotient, (distribution.data.counts[shown] / background[shown]))


def test_a_free_normalisation_and_a_tiny_p_value_are_said(toy):
    result = feature_distributions(toy.dataset, features=["mass"], show_data=True, normalisation="free")[0]
    assert agreement_text(result.agreement).startswith("shape, χ²/ndf = ")
    assert agreement_text(replace(result.agreement, p_value=1e-9)).endswith("p < 0.0001")
