from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.scores import Scores
from fivesigma.evaluation.comparison import compare
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.roc import roc
from fivesigma.evaluation.significance_improvement import significance_improvement


def _model(dataset, scores, name, noise, seed=99):
    """Return the scores of a model that sees the same through a noise of its own."""
    raw = scores.raw + noise * np.random.default_rng([seed, 1]).normal(size=len(scores))
    background = np.sort(raw[dataset.background])
    value = np.searchsorted(background, raw) / len(background)
    return Scores(model=name, raw=raw, value=value, fold=scores.fold, folds=scores.folds)


@pytest.fixture(scope="module")
def three(toy):
    """A good model, one that is nearly as good, and a bad one."""
    dataset, scores = toy
    return dataset, [
        _model(dataset, scores, name, noise) for name, noise in (("good", 0.0), ("near", 0.02), ("bad", 1.5))
    ]


def test_differences_are_those_of_the_numbers_that_stand_elsewhere(three):
    dataset, models = three
    comparison = compare(dataset, models, background_uncertainty=0.2, floor=12)
    areas = [roc(dataset, model, replicas=10).auc.value for model in models]
    assert_allclose(comparison.of("auc").values, areas, rtol=1e-12)
    scans = [figures_of_merit(dataset, model, background_uncertainty=0.2, floor=12) for model in models]
    assert_allclose(comparison.of("asimov_z").values, [scan.figures[0].best.value.value for scan in scans], rtol=1e-12)
    for quantity in comparison.quantities:
        assert [(d.first, d.second) for d in quantity.differences] == [
            ("good", "near"),
            ("good", "bad"),
            ("near", "bad"),
        ]
        values = dict(zip(comparison.models, quantity.values, strict=True))
        for d in quantity.differences:
            assert_allclose(d.estimate.value, values[d.first] - values[d.second], rtol=1e-12)
            assert d.retrained.value == d.estimate.value


def test_the_significance_improvement_is_the_one_that_stands_elsewhere(three):
    dataset, models = three
    values = compare(dataset, models, seed=7).of("significance_improvement").values
    elsewhere = [significance_improvement(dataset, model, seed=7, replicas=10).best.value.value for model in models]
    assert_allclose(values, elsewhere, rtol=1e-12)


def test_verdicts(three):
    dataset, models = three
    for quantity in compare(dataset, models).quantities:
        near, bad, _ = quantity.differences
        assert (near.verdict, near.better) == (None, None)
        assert (bad.verdict is not None, bad.better) == (True, "good")
        assert bad.verdict == "better" or quantity.name != "auc"
    backwards = compare(dataset, models[::-1]).of("auc").differences
    assert [d.better for d in backwards] == ["near", "good", None]


def test_three_verdicts_by_how_far_zero_is_away(three):
    """The narrow interval is √2 times shorter: models between the two are better as trained."""
    dataset, (good, _, _) = three
    verdicts = []
    for noise in np.linspace(0.05, 0.4, 25):
        (difference,) = (
            compare(dataset, [good, _model(dataset, good, "other", noise)], replicas=2).of("auc").differences
        )
        assert_allclose(difference.retrained.error / difference.estimate.error, np.sqrt(2), rtol=1e-6)
        sigmas = difference.estimate.value / difference.estimate.error * norm.ppf(0.975)
        expected = None if sigmas < 1.96 else "better as trained" if sigmas < 1.96 * np.sqrt(2) else "better"
        verdicts.append(difference.verdict)
        assert difference.verdict == expected
    assert set(verdicts) == {None, "better as trained", "better"}


def test_what_models_share_cancels(three):
    dataset, models = three
    comparison = compare(dataset, models[:2])
    alone = [roc(dataset, model, replicas=100).auc.error for model in models[:2]]
    (difference,) = comparison.of("auc").differences
    assert difference.estimate.error < 0.2 * norm.ppf(0.975) * np.hypot(*alone)


def test_the_same_scores_differ_by_nothing(three):
    dataset, (good, _, _) = three
    double = replace(good, model="double", value=good.value**3)
    for quantity in compare(dataset, [good, replace(good, model="again")]).quantities:
        assert quantity.differences[0].estimate.value == 0
        assert quantity.differences[0].verdict is None
    assert compare(dataset, [good, double]).of("auc").differences[0].verdict is None


def test_more_pairs_need_wider_intervals(three):
    dataset, models = three
    two, many = compare(dataset, models[:2]), compare(dataset, models)
    assert (two.level, many.level) == (0.95, 1 - 0.05 / 3)
    ratio = many.of("auc").differences[0].estimate.error / two.of("auc").differences[0].estimate.error
    assert_allclose(ratio, norm.ppf(1 - 0.05 / 6) / norm.ppf(0.975), rtol=1e-9)


def test_the_spread_of_seeds_widens_the_interval_of_retraining(three):
    dataset, (good, _, bad) = three
    members = {"good": [_model(dataset, good, "good", 0.2, seed) for seed in range(3)]}
    plain, spread = (compare(dataset, [good, bad], members=given) for given in (None, members))
    for quantity in ("auc", "significance_improvement", "asimov_z"):
        (before,), (after,) = plain.of(quantity).differences, spread.of(quantity).differences
        assert after.estimate == before.estimate
        assert after.retrained.error > before.retrained.error
        assert "seeds" in after.retrained.method
    areas = [roc(dataset, member, replicas=10).auc.value for member in members["good"]]
    expected = np.hypot(
        before_error := plain.of("auc").differences[0].retrained.error, 1.959964 * np.std(areas, ddof=1) / 3**0.5
    )
    assert before_error < expected
    assert_allclose(spread.of("auc").differences[0].retrained.error, expected, rtol=1e-6)


def test_negative_weights_do(make):
    dataset, scores = make(negative=0.1)
    other = _model(dataset, scores, "other", 1.5)
    differences = [quantity.differences[0] for quantity in compare(dataset, [scores, other]).quantities]
    assert differences[0].better == "trees"
    assert all(difference.estimate.value > 0 for difference in differences)


def test_a_quantity_that_has_no_value_is_not_compared(make):
    dataset, scores = make(n=20)
    comparison = compare(dataset, [scores, _model(dataset, scores, "other", 1.0)], floor=1000)
    assert comparison.of("asimov_z").values == (None, None)
    assert comparison.of("asimov_z").differences == ()
    assert len(comparison.of("auc").differences) == 1


def test_one_model_is_compared_with_none(toy):
    assert compare(toy[0], [toy[1]]) is None
    assert compare(toy[0], []) is None


def test_what_cannot_be_compared_says_why(toy):
    dataset, scores = toy
    with pytest.raises(FivesigmaError, match="two models to compare are called 'trees'"):
        compare(dataset, [scores, scores])
    other = replace(scores, model="other")
    with pytest.raises(FivesigmaError, match="no model 'tres' to compare; did you mean trees"):
        compare(dataset, [scores, other], members={"tres": [scores]})
    with pytest.raises(DataError, match="scores of other for"):
        compare(dataset, [scores, other.where(dataset.signal)])
    with pytest.raises(DataError, match="scores of trees for"):
        compare(dataset, [scores, other], members={"trees": [scores.where(dataset.signal)]})
