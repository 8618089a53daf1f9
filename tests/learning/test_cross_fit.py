"""Cross-fitting is honest: no event is scored by an estimator that saw it, and workers change nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError, LeakError
from fivesigma.core.identity import fold_of
from fivesigma.core.parallel import Workers
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.cross_fit import cross_fit, cross_fit_all
from fivesigma.learning.storage import load_model, save_model
from fivesigma.learning.training import training_weight


@pytest.fixture(scope="module")
def model(dataset):
    return cross_fit("hist_gradient_boosting", dataset, folds=4, seed=7, max_iter=30)


def auc(dataset, scores, which=None):
    keep = ~dataset.data if which is None else which
    signal = dataset.signal[keep]
    value = scores.value[keep]
    return np.mean(value[signal][:, None] > value[~signal][None, :])


def test_every_event_is_scored_by_its_own_fold(dataset, model):
    scores = model.score(dataset)
    np.testing.assert_array_equal(scores.fold, fold_of(dataset.id, seed=7, folds=4))
    for j, fit in enumerate(model.fits):
        mine = scores.fold == j
        np.testing.assert_array_equal(scores.raw[mine], fit.score(dataset.X[mine]))
        np.testing.assert_array_equal(scores.value[mine], fit.scales[()](scores.raw[mine]))


def test_the_ledger_holds_who_trained_whom(dataset, model):
    fold = fold_of(dataset.id, seed=7, folds=4)
    from fivesigma.learning.ledger import event_keys

    keys = event_keys(dataset)
    for j in range(4):
        saw = model.ledger.saw(keys, np.full(len(dataset), j))
        np.testing.assert_array_equal(saw, (fold != j) & ~dataset.data)


def test_a_planted_leak_raises(dataset, model):
    """Events whose identifiers are mixed up land in folds whose estimators saw them."""
    leaky = dataclasses.replace(model, seed=8)
    with pytest.raises(LeakError, match="would be scored by an estimator that saw them"):
        leaky.score(dataset)


def test_memory_is_not_signal(make_dataset):
    """Labels without any meaning: a forest that knows its training events by heart scores 0.5 out of fold."""
    dataset = make_dataset(2500, shift=0.0)
    model = cross_fit("random_forest", dataset, folds=3, n_estimators=20)
    training = model.training_scores(dataset)
    learned = np.mean(training.value[training.is_signal][:500, None] > training.value[~training.is_signal][None, :500])
    assert learned > 0.95
    assert abs(auc(dataset, model.score(dataset)) - 0.5) < 4 * 1 / np.sqrt(12 * 2500) * 1.4


def test_workers_change_nothing(dataset):
    specs = [
        ModelSpec(name="trees", use="hist_gradient_boosting", inputs=("a", "b"), parameters={"max_iter": 10}),
        ModelSpec(name="net", use="network", inputs=("a",), parameters={"hidden": [4], "epochs": 2}),
    ]
    with Workers(2) as workers:
        together = {m.name: m.score(dataset).raw for m in cross_fit_all(specs, dataset, folds=3, workers=workers)}
    for spec in specs:
        (alone,) = cross_fit_all([spec], dataset, folds=3)
        np.testing.assert_array_equal(alone.score(dataset).raw, together[spec.name])


def test_the_common_scale_means_the_same_in_every_fold(dataset, model):
    """A cut at x keeps 1 - x of the background in each fold, within the error of its validation part."""
    scores = model.score(dataset)
    for j in range(4):
        chosen = dataset.background & (scores.fold == j)
        weight = dataset.weight[chosen]
        for cut in (0.5, 0.8):
            kept = weight[scores.value[chosen] > cut].sum() / weight.sum()
            error = np.sqrt(cut * (1 - cut) * (1 / chosen.sum() + 1 / (0.15 * dataset.background.sum())))
            assert abs(kept - (1 - cut)) < 4 * error


def test_data_and_simulation_pass_a_cut_alike(make_dataset):
    """HONESTY: data scored by fold averages, simulation out of fold, biased the background by 13 %."""
    dataset = make_dataset(4000)
    model = cross_fit("hist_gradient_boosting", dataset, folds=4, max_iter=30)
    fresh = make_dataset(4000, seed=99)
    fresh = dataclasses.replace(fresh, id=fresh.id + np.uint64(1))
    cut = 0.9
    expected, seen = (np.mean(model.score(d).value[d.background] > cut) for d in (dataset, fresh))
    assert abs(expected - seen) < 4 * np.sqrt(2 * 0.1 * 0.9 / 4000)


def test_training_weights_balance_the_classes(make_dataset):
    dataset = make_dataset(500, negative=0.2)
    classes = dataset.where(~dataset.data)
    weight = training_weight(classes.weight, classes.signal)
    assert (weight >= 0).all()
    assert weight[classes.signal].sum() == pytest.approx(weight[~classes.signal].sum())
    assert weight.mean() == pytest.approx(1)
    np.testing.assert_allclose(
        weight[classes.signal] / weight[classes.signal][0],
        np.abs(classes.weight[classes.signal] / classes.weight[classes.signal][0]),
    )


def test_physics_weights_are_untouched(dataset, model):
    before = dataset.weight.copy()
    model.score(dataset)
    np.testing.assert_array_equal(dataset.weight, before)


def test_a_model_comes_back_from_disk(dataset, model, tmp_path):
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.score(dataset).value, model.score(dataset).value)
    assert again.spec == model.spec
    with pytest.raises(LeakError):
        dataclasses.replace(again, seed=8).score(dataset)
    (tmp_path / "fold_1.skops").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"fold_1\.skops: not a readable model"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"folds": 1}, "at least 2 folds"),
        ({"inputs": ["aa"]}, "no input 'aa'"),
        ({"signal": ["sgnal"]}, "did you mean signal"),
        ({"signal": ["background"]}, "both signal and background"),
        ({"max_iters": 3}, "max_iter"),
    ],
)
def test_mistakes_are_named(dataset, options, says):
    with pytest.raises((FivesigmaError, TypeError), match=says):
        cross_fit("hist_gradient_boosting", dataset, **options)


def test_a_fold_without_signal_is_named(make_dataset):
    dataset = make_dataset(200)
    few = dataset.where(~dataset.signal | (np.cumsum(dataset.signal) <= 3))
    with pytest.raises(DataError, match="no signal events to"):
        cross_fit("hist_gradient_boosting", few, folds=3)


def test_a_class_of_negative_weight_is_named(dataset):
    negative = dataclasses.replace(dataset, weight=np.where(dataset.background, -dataset.weight, dataset.weight))
    with pytest.raises(DataError, match="background weights to train on sum to -"):
        cross_fit("hist_gradient_boosting", negative)


def test_two_models_of_one_name_are_refused(dataset):
    specs = [ModelSpec(name="m", use="hist_gradient_boosting", inputs=(name,), parameters={}) for name in "ab"]
    with pytest.raises(FivesigmaError, match="two models are called 'm'"):
        list(cross_fit_all(specs, dataset))


@pytest.mark.parametrize("options", [{}, {"parametrised": ["mass"]}])
def test_nothing_of_a_fold_reaches_its_estimator(make_dataset, options):
    """Not its inputs, and not its weights through the totals that points of a grid are balanced by."""
    dataset = make_dataset(900)
    infos = [dataclasses.replace(info, parameters={"mass": 1.0}) for info in dataset.samples[:1]]
    other = dataclasses.replace(infos[0], name="other", parameters={"mass": 2.0})
    sample = np.where(dataset.signal & (np.arange(len(dataset)) % 2 == 0), 3, dataset.sample).astype(np.int16)
    dataset = dataclasses.replace(dataset, sample=sample, samples=(*infos, *dataset.samples[1:], other))
    mine = fold_of(dataset.id, seed=42, folds=3) == 0
    changed = dataclasses.replace(
        dataset,
        X=np.where(mine[:, None], np.float32(1e3), dataset.X),
        weight=np.where(mine & dataset.of("other"), 5 * dataset.weight, dataset.weight),
    )
    models = [
        cross_fit("random_forest", one, folds=3, equal=[["signal", "other"]], n_estimators=5, **options)
        for one in (dataset, changed)
    ]
    X = dataset.X if not options else np.concatenate([dataset.X, np.ones((len(dataset), 1), np.float32)], axis=1)
    scores = [[fit.score(X) for fit in model.fits] for model in models]
    np.testing.assert_array_equal(scores[0][0], scores[1][0])
    assert not np.array_equal(scores[0][1], scores[1][1])
