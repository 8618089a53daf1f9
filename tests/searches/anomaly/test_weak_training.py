"""Training on a window against its sidebands: who trains, what weighs what, and that nobody is scored by what saw it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.roc import auc
from fivesigma.learning.adapters.trees import HistGradientBoosting
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.weak_training import (
    MemberScores,
    TrainingTask,
    learns_window,
    mean_scores,
    train_members,
    training_jobs,
)
from fivesigma.searches.anomaly.windows import mass_windows

NEIGHBOUR = {"use": "KNeighborsClassifier", "parameters": {"n_neighbors": 1}, "members": 1, "folds": 4}


def one_window():
    return mass_windows([3000.0], width=600, sideband=400)[0]


def shared_of(mass, X, folds, seed=1):
    return {"mass": mass, "X": X, "fold": np.random.default_rng(seed).integers(0, folds, len(mass)).astype(np.int8)}


class Recorder:
    """Keep what trees were trained on."""

    def __init__(self, monkeypatch):
        self.parts = []
        fit = HistGradientBoosting.fit

        def recording(estimator, train, validation, *, seed):
            self.parts.append((train, validation, seed))
            fit(estimator, train, validation, seed=seed)

        monkeypatch.setattr(HistGradientBoosting, "fit", recording)


def test_nobody_trains_or_validates_what_it_scores(dijets, quick, monkeypatch):
    mass, X, _ = dijets(2000)
    X = np.column_stack([X, np.arange(len(X))]).astype(np.float32)  # who an event is
    shared, options = shared_of(mass, X, 4), quick(folds=4, members=3)
    seen = Recorder(monkeypatch)
    jobs = [job for task in training_jobs(options) for job in task]
    for job in jobs:
        train_members(TrainingTask(window=one_window(), jobs=(job,), options=options), shared)
    for (fold, _), (train, validation, _) in zip(jobs, seen.parts, strict=True):
        trained, validated = (set(part.X[:, 2].astype(int)) for part in (train, validation))
        assert not trained & validated
        assert not (trained | validated) & set(np.flatnonzero(shared["fold"] == fold))
    assert len({seed for *_, seed in seen.parts}) == len(jobs)
    validating = {fold: set() for fold in range(4)}
    for (fold, _), (_, validation, _) in zip(jobs, seen.parts, strict=True):
        validating[fold] |= set(shared["fold"][validation.X[:, 2].astype(int)])
    assert all(validating[fold] == set(range(4)) - {fold} for fold in range(4))  # each of the others in turn


@settings(max_examples=15, deadline=None)
@given(st.integers(20, 400), st.integers(20, 400), st.integers(20, 400))
def test_window_and_sidebands_have_equal_say_and_so_have_the_sidebands(inside, below, above):
    random = np.random.default_rng(1)
    mass = np.concatenate(
        [
            random.uniform(2700, 3300, inside),
            random.uniform(2300, 2700, below),
            random.uniform(3300, 3700, above),
            random.uniform(4000, 5000, 50),
        ]
    )
    shared = shared_of(mass, random.normal(size=(len(mass), 2)).astype(np.float32), 3)
    shared["fold"] = (np.arange(len(mass)) % 3).astype(np.int8)
    parts = []

    class Remembering(HistGradientBoosting):
        def fit(self, train, validation, *, seed):
            parts.append((train, validation))
            super().fit(train, validation, seed=seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fivesigma.learning.adapters.trees.HistGradientBoosting", Remembering)
        options = ScanOptions(
            range=(2000.0, 6000.0), folds=3, members=1, parameters={"max_iter": 1, "min_samples_leaf": 1}
        )
        train_members(TrainingTask(window=one_window(), jobs=((0, 0),), options=options), shared)
    for fold, part in zip((2, 1), parts[0], strict=True):
        mine = mass[(shared["fold"] == fold) & (mass < 3700)]
        weight = part.weight
        assert len(mine) == len(weight)
        assert weight.mean() == pytest.approx(1)
        sums = [weight[mask].sum() for mask in (np.abs(mine - 3000) < 300, mine < 2700, mine >= 3300)]
        assert sums == pytest.approx([weight.sum() / 2, weight.sum() / 4, weight.sum() / 4])
        assert np.array_equal(part.is_signal, (mine >= 2700) & (mine < 3300))


def test_what_is_learnt_by_heart_says_nothing_of_other_events(dijets, quick):
    """One nearest neighbour knows its training events perfectly; on noise its out-of-fold scores know nothing."""
    mass, X, _ = dijets(6000)
    options = quick(**NEIGHBOUR)
    shared = shared_of(mass, X, 4)
    members = [
        member
        for jobs in training_jobs(options)
        for member in train_members(TrainingTask(window=one_window(), jobs=jobs, options=options), shared)
    ]
    score, _ = mean_scores(members, shared["fold"])
    window = one_window()
    used = window.inside(mass) | window.below(mass) | window.above(mass)
    assert abs(auc(score[used], window.inside(mass)[used]) - 0.5) < 0.03


def test_a_leak_would_be_caught(dijets, quick):
    """Planted: the folds that are scored are not those that were left out."""
    mass, X, _ = dijets(6000)
    options, window = quick(**NEIGHBOUR), one_window()
    shared = shared_of(mass, X, 4)
    twice = {name: np.concatenate([array, array]) for name, array in shared.items()}
    twice["fold"] = np.concatenate([shared["fold"], (shared["fold"] + 2) % 4]).astype(
        np.int8
    )  # each event in two folds
    members = [
        member
        for jobs in training_jobs(options)
        for member in train_members(TrainingTask(window=window, jobs=jobs, options=options), twice)
    ]
    score, _ = mean_scores(members, twice["fold"])
    used = window.inside(twice["mass"]) | window.below(twice["mass"]) | window.above(twice["mass"])
    assert auc(score[used], window.inside(twice["mass"])[used]) > 0.6


def test_scores_are_means_over_members_in_their_order():
    fold = np.array([0, 1, 0], dtype=np.int8)
    members = [
        MemberScores(fold=0, number=1, score=np.array([3.0, 5.0], np.float32), loss=0.2),
        MemberScores(fold=1, number=0, score=np.array([7.0], np.float32), loss=None),
        MemberScores(fold=0, number=0, score=np.array([1.0, 1.0], np.float32), loss=0.4),
    ]
    score, loss = mean_scores(members, fold)
    assert score.tolist() == [2, 7, 3]
    assert loss == pytest.approx(0.3)
    again, _ = mean_scores(members[::-1], fold)
    assert np.array_equal(score, again)


def test_an_autoencoder_learns_all_events_and_no_window(quick):
    assert not learns_window(quick(use="autoencoder", parameters={}))
    assert learns_window(quick())


def test_networks_are_trained_in_stacks(quick):
    options = quick(use="network", parameters={"hidden": [8]}, members=4)
    tasks = training_jobs(options)
    assert sorted(job for task in tasks for job in task) == [(fold, number) for fold in range(3) for number in range(4)]
    assert len(tasks) < 12


def test_a_part_without_events_is_told_with_its_window_and_fold(quick):
    mass = np.linspace(2700, 3299, 300)  # the sidebands are empty
    shared = shared_of(mass, np.zeros((300, 1), np.float32), 3)
    with pytest.raises(FivesigmaError, match=r"window at 3000 GeV, fold 0: .*no events in a part to train on"):
        train_members(TrainingTask(window=one_window(), jobs=((0, 0),), options=quick()), shared)
