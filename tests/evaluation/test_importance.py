from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.drawing import drawn_evenly
from fivesigma.evaluation.importance import permutation_importance
from fivesigma.evaluation.roc import auc

FOLDS = 5


def events(n=1500, seed=0, *, spread=0.0, negative=0.0):
    """Return n events of either class with inputs that are strong, weak, of no use, and a copy of the strong one."""
    generator = np.random.default_rng(seed)
    sample = np.repeat([0, 1], n).astype(np.int16)
    X = generator.normal(size=(2 * n, 4))
    X[:, 0] += sample == 0
    X[:, 1] += 0.5 * (sample == 0)
    X[:, 3] = X[:, 0]
    weight = np.exp(spread * generator.normal(size=2 * n)) * np.where(generator.random(2 * n) < negative, -1, 1)
    return Dataset(
        X=X.astype(np.float32),
        inputs=("strong", "weak", "useless", "copy"),
        observables={},
        weight=weight,
        id=generator.integers(0, 2**62, size=2 * n).astype(np.uint64),
        sample=sample,
        samples=(SampleInfo(name="higgs", kind="signal"), SampleInfo(name="zz", kind="background")),
    )


def linear(*coefficients):
    """Return a model whose score is a sum of the inputs, each fold's estimator with a shift of its own."""

    def score(dataset):
        fold = fold_of(dataset.id, seed=1, folds=FOLDS)
        raw = dataset.X.astype(np.float64) @ coefficients + 0.1 * fold
        return Scores(model="linear", raw=raw, value=1 / (1 + np.exp(-raw)), fold=fold, folds=FOLDS)

    return score


def test_the_useless_and_the_unused_input_have_no_importance():
    found = permutation_importance(events(), linear(1, 0.5, 0.2, 0))
    assert found.of("strong").value > found.of("weak").value > 5 * found.of("weak").error
    assert abs(found.of("useless").value) < 3 * found.of("useless").error
    assert (found.of("copy").value, found.of("copy").error) == (0, 0)
    assert found.of("other") is None
    assert (found.model, found.events, found.all_events) == ("linear", 3000, 3000)


def test_two_copies_matter_little_alone_and_right_together():
    score = linear(0.5, 0.5, 0, 0.5)

    def either(dataset):
        return replace(score(dataset), value=dataset.X[:, [0, 3]].max(axis=1).astype(np.float64))

    dataset = events(4000)
    found = permutation_importance(dataset, score, groups=[("strong", "copy"), ("weak",)])
    assert [importance.inputs for importance in found.groups] == [("strong", "copy")]
    assert found.of("strong", "copy").value > 3 * found.of("strong").value
    alone = permutation_importance(dataset, linear(1, 0.5, 0, 0)).of("strong")
    assert found.of("strong", "copy").value == pytest.approx(alone.value, abs=3 * alone.error)
    # a score that is content with either of the two
    content = permutation_importance(dataset, either, groups=[("strong", "copy")])
    assert content.of("strong").value < 0.6 * content.of("strong", "copy").value


def test_all_pairs_of_other_events_by_brute_force():
    dataset, score = events(12, spread=0.5), linear(1, 0.5, 0.2, 0)
    fold = score(dataset).fold
    found = permutation_importance(dataset, score, repeats=600)
    size = dataset.weight / np.where(
        dataset.signal, *(dataset.weight[m].sum() for m in (dataset.signal, ~dataset.signal))
    )
    # each event with the value of every event of its fold, by the share that this one has
    place, other = np.nonzero(fold[:, None] == fold)
    share = size[other] / np.bincount(fold, size, FOLDS)[fold[place]]
    X = dataset.X[place].copy()
    X[:, 0] = dataset.X[other, 0]
    value = X.astype(np.float64) @ (1, 0.5, 0.2, 0) + 0.1 * fold[place]
    expected = auc(value, dataset.signal[place], dataset.weight[place] * share)
    whole = auc(score(dataset).value, dataset.signal, dataset.weight)
    assert found.auc.value == pytest.approx(whole)
    # two events never share their other event's place in a draw, which the product of shares below does not know
    assert found.of("strong").value == pytest.approx(whole - expected, abs=0.015)


