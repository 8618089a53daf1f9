"""Models of events that lack values: what each does with them, is the same when stored and read, and is said."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.storage import load_model, save_model

MODELS = ["random_forest", "hist_gradient_boosting", "network"]
SAID = {
    "random_forest": "each split sends them to the better side",
    "hist_gradient_boosting": "each split sends them to the better side",
    "network": "median, and an indicator for 2 inputs",
}


def with_holes(dataset, seed=2, first=0.3, second=0.1):
    """Return a dataset that lacks the first input in more signal than background, and the second at random."""
    generator = np.random.default_rng(seed)
    X = dataset.X.copy()
    X[generator.random(len(X)) < np.where(dataset.signal, first / 3, first), 0] = np.nan
    X[generator.random(len(X)) < second, 1] = np.nan
    return replace(dataset, X=X)


@pytest.fixture(scope="module")
def holes(make_dataset):
    return with_holes(make_dataset(n=600))


@pytest.fixture(scope="module")
def models(holes, small):
    """Each model, trained once; the network in more than the one step an epoch that so few events would make."""
    longer = {"network": {"batch_size": 64, "epochs": 12}}
    return {use: cross_fit(use, holes, folds=2, **{**small[use], **longer.get(use, {})}) for use in MODELS}


@pytest.mark.parametrize("use", MODELS)
class TestEveryModel:
    def test_trains_and_scores(self, holes, models, use):
        scores = models[use].score(holes)
        assert np.isfinite(scores.raw).all()
        assert np.isfinite(scores.value).all()
        signal, background = scores.raw[holes.signal], scores.raw[holes.background]
        # the first input tells signal from background, there or not: better than a coin by far
        assert np.mean(signal[:, None] > background[None, :]) > 0.65

    def test_stored_and_read_scores_the_same(self, holes, models, use, tmp_path):
        save_model(models[use], tmp_path)
        again = load_model(tmp_path)
        np.testing.assert_array_equal(again.score(holes).raw, models[use].score(holes).raw)
        np.testing.assert_array_equal(again.score(holes).value, models[use].score(holes).value)
        assert again.fits[0].description == models[use].fits[0].description

    def test_says_what_it_does_with_them(self, models, use):
        assert [fit.description["missing values"] for fit in models[use].fits] == [SAID[use]] * 2

    def test_says_nothing_where_none_were_met(self, make_dataset, small, use):
        model = cross_fit(use, make_dataset(n=300), folds=2, **small[use])
        assert all("missing values" not in fit.description for fit in model.fits)

    def test_scores_what_lacks_a_value_though_training_did_not(self, make_dataset, small, use):
        """As shifted events may, or data."""
        whole = make_dataset(n=300)
        model = cross_fit(use, whole, folds=2, **small[use])
        assert np.isfinite(model.score(with_holes(whole)).raw).all()

    def test_an_input_that_is_always_missing(self, make_dataset, small, use):
        dataset = make_dataset(n=300)
        X = dataset.X.copy()
        X[:, 2] = np.nan
        model = cross_fit(use, replace(dataset, X=X), folds=2, **small[use])
        assert np.isfinite(model.score(replace(dataset, X=X)).raw).all()
