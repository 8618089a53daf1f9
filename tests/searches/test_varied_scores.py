import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.core.scores import Scores
from fivesigma.searches.varied_scores import ScoredEvents, VariedScores, check_scores, require_varied

SAMPLES = (SampleInfo(name="sig", kind="signal"), SampleInfo(name="bkg", kind="background"))
UP = Variation("scale", "up")


def dataset_of(x) -> Dataset:
    n = len(x)
    return Dataset(
        X=np.asarray(x, dtype=np.float32)[:, None],
        inputs=("x",),
        observables={},
        weight=np.arange(1.0, n + 1),
        id=np.arange(n, dtype=np.uint64),
        sample=(np.arange(n) % 2).astype(np.int16),
        samples=SAMPLES,
    )


def scores_of(value, model="trees", folds=2) -> Scores:
    value = np.asarray(value, dtype=np.float64)
    return Scores(
        model=model, raw=value, value=value, fold=(np.arange(len(value)) // 2 % 2).astype(np.int8), folds=folds
    )


X = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, np.nan)
NOMINAL = ScoredEvents(dataset_of(X), scores_of(X), np.ones(8, dtype=np.bool_))


def varied(x=X, value=X, **options) -> VariedScores:
    return VariedScores(variation=UP, dataset=dataset_of(x), scores=scores_of(value, **options))


def test_scores_of_other_events_are_refused():
    with pytest.raises(DataError, match=r"variation scale up: 7 scores of trees for 8 events; .* scored anew"):
        varied(value=X[:7])
    with pytest.raises(ValueError, match="mask has shape"):
        dataclasses.replace(varied(), mask=np.ones(3, dtype=np.bool_))


def test_the_weight_above_cuts_is_that_of_each_fold_and_sample():
    cuts = np.array([0.0, 0.3, 0.65])
    # events 1, 2, 5, 6 (which are their weights) are in fold 0, the odd ones signal; event 8 has no score
    np.testing.assert_array_equal(NOMINAL.of("sig").above(cuts), [[6, 5, 0], [10, 10, 7]])
    np.testing.assert_array_equal(NOMINAL.of("bkg").above(cuts), [[8, 6, 0], [4, 4, 0]])
    np.testing.assert_array_equal(NOMINAL.of("sig", np.ones(8)).above(cuts), [[2, 1, 0], [2, 2, 1]])
    np.testing.assert_array_equal(NOMINAL.of("sig").squared().above(cuts[:1]), [[26], [58]])


def test_events_that_two_hold_pass_a_cut_where_both_do():
    one, other = NOMINAL.of("sig"), varied(value=np.array(X) + np.array([0.5, 0, 0, 0, -0.5, 0, 0, 0])).events.of("sig")
    # of weights 1, 3, 5, 7 with scores 0.1, 0.3, 0.5, 0.7 and 0.6, 0.3, 0.0, 0.7
    np.testing.assert_array_equal(one.shared(other).above(np.array([0.05, 0.5])), [[1, 0], [9 + 49, 49]])


def test_another_model_and_another_sample_are_refused():
    with pytest.raises(FivesigmaError, match="scores of forest in 2 folds, where the nominal ones are of trees in 2"):
        require_varied(NOMINAL, [varied(model="forest")])
    other = varied()
    other = dataclasses.replace(
        other,
        dataset=dataclasses.replace(other.dataset, samples=(SAMPLES[0], SampleInfo(name="bk", kind="background"))),
    )
    with pytest.raises(FivesigmaError, match="no sample 'bk'; did you mean bkg"):
        require_varied(NOMINAL, [other])


def test_a_variation_given_twice_is_refused():
    with pytest.raises(FivesigmaError, match="variation scale up of sample 'sig' is given twice"):
        require_varied(NOMINAL, [varied(), varied()])
    weighted = dataclasses.replace(NOMINAL.dataset, weights={UP: NOMINAL.dataset.weight})
    with pytest.raises(FivesigmaError, match="variation scale up of sample 'sig' is given twice"):
        require_varied(dataclasses.replace(NOMINAL, dataset=weighted), [varied()])


def test_scores_of_another_folds_estimator_are_refused():
    other = varied()
    moved = dataclasses.replace(other.scores, fold=np.roll(other.scores.fold, 2))
    with pytest.raises(DataError, match="sample 'sig': 4 events were scored by the estimator of another fold"):
        require_varied(NOMINAL, [dataclasses.replace(other, scores=moved)])
    require_varied(NOMINAL, [other])


def test_inputs_that_moved_under_scores_that_did_not():
    (finding,) = check_scores(NOMINAL, [varied(x=np.array(X) + 1)])
    assert finding.code == "scores-not-shifted"
    assert finding.subject == "trees/scale"
    assert finding.evidence == {"events": 7}
    assert not list(check_scores(NOMINAL, [varied(x=np.array(X) + 1, value=np.array(X) + 1), varied()]))


def test_events_are_matched_by_identifier_where_a_cut_took_some():
    kept = np.array(X) > 0.25  # neither the first two nor the missing one
    part = varied(x=np.array(X) + 1)
    part = VariedScores(variation=UP, dataset=part.dataset.where(kept), scores=NOMINAL.scores.where(kept))
    (finding,) = check_scores(NOMINAL, [part])
    assert finding.evidence == {"events": 5}
    require_varied(NOMINAL, [part])
