from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import HistGradientBoostingClassifier

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.spurious_signal import (
    SpuriousCut,
    SpuriousFit,
    SpuriousSignal,
    sculpted,
    spurious_signal,
)


def _events(n, seed, yields=(50.0, 2000.0), negative=0.0):
    """A resonance at 125 over a falling spectrum, a useful input, the mass itself, and something near to it."""
    generator = np.random.default_rng(seed)
    sample = np.repeat([0, 1], n).astype(np.int16)
    mass = np.where(sample == 0, generator.normal(125, 2, 2 * n), 100 + generator.exponential(40, 2 * n))
    useful = generator.normal(size=2 * n) + (sample == 0)
    near = mass + generator.normal(0, 4, 2 * n)
    weight = np.array(yields)[sample] / n * np.where(generator.random(2 * n) < negative, -1, 1) / (1 - 2 * negative)
    return Dataset(
        X=np.stack([useful, generator.normal(size=2 * n), mass, near], axis=1).astype(np.float32),
        inputs=("useful", "noise", "m", "near"),
        observables={"mass": mass},
        weight=weight,
        id=np.arange(2 * n).astype(np.uint64),
        sample=sample,
        samples=(SampleInfo(name="resonance", kind="signal"), SampleInfo(name="continuum", kind="background")),
    )


def _scores(dataset, raw, scale, name="trees"):
    value = np.searchsorted(np.sort(scale), raw) / len(scale)
    return Scores(model=name, raw=raw, value=value, fold=np.zeros(len(raw), dtype=np.int8), folds=1)


def _trained(dataset, inputs, seed=0, window=None):
    """Scores of small trees that have seen other events of the same kind, in a window of mass if one is given."""
    train, scale = _events(3000, seed + 1), _events(3000, seed + 2)
    if window is not None:
        mass = train.observables["mass"]
        train = train.where((mass > window[0]) & (mass < window[1]) | train.background)
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    model.fit(train.matrix(inputs), train.signal)
    raw, background = (
        model.predict_proba(part.matrix(inputs))[:, 1] for part in (dataset, scale.where(scale.background))
    )
    return _scores(dataset, raw, background)


@pytest.fixture(scope="module")
def events():
    return _events(10_000, 7)


def test_a_model_that_is_given_the_mass_sculpts(events):
    result = spurious_signal(events, _trained(events, ("useful", "m")), "mass", replicas=50)
    (finding,) = sculpted([result])
    assert (finding.code, finding.severity, finding.subject) == ("sculpted-background", "serious", "trees and mass")
    assert finding.evidence["observable"] == "mass"
    assert finding.evidence["ratio"] > 5
    assert "signal events in background alone" in finding.message


def test_a_model_of_a_mass_window_sculpts_through_an_input_that_is_near_the_mass(events):
    result = spurious_signal(events, _trained(events, ("useful", "near"), window=(121, 129)), "mass", replicas=50)
    (finding,) = sculpted([result])
    assert finding.severity == "serious"


def test_a_model_that_knows_nothing_of_the_mass_does_not_sculpt(events):
    result = spurious_signal(events, _trained(events, ("useful", "noise")), "mass", replicas=50)
    assert sculpted([result]) == ()
    assert [cut.fit is not None for cut in result.cuts] == [True] * 3


def test_yields_are_those_that_pass_and_the_ratio_grows_with_the_root_of_the_luminosity(events):
    mass = events.observables["mass"]
    raw = events.X[:, 0] + np.exp(-0.5 * ((mass - 125) / 5) ** 2)
    scores = _scores(events, raw, raw[events.background])
    first = spurious_signal(events, scores, "mass", replicas=20)
    more = spurious_signal(replace(events, weight=4 * events.weight), scores, "mass", replicas=20)
    for cut, again in zip(first.cuts, more.cuts, strict=True):
        assert_allclose(cut.background, 2000 * cut.efficiency, rtol=0.03)
        assert_allclose(again.fit.events.value, 4 * cut.fit.events.value)
        assert_allclose(again.fit.ratio.value, 2 * cut.fit.ratio.value)
        assert_allclose(cut.fit.ratio.value, cut.fit.events.value / cut.fit.error)
        assert cut.fit.events.low < cut.fit.events.value < cut.fit.events.high


