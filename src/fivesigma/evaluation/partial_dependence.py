"""How a classifier's score depends on one input: its mean when all events have the same value of it.

Friedman, "Greedy function approximation", Annals of Statistics 29 (2001) 1189, section 8.2: the mean goes over the other inputs as
the events have them. Where the input is correlated with others, the mean holds events that do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import class_totals, label
from fivesigma.evaluation.dependence_grid import dependence_grid
from fivesigma.evaluation.drawing import drawn_evenly
from fivesigma.evaluation.histograms import binning
from fivesigma.evaluation.importance import ScoreOf, require_score_of
from fivesigma.evaluation.methods import RETRAINING_LEFT_OUT
from fivesigma.statistics.differences import normal_interval

__all__ = ["PartialDependence", "partial_dependence"]

_METHOD = f"propagated from {{}} events of {{}}, normal; {RETRAINING_LEFT_OUT}"
_Folds = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDependence:
    """The mean score of a model when one input has the same value in all events, both classes given the same total weight.

    Attributes
    ----------
    model, feature
        Names of the model and the input.
    grid
        The values that the input is set to, shape (m,).
    value, low, high
        The mean score on the common scale, and the ends of its 68 % interval, each of shape (m,).
    by_fold
        That of each fold's estimator on its own events, shape (folds with events, m): how much the curve owes to the training.
    missing
        The mean score when the input is missing in all events; None if it is never missing.
    edges
        Of the histograms, shape (b + 1,).
    signal, background
        The fraction of either class in each bin, of all its events, shape (b,): where there are events at all.
    events, all_events
        How many events the mean goes over, and of how many.
    method
        What the intervals hold.
    """

    model: str
    feature: str
    grid: Floats
    value: Floats
    low: Floats
    high: Floats
    by_fold: Floats
    missing: Estimate | None
    edges: Floats
    signal: Floats
    background: Floats
    events: int
    all_events: int
    method: str


def partial_dependence(
    dataset: Dataset,
    score_of: ScoreOf,
    feature: str,
    *,
    grid: int | Sequence[float] = 20,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    events: int = 1000,
    bins: int = 30,
    seed: int = 0,
) -> PartialDependence:
    """Return how the score depends on one input.

    Parameters
    ----------
    dataset
        The events.
    score_of
        Scores events of this dataset whose inputs were replaced: ``model.score`` of a fitted model.
    feature
        The input's name.
    grid
        The values it is set to, or how many at most: from the first to the last hundredth of both classes together, whatever their
        yields, half of them quantiles and half evenly apart, all of them values that events have.
    signal, background
        Names of samples; all of that kind if None.
    events
        The mean goes over at most so many, see `fivesigma.evaluation.drawing.drawn_evenly`.
    bins
        Of the histograms.
    seed
        Of the draw.

    Raises
    ------
    FivesigmaError
        If there is no such input or sample, no value to set it to, or ``score_of`` is no function.
    DataError
        If a class has no events, its weights do not sum to something positive, or the input is missing in every event.

    Notes
    -----
    Weights of either sign count as they are in the mean, and by their size in the grid.
    """
    require_score_of(score_of)
    (column,) = dataset.positions([feature])
    chosen = label(dataset, signal=signal, background=background)
    values = dataset.X[chosen.chosen, column].astype(np.float64)
    there = ~np.isnan(values)
    if not there.any():
        raise DataError(f"{feature!r} is missing in every event, so no score can depend on it")
    places = dependence_grid(values[there], chosen.is_signal[there], chosen.weight[there], grid)
    drawn, is_signal = drawn_evenly(dataset, events=events, signal=signal, background=background, seed=seed)
    asked = places if there.all() else np.append(places, np.nan)
    scores = score_of(_repeated(drawn, column, asked.astype(np.float32)))
    table = scores.value.reshape(len(asked), len(drawn)).T
    share = _share(is_signal, drawn.weight)
    mean = share @ table
    variance = _variance(table, is_signal, share)
    error = np.sqrt(variance)
    edges = binning(values[there], bins)
    method = _METHOD.format(len(drawn), len(values))
    count = len(places)
    return PartialDependence(
        model=scores.model,
        feature=feature,
        grid=places,
        value=mean[:count],
        low=(mean - error)[:count],
        high=(mean + error)[:count],
        by_fold=_by_fold(table[:, :count], is_signal, drawn.weight, scores),
        missing=None if count == len(asked) else normal_interval(float(mean[-1]), float(variance[-1]), method=method),
        edges=edges,
        signal=_fractions(values, chosen.is_signal, chosen.weight, edges),
        background=_fractions(values, ~chosen.is_signal, chosen.weight, edges),
        events=len(drawn),
        all_events=len(values),
        method=method,
    )


def _repeated(drawn: Dataset, column: int, places: Matrix) -> Dataset:
    """Return the events once for each place, shape (m n,), the events of the first place first."""
    times = len(places)
    X = np.tile(drawn.X, (times, 1))
    X[:, column] = np.repeat(places, len(drawn))
    return replace(
        drawn,
        X=X,
        observables={name: np.tile(values, times) for name, values in drawn.observables.items()},
        weight=np.tile(drawn.weight, times),
        id=np.tile(drawn.id, times),
        sample=np.tile(drawn.sample, times),
        weights={},
    )


def _share(is_signal: Bools, weight: Floats) -> Floats:
    """Return weights, shape (n,), that sum to one half in either class."""
    return weight / (2 * class_totals(is_signal, weight))


def _variance(table: Floats, is_signal: Bools, share: Floats) -> Floats:
    """Return the variance of the mean of columns, shape (n, m): each class's own, for their sums of weights are held equal."""
    apart = table.copy()
    for mask in (is_signal, ~is_signal):
        apart[mask] -= 2 * share[mask] @ table[mask]
    variance: Floats = np.square(share) @ np.square(apart)
    return variance


def _by_fold(table: Floats, is_signal: Bools, weight: Floats, scores: Scores) -> Floats:
    """Return the mean of each fold's events in which both classes have a positive sum of weights, shape (folds, m)."""
    fold = scores.fold[: len(table)]
    means = []
    for number in range(scores.folds):
        mine = fold == number
        if all(weight[mine & mask].sum() > 0 for mask in (is_signal, ~is_signal)):
            means.append(_share(is_signal[mine], weight[mine]) @ table[mine])
    return np.stack(means) if means else np.empty((0, table.shape[1]))


def _fractions(values: Floats, mask: Bools, weight: Floats, edges: Floats) -> Floats:
    total, _ = np.histogram(values[mask], edges, weights=weight[mask])
    fractions: Floats = total / weight[mask].sum()
    return fractions
