"""Tuning: parameters sought by Optuna inside a fold, on its own training and validation events.

The events that the fold's estimator will be judged on are not there, so that the quoted score never saw the choice (nested
cross-validation: Varma and Simon, BMC Bioinformatics 7, 91 (2006)). What a trial is worth is the weighted AUC on the validation
events: it asks of a score nothing but its order, as figures and cuts do, whereas a likelihood needs a probability, which margins,
votes and distances are not.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, MissingExtraError, first_line
from fivesigma.core.identity import derive_seed, digest
from fivesigma.core.version import __version__
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import Job, ModelSpec, Part, Range, Tuning
from fivesigma.learning.losses import require_finite
from fivesigma.learning.ready_made import require_scores
from fivesigma.learning.trials import Trial, TrialRecord
from fivesigma.learning.tuning_ranges import chosen, every_point, in_words, is_whole, starting_point
from fivesigma.statistics.weighted import empirical_cdf

try:
    import optuna
except ImportError as error:
    raise MissingExtraError("Optuna", "tune") from error

__all__ = ["Tuned", "tune", "validation_auc"]

_STATES = {False: optuna.trial.TrialState.COMPLETE, True: optuna.trial.TrialState.FAIL}
"""By whether there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What was found.

    Attributes
    ----------
    parameters
        Those that were sought, as found.
    trials
        How many were tried.
    auc
        The best weighted AUC on the validation events: the largest of many, and so too large.
    seconds
        How long it took, in a run before this one too.
    """

    parameters: Mapping[str, Any]
    trials: int
    auc: float
    seconds: float

    @property
    def description(self) -> dict[str, Any]:
        """What the page says of it."""
        found = ", ".join(f"{name} {in_words(value)}" for name, value in self.parameters.items())
        return {"tuned": found, "trials": self.trials}


def tune(spec: ModelSpec, job: Job, *, folder: str | None = None, name: str = "trials") -> Tuned:
    """Return the parameters that are worth most of those tried, the first of several as good.

    The defaults are tried first, where they lie in the ranges; where there are no more points than trials, each is tried once.
    The same seed tries the same, whether or not some are done already.

    Parameters
    ----------
    spec
        The model, with what is sought.
    job
        The fold's prepared events to train on and to validate with, and the seed of all trials.
    folder, name
        Where trials are kept as they are done, and read if they are of the same study; nowhere if None.

    Raises
    ------
    FivesigmaError
        If nothing that was tried could be trained.
    """
    record = TrialRecord(_study_of(spec, job), None if folder is None else Path(folder) / f"{name}.json")
    with _quiet():
        trials = list(_trials(spec, job, record))
    trained = [trial for trial in trials if trial.value is not None]
    if not trained:
        raise FivesigmaError(f"tune: none of {len(trials)} trials could be trained: {trials[-1].problem}")
    best = max(trained, key=_value)
    return Tuned(
        parameters=chosen(_of(spec).ranges, best.asked),
        trials=len(trials),
        auc=_value(best),
        seconds=sum(trial.seconds for trial in trials),
    )


def _value(trial: Trial) -> float:
    return -math.inf if trial.value is None else trial.value


def _trials(spec: ModelSpec, job: Job, record: TrialRecord) -> Iterator[Trial]:
    """Yield what is tried, in turn, as long as the budget lasts; what was done before a run was killed counts as done."""
    tuning = _of(spec)
    sampler = optuna.samplers.TPESampler(seed=derive_seed(job.seed, "tuning"))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    start = starting_point(tuning.ranges, classifier(spec.use).parameters())
    points = every_point(tuning.ranges, start, most=tuning.trials)
    for point in points or [start]:
        study.enqueue_trial(point)
    spaces = {name: _space(range_) for name, range_ in tuning.ranges.items()}
    seconds, tried = 0.0, dict[Any, Trial]()
    for number in range(len(points) or tuning.trials):
        if number and tuning.minutes is not None and seconds >= 60 * tuning.minutes:
            return
        asked = study.ask(spaces)
        trial = record.done(number, asked.params)
        if trial is None:
            same = tried.get(tuple(asked.params.items()))
            trial = _tried(spec, asked.params, job) if same is None else replace(same, seconds=0.0)
            record.add(trial)
        tried[tuple(asked.params.items())] = trial
        study.tell(asked, trial.value, state=_STATES[trial.value is None])
        seconds += trial.seconds
        yield trial


def validation_auc(score: Floats, part: Part) -> float:
    """Return the weighted fraction of pairs in which the signal event has the larger score; of equal ones half.

    Raises
    ------
    DataError
        If an event has no score.
    """
    require_scores(score)
    background = ~part.is_signal
    below = empirical_cdf(score[background], part.weight[background])(score[part.is_signal])
    return float(np.average(below, weights=part.weight[part.is_signal]))


def _tried(spec: ModelSpec, asked: Mapping[str, float], job: Job) -> Trial:
    """Return a trial, done."""
    start, value, problem = time.perf_counter(), None, ""
    try:
        estimator = make_classifier(spec.use, {**spec.parameters, **chosen(_of(spec).ranges, asked)})
        estimator.fit(job.train, job.validation, seed=job.seed)
        require_finite(estimator.history())
        value = validation_auc(estimator.score(job.validation.X), job.validation)
    except (FivesigmaError, ValueError) as error:  # of parameters that do not go together, or with which it diverges
        problem = first_line(error)
    seconds = round(time.perf_counter() - start, 3)
    return Trial(asked=dict(asked), value=value, seconds=seconds, problem=problem)


def _of(spec: ModelSpec) -> Tuning:
    if spec.tune is None:
        raise ValueError(f"model {spec.name!r} has nothing to tune")
    return spec.tune


def _study_of(spec: ModelSpec, job: Job) -> str:
    """Return what stands for all that a trial depends on; more trials, or more minutes, are the same study continued."""
    state = xxhash.xxh3_128()
    for part in (job.train, job.validation):
        for array in (part.X, part.is_signal, part.weight):
            state.update(np.ascontiguousarray(array).data)
    asked = [repr(replace(spec, name="", tune=None)), repr(_of(spec).ranges), job.seed]
    return digest([*asked, state.hexdigest(), __version__, optuna.__version__])


def _space(range_: Range | tuple[Any, ...]) -> Any:
    """Return a range as Optuna has it; choices by their place, for they may be lists."""
    if isinstance(range_, tuple):
        return optuna.distributions.CategoricalDistribution(tuple(range(len(range_))))
    if is_whole(range_):
        return optuna.distributions.IntDistribution(int(range_.low), int(range_.high), log=range_.log)
    return optuna.distributions.FloatDistribution(range_.low, range_.high, log=range_.log)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from a line for every trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
