"""Cross-fitting: every event is scored by an estimator that never saw it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import derive_seed, fold_of
from fivesigma.core.parallel import Shared, Workers, iterate_map
from fivesigma.learning.classifiers import ModelSpec, Part, check_parameters, make_classifier
from fivesigma.learning.fitted_model import Fit, FittedModel, validation_part
from fivesigma.learning.ledger import Ledger, event_keys
from fivesigma.learning.scale import ScoreScale

__all__ = ["cross_fit", "cross_fit_all", "training_weight"]


def cross_fit(
    use: str,
    dataset: Dataset,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    equal: Sequence[Sequence[str]] = (),
    folds: int = 5,
    seed: int = 42,
    name: str | None = None,
    workers: Workers | None = None,
    **parameters: Any,
) -> FittedModel:
    """Train one model on k folds.

    Parameters
    ----------
    use
        Name of a classifier, see `fivesigma.learning.classifiers.available`.
    dataset
        The events; data among them are never trained on.
    signal, background
        Names of the samples of either class; those of that kind if None.
    inputs
        Names of the inputs; all if None.
    equal
        Groups of samples, such as the points of a signal grid, that have equal say within their class; a sample has as much say
        as its expected events otherwise.
    folds
        How many parts the events are split into, by their identifiers and the seed.
    seed
        The seed; the same seed gives the same numbers whatever the number of workers.
    name
        What to call the model; the classifier's name if None.
    workers
        Where to compute; in this process if None.
    parameters
        Parameters of the classifier.

    Raises
    ------
    FivesigmaError
        If there is no such classifier, sample, input or parameter.
    DataError
        If a fold lacks a class to train on or to validate with.
    """
    spec = ModelSpec(
        name=name or use, use=use, inputs=tuple(dataset.inputs if inputs is None else inputs), parameters=parameters
    )
    (model,) = cross_fit_all(
        [spec], dataset, signal=signal, background=background, equal=equal, folds=folds, seed=seed, workers=workers
    )
    return model


def cross_fit_all(
    specs: Sequence[ModelSpec],
    dataset: Dataset,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    equal: Sequence[Sequence[str]] = (),
    folds: int = 5,
    seed: int = 42,
    workers: Workers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[FittedModel]:
    """Train several models at once and yield each as its last fold is done.

    Arguments and errors as for `cross_fit`; ``progress`` is called with (done, all) estimators.
    """
    for spec in specs:
        check_parameters(spec.use, spec.parameters)
    signal = tuple(signal or dataset.names("signal"))
    background = tuple(background or dataset.names("background"))
    task = _prepare(dataset, signal, background, equal, folds=folds, seed=seed)
    items = [_Item(spec, dataset.positions(spec.inputs), j, seed) for spec in specs for j in range(folds)]
    done: dict[str, dict[int, Fit]] = {spec.name: {} for spec in specs}
    fitted = iterate_map(_fit_fold, items, shared=task.shared, workers=workers)
    for count, (index, fit) in enumerate(fitted, start=1):
        item = items[index]
        done[item.spec.name][item.fold] = fit
        if progress is not None:
            progress(count, len(items))
        if len(done[item.spec.name]) == folds:
            fits = tuple(done[item.spec.name][j] for j in range(folds))
            yield FittedModel(
                spec=item.spec, fits=fits, seed=seed, ledger=task.ledger, signal=signal, background=background
            )


def training_weight(weight: Floats, is_signal: Bools) -> Floats:
    """Return training weights, shape (n,): |w|, scaled so that both classes have equal totals and the mean is 1.

    Physics weights may be negative; classifiers that maximise a likelihood cannot use that, so their absolute value
    enters the training, and only the training.
    """
    balanced = np.abs(weight)
    for one in (is_signal, ~is_signal):
        balanced[one] *= len(weight) / 2 / balanced[one].sum()
    return balanced


@dataclass(frozen=True, slots=True)
class _Item:
    """One estimator to train: a model, the columns it sees, its fold, and the seed."""

    spec: ModelSpec
    columns: tuple[int, ...]
    fold: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    shared: Mapping[str, NDArray[Any]]
    ledger: Ledger


def _prepare(
    dataset: Dataset,
    signal: Sequence[str],
    background: Sequence[str],
    equal: Sequence[Sequence[str]],
    *,
    folds: int,
    seed: int,
) -> _Prepared:
    """Return what every task shares: the events of both classes, their folds, and who validates."""
    if folds < 2:
        raise FivesigmaError(f"cross-fitting needs at least 2 folds, not {folds}")
    if both := set(signal) & set(background):
        raise FivesigmaError(f"sample {min(both)!r} is both signal and background")
    classes = dataset.where(dataset.of(*signal, *background))
    is_signal = classes.of(*signal)
    fold = fold_of(classes.id, seed=seed, folds=folds)
    validates = validation_part(classes.id, seed=seed)
    _check_folds(is_signal, classes.weight, fold, validates, folds)
    used = np.stack([fold != j for j in range(folds)], axis=1)
    shared = {
        "X": classes.X,
        "is_signal": is_signal,
        "weight": classes.weight,
        "say": _say(classes, equal),
        "fold": fold,
        "validates": validates,
    }
    return _Prepared(shared, Ledger.of(event_keys(classes), used))


def _say(classes: Dataset, equal: Sequence[Sequence[str]]) -> Floats:
    """Return what training multiplies each event's weight by, shape (n,), so that samples of a group have equal totals of |w|."""
    say = np.ones(len(classes))
    for group in equal:
        masks = [mask for name in group if (mask := classes.of(name)).any()]
        totals = [float(np.abs(classes.weight[mask]).sum()) for mask in masks]
        for mask, total in zip(masks, totals, strict=True):
            say[mask] = sum(totals) / len(totals) / total
    return say


def _check_folds(is_signal: Bools, weight: Floats, fold: NDArray[np.int8], validates: Bools, folds: int) -> None:
    for j in range(folds):
        for kind, of_class in (("signal", is_signal), ("background", ~is_signal)):
            for part, of_part in (("to train on", ~validates), ("to validate with", validates)):
                chosen = (fold != j) & of_class & of_part
                if not chosen.any():
                    raise DataError(f"fold {j} has no {kind} events {part}; give more events or fewer folds")
                if weight[chosen].sum() <= 0:
                    raise DataError(
                        f"fold {j}: the {kind} weights {part} sum to {weight[chosen].sum():.6g}, which is not above zero"
                    )


def _fit_fold(item: _Item, shared: Shared) -> Fit:
    """Train the estimator of one fold on the other folds."""
    ours = shared["fold"] != item.fold
    X = np.ascontiguousarray(shared["X"][ours][:, item.columns])
    is_signal, weight, validates = shared["is_signal"][ours], shared["weight"][ours], shared["validates"][ours]
    counted = weight * shared["say"][ours]
    train, validation = (
        Part(X[part], is_signal[part], training_weight(counted[part], is_signal[part]))
        for part in (~validates, validates)
    )
    estimator = make_classifier(item.spec)
    start = time.perf_counter()
    estimator.fit(train, validation, seed=derive_seed(item.seed, item.spec.name, item.fold))
    seconds = time.perf_counter() - start
    scale = ScoreScale.fit(estimator.score(validation.X), ~validation.is_signal, weight[validates])
    return Fit(
        estimator=estimator,
        scale=scale,
        description={**estimator.describe(), "training events": len(train.X), "validation events": len(validation.X)},
        history=estimator.history(),
        seconds=seconds,
    )