def test_what_is_added_to_the_background_under_the_peak_is_found(events):
    """Background that passes is replaced by a mixture of its own shape and the signal's: the fit sees the mixture."""
    generator = np.random.default_rng(3)
    score = generator.random(len(events))
    passing = np.flatnonzero(events.background & (score >= 0.5))
    swapped = passing[generator.random(len(passing)) < 0.1]
    mass = events.observables["mass"].copy()
    mass[swapped] = generator.normal(125, 2, len(swapped))
    result = spurious_signal(
        replace(events, observables={"mass": mass}), _scores(events, score, score), "mass", efficiencies=[0.5]
    )
    (cut,) = result.cuts
    after, before = len(swapped) / len(passing), len(swapped) / events.background.sum()
    added = cut.background * (
        after - before * (1 - after) / (1 - before)
    )  # the template from before holds some of them too
    assert abs(cut.fit.events.value - added) < 3 * cut.fit.events.error
    assert cut.fit.events.value > 8 * cut.fit.events.error


def test_negative_weights_are_borne():
    events = _events(10_000, 5, negative=0.2)
    score = np.random.default_rng(5).random(len(events))
    result = spurious_signal(events, _scores(events, score, score), "mass", replicas=50)
    assert all(cut.fit is not None for cut in result.cuts)
    assert sculpted([result]) == ()


def test_with_too_few_events_there_is_no_fit_and_no_finding():
    events = _events(150, 5)
    score = np.random.default_rng(5).random(len(events))
    result = spurious_signal(events, _scores(events, score, score), "mass", efficiencies=[0.05], replicas=5)
    assert result.cuts[0].fit is None
    assert sculpted([result]) == ()
    with pytest.raises(FivesigmaError, match="no observable 'm4l'"):
        spurious_signal(events, _scores(events, score, score), "m4l")


@pytest.mark.parametrize(
    ("value", "error", "severity"),
    [(0.5, 0.1, "warning"), (-0.5, 0.1, "warning"), (0.5, 0.2, None), (0.15, 0.01, None), (1.5, 0.1, "serious")],
)
def test_a_finding_is_beyond_the_limit_and_beyond_the_error_of_the_simulation(value, error, severity):
    """One cut: 1.96 errors."""
    ratio = Estimate(value=value, low=value - error, high=value + error, method="test")
    fit = SpuriousFit(events=ratio, error=1.0, ratio=ratio)
    cut = SpuriousCut(efficiency=0.1, background=100.0, signal=5.0, fit=fit)
    found = sculpted([SpuriousSignal(model="net", observable="mass", cuts=(cut,))])
    assert [finding.severity for finding in found] == ([] if severity is None else [severity])


@pytest.mark.slow
@pytest.mark.parametrize(("n", "background"), [(3000, 5000.0), (10_000, 2000.0), (20_000, 500.0)])
def test_clean_models_raise_few_alarms_and_their_spurious_signal_is_zero_within_its_error(n, background):
    alarms, pulls = 0, []
    for seed in range(200):
        events = _events(n, seed, yields=(50.0, background))
        raw = events.X[:, 0].astype(np.float64)
        result = spurious_signal(events, _scores(events, raw, raw[events.background]), "mass", replicas=100, seed=seed)
        alarms += len(sculpted([result]))
        pulls.append([cut.fit.ratio.value / cut.fit.ratio.error for cut in result.cuts])
    assert alarms <= 18  # at most 10 ± 3, where the simulation's error is larger than the data's
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 4 / np.sqrt(200))
    assert_allclose(np.std(pulls, axis=0), 1, atol=0.2)


def test_two_templates_need_three_bins(make):
    dataset, scores = make()
    for values, fitted in ((2, False), (3, True)):
        whole = np.floor(np.random.default_rng(1).random(len(dataset)) * values)
        observed = replace(dataset, observables={"whole": whole})
        cuts = spurious_signal(observed, scores, "whole", efficiencies=[0.5], replicas=20).cuts
        assert [cut.fit is not None for cut in cuts] == [fitted]
