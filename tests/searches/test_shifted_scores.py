import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.core.scores import Scores
from fivesigma.searches.shifted_scores import shifted_scores
from fivesigma.searches.varied_scores import VariedScores

SAMPLES = (
    SampleInfo(name="sig", kind="signal"),
    SampleInfo(name="bkg", kind="background"),
    SampleInfo(name="other", kind="background"),
    SampleInfo(name="data", kind="data"),
)


def events(seed=0, shift=0.0, n=4000):
    generator = np.random.default_rng(seed)
    sample = np.arange(n, dtype=np.int16) % 4
    score = np.clip(generator.random(n) + shift * generator.random(n), 0, 1)
    dataset = Dataset(
        X=score[:, None].astype(np.float32),
        inputs=("x",),
        observables={},
        weight=generator.uniform(0.5, 1.5, n),
        id=np.arange(n, dtype=np.uint64),
        sample=sample,
        samples=SAMPLES,
    )
    return dataset, Scores(model="trees", raw=score, value=score, fold=(np.arange(n) % 8 // 4).astype(np.int8), folds=2)


def varied(label, shift):
    dataset, scores = events(shift=shift)
    return VariedScores(variation=Variation("scale", label), dataset=dataset, scores=scores)


def test_histograms_are_those_of_the_events():
    up, down = varied("up", 0.1), varied("down", -0.1)
    result = shifted_scores(*events(), systematic="scale", varied=[down, up], bins=10)
    assert (result.model, result.systematic) == ("trees", "scale")
    for found, kind in zip(result.classes, ("signal", "background"), strict=True):
        assert found.name == kind
        assert [shift.label for shift in found.shifts] == ["up", "down"]
        dataset, scores = events()
        mine = dataset.of_kind(kind)
        expected, _ = np.histogram(scores.value[mine], result.edges, weights=dataset.weight[mine])
        assert found.nominal == pytest.approx(expected)
        squares, _ = np.histogram(scores.value[mine], result.edges, weights=dataset.weight[mine] ** 2)
        assert found.error == pytest.approx(np.sqrt(squares))
        for shift, one in zip(found.shifts, (up, down), strict=True):
            mine = one.dataset.of_kind(kind)
            expected, _ = np.histogram(one.scores.value[mine], result.edges, weights=one.dataset.weight[mine])
            assert shift.total == pytest.approx(expected)


def test_the_error_of_the_difference_is_that_of_many_simulations():
    """Bootstrap: both histograms of the same events, drawn again as one."""
    nominal, up = events(), varied("up", 0.1)
    result = shifted_scores(*nominal, systematic="scale", varied=[up], bins=6)
    background = nominal[0].background
    places = [
        np.clip(np.searchsorted(result.edges, scores.value, side="right") - 1, 0, 5)
        for scores in (nominal[1], up.scores)
    ]
    generator = np.random.default_rng(1)
    differences = []
    for _ in range(400):
        weight = nominal[0].weight * background * generator.poisson(1, len(background))
        before, after = (np.bincount(place, weight, minlength=6) for place in places)
        differences.append(after - before)
    shift = result.classes[1].shifts[0]
    assert shift.difference_error == pytest.approx(np.std(differences, axis=0), rel=0.15)
    assert shift.difference_error[0] < 0.25 * np.hypot(result.classes[1].error[0], result.classes[1].error[0])


def test_events_that_come_and_go_count_in_full():
    dataset, scores = events()
    few = np.arange(len(dataset)) % 5 != 0
    up = VariedScores(variation=Variation("scale", "up"), dataset=dataset.where(few), scores=scores.where(few))
    for nominal_mask, other in ((None, up), (few, dataclasses.replace(up, dataset=dataset, scores=scores))):
        result = shifted_scores(dataset, scores, nominal_mask, systematic="scale", varied=[other], bins=4)
        gone = ~few & dataset.signal
        lost, _ = np.histogram(scores.value[gone], result.edges, weights=dataset.weight[gone])
        squares, _ = np.histogram(scores.value[gone], result.edges, weights=dataset.weight[gone] ** 2)
        (shift,) = result.classes[0].shifts
        assert np.abs(shift.total - result.classes[0].nominal) == pytest.approx(lost)
        assert shift.difference_error == pytest.approx(np.sqrt(squares))


def test_weights_alone():
    dataset, scores = events()
    dataset = dataclasses.replace(
        dataset, weights={Variation("pileup", label): f * dataset.weight for label, f in (("up", 1.1), ("other", 0.8))}
    )
    result = shifted_scores(dataset, scores, systematic="pileup", bins=5)
    up, other = result.classes[1].shifts
    assert (up.label, other.label) == ("up", "other")
    assert up.total == pytest.approx(1.1 * result.classes[1].nominal)
    assert up.difference_error == pytest.approx(0.1 * result.classes[1].error)
    assert other.difference_error == pytest.approx(0.2 * result.classes[1].error)


def test_samples_that_are_not_varied_stay():
    dataset, scores = events()
    moved = varied("up", 0.2)
    only = VariedScores(
        variation=moved.variation,
        dataset=moved.dataset.where(moved.dataset.of("other")).without("sig", "bkg", "data"),
        scores=moved.scores.where(moved.dataset.of("other")),
    )
    signal, background = shifted_scores(dataset, scores, systematic="scale", varied=[only], bins=5).classes
    assert signal.shifts[0].total == pytest.approx(signal.nominal, rel=1e-12)
    assert not signal.shifts[0].difference_error.any()
    assert background.shifts[0].total.sum() == pytest.approx(background.nominal.sum())
    assert background.shifts[0].difference_error.any()


def test_a_systematic_without_variations_is_an_error():
    with pytest.raises(FivesigmaError, match="no variation of a systematic 'scal'; did you mean scale"):
        shifted_scores(*events(), systematic="scal", varied=[varied("up", 0.1)])
