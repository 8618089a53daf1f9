"""Bins chosen on other folds: what they promise can be had, and nothing of a fold decides its own edges."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.inference.filling import templates
from fivesigma.inference.fold_cells import BinRule, FoldEvents, best_on
from fivesigma.inference.honest_bins import HonestBins, honest_bins
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.statistics.significance import asimov_significance

FOLDS = 3
PLAIN = {
    "name": "score",
    "label": "",
    "choices": (1,) * FOLDS,
    "z": Estimate(value=1.0, low=0.9, high=1.1, method="made up"),
    "naive_edges": np.array([0.0, 1.0]),
    "naive_z": 1.0,
    "floor": 10.0,
    "background_uncertainty": 0.0,
}


def events(seed=0, signal=1500, background=4000, power=6.0, data=50):
    """Return events with scores on the common scale: background is even, signal crowds towards one as ``power`` grows."""
    generator = np.random.default_rng(seed)
    sample = np.repeat(np.arange(3, dtype=np.int16), [signal, background, data])
    score = generator.random(len(sample))
    score[:signal] **= 1 / power
    weight = generator.uniform(0.5, 1.5, len(sample))
    for number, total in enumerate((40.0, 800.0)):
        weight[sample == number] *= total / weight[sample == number].sum()
    weight[sample == 2] = 1
    kinds = ("signal", "background", "data")
    dataset = Dataset(
        X=generator.normal(size=(len(sample), 4)).astype(np.float32),
        inputs=("a", "b", "c", "d"),
        observables={"mass": 100 + 50 * score},
        weight=weight,
        id=np.arange(len(sample), dtype=np.uint64),
        sample=sample,
        samples=tuple(SampleInfo(name=kind, kind=kind) for kind in kinds),
    )
    fold = generator.integers(0, FOLDS, len(sample)).astype(np.int8)
    return dataset, Scores(model="net", raw=score, value=score, fold=fold, folds=FOLDS)


def one_bin(dataset: Dataset) -> float:
    """Return the expected significance of one bin that holds everything."""
    background = dataset.weight[dataset.background]
    error = np.sqrt(np.square(background).sum())
    return float(asimov_significance(dataset.weight[dataset.signal].sum(), background.sum(), error))


@given(
    seed=st.integers(0, 1000), floor=st.floats(5, 300), power=st.floats(1, 10), uncertainty=st.sampled_from([0.0, 0.2])
)
@settings(max_examples=12, deadline=None)
def test_every_bin_holds_the_floor_where_it_was_chosen_and_edges_rise(seed, floor, power, uncertainty):
    dataset, scores = events(seed, signal=300, background=1500, power=power)
    chosen = honest_bins(dataset, scores, bins=6, floor=floor, background_uncertainty=uncertainty)
    assert np.all(np.diff(chosen.edges, axis=1) > 0)
    assert np.all(np.diff(chosen.median_edges) > 0)
    assert chosen.edges[:, [0, -1]].tolist() == [[0.0, 1.0]] * FOLDS
    for fold, own in enumerate(chosen.edges):
        others = dataset.background & (scores.fold != fold)
        weight, _ = np.histogram(scores.value[others], own, weights=dataset.weight[others])
        squares, _ = np.histogram(scores.value[others], own, weights=dataset.weight[others] ** 2)
        assert np.all(weight**2 >= floor * squares * (1 - 1e-6))


@given(seed=st.integers(0, 1000))
@settings(max_examples=8, deadline=None)
def test_the_order_of_events_does_not_matter(seed):
    dataset, scores = events()
    order = np.random.default_rng(seed).permutation(len(dataset))
    one, other = honest_bins(dataset, scores), honest_bins(dataset.where(order), scores.where(order))
    assert other.edges.tolist() == one.edges.tolist()
    assert other.z.value == pytest.approx(one.z.value, rel=1e-12)


@pytest.mark.parametrize("fold", range(FOLDS))
def test_where_a_folds_edges_lie_does_not_depend_on_its_events(fold):
    dataset, scores = events(1)
    chosen = honest_bins(dataset, scores, bins=4, gain=0)  # how many bins there are is what all folds choose together
    mine = scores.fold == fold
    value = np.where(mine & dataset.signal, scores.value**1.1, scores.value)
    weight = np.where(mine, dataset.weight * 1.05, dataset.weight)
    other = honest_bins(
        dataclasses.replace(dataset, weight=weight), dataclasses.replace(scores, value=value), bins=4, gain=0
    )
    assert other.edges.shape == chosen.edges.shape
    assert other.edges[fold].tolist() == chosen.edges[fold].tolist()
    assert other.edges.tolist() != chosen.edges.tolist()


def test_data_have_no_part_in_it():
    dataset, scores = events(2)
    value = np.where(dataset.data, 0.99, scores.value)
    one, other = honest_bins(dataset, scores), honest_bins(dataset, dataclasses.replace(scores, value=value))
    without = honest_bins(dataset.where(~dataset.data), scores.where(~dataset.data))
    assert one.edges.tolist() == other.edges.tolist() == without.edges.tolist()
    assert one.z == other.z == without.z


@given(seed=st.integers(0, 10_000), bins=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_aligned_values_lie_in_the_bin_of_their_own_fold(seed, bins):
    generator = np.random.default_rng(seed)
    inner = np.sort(generator.random((FOLDS, bins - 1)) ** generator.uniform(0.01, 3), axis=1)
    edges = np.concatenate([np.zeros((FOLDS, 1)), inner, np.ones((FOLDS, 1))], axis=1)
    chosen = HonestBins(edges=edges, **PLAIN)
    value = np.concatenate(
        [generator.uniform(-0.5, 1.5, 20), *(np.nextafter(edges.ravel(), to) for to in (-1, 2)), edges.ravel()]
    )
    fold = generator.integers(0, FOLDS, len(value))
    aligned = chosen.aligned(value, fold)
    assert chosen.binning.index(aligned).tolist() == chosen.index(value, fold).tolist()
    for number in range(FOLDS):
        mine = np.sort(value[fold == number])
        assert np.all(np.diff(chosen.aligned(mine, np.full(len(mine), number))) >= 0)
    outside = (value < 0) | (value > 1)
    assert aligned[outside].tolist() == value[outside].tolist()


def test_the_other_folds_stand_for_all_of_them():
    dataset, scores = events(11, signal=300, background=500)
    chosen = honest_bins(dataset, scores, bins=6, gain=0, background_uncertainty=0.1)
    rule = BinRule(bins=6, floor=10.0, background_uncertainty=0.1)
    unscaled = []
    for fold, own in enumerate(chosen.edges):
        part = FoldEvents.of(dataset, scores, None, ~dataset.data & (scores.fold != fold), "score")
        scaled, bare = (best_on(part, rule, (0.0, 1.0), scale) for scale in (1.5, 1.0))
        assert scaled.edges(scaled.mergings[5]).tolist() == own.tolist()
        unscaled.append(bare.edges(bare.mergings[5]).tolist())
    assert unscaled != chosen.edges.tolist()


def test_templates_of_aligned_scores_hold_each_fold_in_its_own_bins():
    dataset, scores = events(3)
    chosen = honest_bins(dataset, scores, floor=20)
    filled = templates(dataset, chosen.aligned(scores), bins=chosen.binning, floor=0)
    index = chosen.index(scores.value, scores.fold)
    for template in filled.channels[0].templates:
        mine = dataset.of(template.sample.name)
        expected = np.bincount(index[mine], dataset.weight[mine], minlength=chosen.binning.count)
        assert template.values == pytest.approx(expected, rel=1e-12)
    z = chosen.z
    assert z.low < z.value < z.high
    assert z.value > 1.2 * one_bin(dataset)


def test_a_region_without_signal_is_one_bin():
    dataset, scores = events(4)
    chosen = honest_bins(dataset, scores, ~dataset.signal)
    assert chosen.binning.count == 1
    assert chosen.z.value == 0


def test_an_observable_is_binned_with_the_folds_given():
    dataset, scores = events(5)
    mass = dataset.observables["mass"]
    chosen = honest_bins(dataset, mass, fold=scores.fold, name="mass", label="m [GeV]")
    assert 100 <= chosen.median_edges[0] < chosen.median_edges[-1] <= 150
    assert chosen.binning.title == "m [GeV]"
    with pytest.raises(FivesigmaError, match="give the fold of each event"):
        honest_bins(dataset, mass, name="mass")
    with pytest.raises(FivesigmaError, match="need the fold"):
        chosen.aligned(mass)


def test_what_no_bins_can_be_chosen_from_is_refused():
    dataset, scores = events(6)
    with pytest.raises(FivesigmaError, match="two folds or more, not 1"):
        honest_bins(dataset, dataclasses.replace(scores, fold=np.zeros_like(scores.fold), folds=1))
    with pytest.raises(FivesigmaError, match="below the 100000"):
        honest_bins(dataset, scores, floor=1e5)
    for values in (scores, dataset.observables["mass"]):
        with pytest.raises(FivesigmaError, match="is worth 0 events"):
            honest_bins(dataset, values, dataset.data, fold=scores.fold, floor=0)
    broken = scores.value.copy()
    broken[0] = np.nan
    with pytest.raises(DataError, match="not finite in 1 simulated"):
        honest_bins(dataset, dataclasses.replace(scores, value=broken))


def test_on_pure_noise_the_naive_choice_flatters_and_the_honest_one_does_not():
    honest, naive, fixed = [], [], []
    for seed in range(25):
        dataset, scores = events(seed, signal=100, background=1000, power=1.0)
        chosen = honest_bins(dataset, scores, bins=8)
        honest.append(chosen.z.value / one_bin(dataset))
        naive.append(chosen.naive_z / one_bin(dataset))
        # even bins, as many: their Z is off by what squares of few simulated events always are
        index = np.minimum((scores.value * chosen.binning.count).astype(int), chosen.binning.count - 1)
        s, b, v = (
            np.bincount(index[mask], dataset.weight[mask] ** power, minlength=chosen.binning.count)
            for mask, power in ((dataset.signal, 1), (dataset.background, 1), (dataset.background, 2))
        )
        fixed.append(np.sqrt(np.sum(asimov_significance(s, b, np.sqrt(v)) ** 2)) / one_bin(dataset))
    assert np.mean(naive) > 1.08
    assert np.mean(honest) < np.mean(fixed) + 3 * np.std(np.subtract(honest, fixed)) / 5


def test_what_other_folds_estimators_learnt_from_a_fold_is_too_little_to_flatter():
    ratios = []
    for seed in range(2):
        dataset, _ = events(seed, signal=1200, background=2400)
        model = cross_fit("hist_gradient_boosting", dataset, signal=["signal"], folds=FOLDS, seed=seed)
        ratios.append(honest_bins(dataset, model.score(dataset)).z.value / one_bin(dataset))
    assert np.mean(ratios) < 1.01