@pytest.mark.parametrize(("spread", "negative"), [(0.0, 0.0), (1.0, 0.0), (0.3, 0.2)])
def test_weights_of_any_kind_leave_the_importance_where_it_is(spread, negative):
    truth = permutation_importance(events(40_000, seed=1), linear(1, 0.5, 0, 0), events=80_000).of("strong")
    found = permutation_importance(events(4000, 2, spread=spread, negative=negative), linear(1, 0.5, 0, 0)).of("strong")
    assert found.value == pytest.approx(truth.value, abs=4 * found.error)


def test_values_are_drawn_by_weight_not_by_number():
    # half of the background says nothing of the input's usual range; almost without weight, it must not be swapped in
    dataset = events(2000)
    rare = dataset.background & (np.arange(len(dataset)) % 2 == 0)
    X = dataset.X.copy()
    X[rare, 0] = 1000
    weighed = replace(dataset, X=X, weight=np.where(rare, 1e-9, 1.0))
    found = permutation_importance(weighed, linear(1, 0.5, 0, 0)).of("strong")
    plain = permutation_importance(dataset.where(~rare), linear(1, 0.5, 0, 0)).of("strong")
    assert found.value == pytest.approx(plain.value, abs=3 * np.hypot(found.error, plain.error))


def test_values_come_from_the_same_fold():
    dataset = events(200)
    fold = fold_of(dataset.id, seed=1, folds=FOLDS)
    marked = replace(dataset, X=np.column_stack([fold, dataset.X[:, 1:]]).astype(np.float32))

    def strict(events):
        assert np.array_equal(events.X[:, 0], fold_of(events.id, seed=1, folds=FOLDS))
        return linear(0, 1, 0, 0)(events)

    assert permutation_importance(marked, strict).of("strong").value == 0


@pytest.mark.parametrize("repeats", [1, 4])
def test_the_interval_is_as_wide_as_the_spread(repeats):
    found = [
        permutation_importance(events(150, seed), linear(1, 0.5, 0, 0), inputs=["strong"], repeats=repeats, seed=seed)
        for seed in range(150)
    ]
    drops = [one.of("strong") for one in found]
    assert np.mean([drop.error for drop in drops]) == pytest.approx(np.std([drop.value for drop in drops]), rel=0.2)
    assert np.mean([one.auc.error for one in found]) == pytest.approx(np.std([one.auc.value for one in found]), rel=0.2)


def test_the_same_seed_gives_the_same_and_the_order_of_events_does_not_matter_for_who_is_drawn():
    dataset = events()
    first, second = (permutation_importance(dataset, linear(1, 1, 1, 0), seed=3) for _ in range(2))
    assert first == second
    order = np.random.default_rng(1).permutation(len(dataset))
    shuffled = replace(
        dataset, X=dataset.X[order], weight=dataset.weight[order], id=dataset.id[order], sample=dataset.sample[order]
    )
    drawn, is_signal = drawn_evenly(dataset, events=100)
    again, _ = drawn_evenly(shuffled, events=100)
    assert set(drawn.id) == set(again.id)
    assert is_signal.sum() == 50


def test_what_one_class_lacks_the_other_gives():
    dataset = events(500)
    few = dataset.where(dataset.background | (np.arange(len(dataset)) < 40))
    drawn, is_signal = drawn_evenly(few, events=300)
    assert (len(drawn), is_signal.sum()) == (300, 40)
    everything, _ = drawn_evenly(few, events=10_000)
    assert len(everything) == len(few)


def test_mistakes_are_told():
    dataset = events(50)
    with pytest.raises(FivesigmaError, match="did you mean strong"):
        permutation_importance(dataset, linear(1, 0, 0, 0), inputs=["stron"])
    with pytest.raises(FivesigmaError, match="not 0 times"):
        permutation_importance(dataset, linear(1, 0, 0, 0), repeats=0)
    with pytest.raises(FivesigmaError, match="not 1"):
        permutation_importance(dataset, linear(1, 0, 0, 0), events=1)
    with pytest.raises(DataError, match="no background events"):
        permutation_importance(dataset.where(dataset.signal), linear(1, 0, 0, 0))
    with pytest.raises(FivesigmaError, match=r"`model\.score` of a fitted model is, not by a Dataset"):
        permutation_importance(dataset, dataset)
