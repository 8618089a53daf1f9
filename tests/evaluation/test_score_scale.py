"""A cut on the common scale means the same in every fold, or a finding says where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.score_scale import check_score_scale, folds_differ
from fivesigma.learning.cross_fit import cross_fit


def _shifted(scores, fold, shift):
    """Return raw scores in place of those on the common scale, those of one fold shifted, as if nothing put them on one scale."""
    raw = ndtr(scores.raw + shift * (scores.fold == fold))
    return replace(scores, value=raw)


def test_raw_scores_of_a_shifted_fold_are_found(make):
    dataset, scores = make(n=6000)
    check = check_score_scale(dataset, _shifted(scores, 3, 0.5))
    (finding,) = folds_differ(check)
    assert (finding.code, finding.severity, finding.subject) == ("folds-differ", "warning", "trees, fold 3")
    # Φ(0.25) - Φ(-0.25) more of the background passes half way between the two
    assert finding.evidence["difference"] == pytest.approx(0.197, abs=0.03)
    assert "background efficiency differs by +0." in finding.message


def test_folds_alike_are_no_finding(toy):
    check = check_score_scale(*toy)
    assert folds_differ(check) == ()
    assert len(check.folds) == 5
    assert check.validation_events == pytest.approx(0.15 * 0.8 * 3000)
    assert all(each.uniform.p_value > 0.05 for each in check.folds)


def test_scores_that_are_not_on_the_scale_are_not_uniform(make):
    dataset, scores = make(n=6000)
    check = check_score_scale(dataset, replace(scores, value=scores.value**2))
    assert folds_differ(check) == ()
    assert all(each.uniform.p_value == 0.001 for each in check.folds)


@pytest.mark.parametrize("use", ["logistic", "hist_gradient_boosting"])
def test_a_real_cross_fit_is_no_finding(make, use):
    dataset, _ = make(n=2000, negative=0.1)
    dataset = replace(dataset, X=dataset.X[:, :2].copy(), inputs=dataset.inputs[:2])
    parameters = {"max_iter": 30} if use == "hist_gradient_boosting" else {}
    check = check_score_scale(dataset, cross_fit(use, dataset, folds=4, seed=3, **parameters).score(dataset))
    assert folds_differ(check) == ()
    assert min(each.uniform.p_value for each in check.folds) > 0.005


def test_one_fold_cannot_be_compared(toy):
    dataset, scores = toy
    with pytest.raises(FivesigmaError, match="from two on, not 1"):
        check_score_scale(dataset, replace(scores, fold=np.zeros_like(scores.fold), folds=1))
    with pytest.raises(FivesigmaError, match=r"a share in \(0, 1\), not 1.5"):
        check_score_scale(dataset, scores, validation=1.5)


def test_what_an_estimator_cannot_tell_apart_makes_folds_no_different(make):
    """A third of the background shares one score in each fold, a little more in one than in the other."""
    dataset, scores = make(n=6000)
    value = scores.value.copy()
    for fold in range(5):
        share = 0.30 + 0.02 * fold
        low = (scores.fold == fold) & (value < share)
        value[low] = share / 2
    assert folds_differ(check_score_scale(dataset, replace(scores, value=value))) == ()


def test_a_fold_whose_tied_events_stand_elsewhere_is_found(make):
    dataset, scores = make(n=6000)
    value = scores.value.copy()
    low = value < 0.3
    value[low] = np.where(scores.fold[low] == 2, 0.5, 0.15)
    assert any(
        found.evidence["fold"] == 2 for found in folds_differ(check_score_scale(dataset, replace(scores, value=value)))
    )
