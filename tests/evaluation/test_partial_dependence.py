from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import fold_of
from fivesigma.core.scores import Scores
from fivesigma.evaluation.partial_dependence import partial_dependence

FOLDS = 5


def scored(function):
    """Return a model whose score is a function of the inputs' columns and the fold."""

    def score(dataset):
        fold = fold_of(dataset.id, seed=1, folds=FOLDS)
        value = function(dataset.X.astype(np.float64).T, fold)
        return Scores(model="formula", raw=value, value=value, fold=fold, folds=FOLDS)

    return score


ADDITIVE = scored(lambda X, fold: X[0] ** 2 + 3 * X[1])


def balanced_mean(dataset, values):
    """Return the mean of values with both classes at equal total weight."""
    return np.mean([np.average(values[m], weights=dataset.weight[m]) for m in (dataset.signal, dataset.background)])


def test_an_additive_score_gives_its_term_back(make):
    dataset, _ = make(n=800)
    found = partial_dependence(dataset, ADDITIVE, "useful", events=10**6)
    rest = balanced_mean(dataset, 3 * dataset.X[:, 1].astype(float))
    assert found.value == pytest.approx(found.grid**2 + rest, rel=1e-5, abs=1e-5)
    assert (found.model, found.feature, found.events, found.all_events) == ("formula", "useful", 1600, 1600)
    assert found.missing is None


def test_of_a_product_the_mean_of_the_other_factor_remains(make):
    dataset, _ = make(n=800, yields=(1.0, 1000.0))
    found = partial_dependence(
        dataset, scored(lambda X, fold: X[0] * X[1] ** 2), "useful", grid=[-2, 0.5, 3], events=10**6
    )
    mean = balanced_mean(dataset, dataset.X[:, 1].astype(float) ** 2)
    assert found.value == pytest.approx(np.array([-2, 0.5, 3]) * mean, rel=1e-5)
    assert found.grid.tolist() == [-2, 0.5, 3]


def test_the_grid_holds_values_of_both_classes_alike(make):
    dataset, _ = make(n=5000, separation=3, yields=(1.0, 1000.0))
    found = partial_dependence(dataset, ADDITIVE, "useful", grid=20)
    values = dataset.X[dataset.signal | dataset.background, 0]
    assert len(found.grid) == 20
    assert np.isin(found.grid, values).all()
    # the ends are the first hundredth of the background's lower half and the last of the signal's upper half
    assert [found.grid[0], found.grid[-1]] == pytest.approx(np.quantile(values, [0.01, 0.99]), abs=0.05)
    widest = np.diff(found.grid).max()
    assert widest < 0.2 * np.ptp(found.grid)


def test_few_values_are_all_of_the_grid_and_a_gap_is_left(make):
    dataset, _ = make(n=1000, separation=100)
    assert partial_dependence(dataset, ADDITIVE, "type").grid.tolist() == [11, 13]
    found = partial_dependence(dataset, ADDITIVE, "useful")
    assert not ((found.grid > 20) & (found.grid < 80)).any()


def test_each_fold_has_the_curve_of_its_own_estimator(make):
    dataset, _ = make(n=800)
    found = partial_dependence(dataset, scored(lambda X, fold: (1 + fold) * X[0]), "useful")
    assert found.by_fold == pytest.approx(np.outer(1 + np.arange(FOLDS), found.grid), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("negative", [0.0, 0.2])
def test_the_interval_is_as_wide_as_the_spread(make, negative):
    curves = []
    for seed in range(150):
        dataset, _ = make(n=200, seed=seed, negative=negative)
        curves.append(partial_dependence(dataset, scored(lambda X, fold: X[0] * X[1]), "flat", grid=[-1.0, 2.0]))
    errors = np.mean([(curve.high - curve.low) / 2 for curve in curves], axis=0)
    assert errors == pytest.approx(np.std([curve.value for curve in curves], axis=0), rel=0.2)


def test_missing_values_have_a_point_of_their_own(make):
    dataset, _ = make(n=800)
    X = dataset.X.copy()
    X[::7, 0] = np.nan
    found = partial_dependence(
        replace(dataset, X=X), scored(lambda X, fold: np.where(np.isnan(X[0]), -5, X[0])), "useful", grid=[1, 2]
    )
    assert found.missing.value == pytest.approx(-5)
    assert found.value == pytest.approx([1, 2])
    assert found.signal.sum() == pytest.approx(6 / 7, abs=0.03)


def test_the_histograms_say_where_events_are(make):
    dataset, _ = make(n=3000, negative=0.1)
    found = partial_dependence(dataset, ADDITIVE, "flat")
    assert (found.edges[0], found.edges[-1]) == pytest.approx((-1, 1), abs=0.01)
    for fractions in (found.signal, found.background):
        assert fractions.sum() == pytest.approx(1)
        assert fractions == pytest.approx(1 / 30, abs=0.02)


def test_mistakes_are_told(make):
    dataset, _ = make(n=50)
    with pytest.raises(FivesigmaError, match="did you mean useful"):
        partial_dependence(dataset, ADDITIVE, "usefull")
    with pytest.raises(FivesigmaError, match=r"`model\.score` of a fitted model is, not by a Dataset"):
        partial_dependence(dataset, dataset, "useful")
    with pytest.raises(FivesigmaError, match="not at 1"):
        partial_dependence(dataset, ADDITIVE, "useful", grid=1)
    with pytest.raises(FivesigmaError, match="finite values"):
        partial_dependence(dataset, ADDITIVE, "useful", grid=[1.0, np.inf])
    X = dataset.X.copy()
    X[:, 0] = np.nan
    with pytest.raises(DataError, match="missing in every event"):
        partial_dependence(replace(dataset, X=X), ADDITIVE, "useful")
