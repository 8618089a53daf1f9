"""How scores and inputs depend on the observables kept from the models, in background.

A score that follows an observable sculpts its background when it is cut on, and a fit of that observable then finds a bump that
no signal made. An input that is nearly the observable invites that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.statistics.bootstrap import percentile_interval, poisson_bootstrap
from fivesigma.statistics.dependence import (
    DistanceCorrelation,
    correlation_of_moments,
    distance_correlation,
    pair_moments,
    weighted_ranks,
)

__all__ = [
    "Dependence",
    "InputCorrelations",
    "ObservableCorrelations",
    "dependences_on",
    "input_correlations",
    "observable_correlations",
]

_RANKS = "the ranks held fixed"
_NUMBERS = 24_000_000
"""How many moments of events are held at once, 12 for each event and input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """How a quantity depends on an observable; each coefficient is None where one of the two does not vary.

    Attributes
    ----------
    pearson
        Linear correlation.
    spearman
        Correlation of ranks; its interval holds the ranks as they are in all events.
    distance
        Distance correlation, with what independence would give.
    """

    pearson: Estimate | None = None
    spearman: Estimate | None = None
    distance: DistanceCorrelation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservableCorrelations:
    """How a model's score depends on each observable, by its name, in background."""

    model: str
    dependences: Mapping[str, Dependence]

    @property
    def coefficients(self) -> dict[str, Estimate | None]:
        """The weighted linear correlation with each observable; None without variation."""
        return {name: dependence.pearson for name, dependence in self.dependences.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCorrelations:
    """How each input, by its name, depends on an observable, in background."""

    observable: str
    dependences: Mapping[str, Dependence]


def observable_correlations(
    dataset: Dataset,
    scores: Scores,
    *,
    background: Sequence[str] | None = None,
    replicas: int = 200,
    seed: int = 0,
) -> ObservableCorrelations:
    """Return how a model's score on the common scale depends on each observable in background.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each; those that lack an observable (NaN) do not count for it.
    background
        Names of samples; all of that kind if None.
    replicas, seed
        Of the bootstrap.

    Raises
    ------
    DataError
        If there is no background or its weights do not sum to something positive.
    """
    mask = _background(dataset, background, scores)
    weight, score = dataset.weight[mask], scores.value[mask]
    return ObservableCorrelations(
        model=scores.model,
        dependences={
            name: dependences_on(values[mask], {"score": score}, weight, replicas=replicas, seed=seed, trained=True)[
                "score"
            ]
            for name, values in dataset.observables.items()
        },
    )


def input_correlations(
    dataset: Dataset,
    *,
    inputs: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    replicas: int = 200,
    seed: int = 0,
) -> tuple[InputCorrelations, ...]:
    """Return how the inputs depend on each observable in background; it is the same for all models that take them.

    Parameters
    ----------
    dataset
        The events; those that lack one of two values (NaN) do not count for the two.
    inputs
        Their names; all if None.
    background
        Names of samples; all of that kind if None.
    replicas, seed
        Of the bootstrap.

    Raises
    ------
    FivesigmaError
        If there is no such input.
    DataError
        If there is no background or its weights do not sum to something positive.
    """
    mask = _background(dataset, background)
    names = dataset.inputs if inputs is None else tuple(inputs)
    columns = dict(zip(names, dataset.matrix(names)[mask].astype(np.float64).T, strict=True))
    weight = dataset.weight[mask]
    return tuple(
        InputCorrelations(
            observable=observable,
            dependences=dependences_on(values[mask], columns, weight, replicas=replicas, seed=seed),
        )
        for observable, values in dataset.observables.items()
    )


def _background(dataset: Dataset, background: Sequence[str] | None, scores: Scores | None = None) -> Bools:
    """Return which events of the dataset are background, shape (n,)."""
    chosen = label(dataset, scores, background=background)
    return chosen.within(~chosen.is_signal)


def dependences_on(
    values: Floats,
    columns: Mapping[str, Floats],
    weight: Floats,
    *,
    replicas: int = 200,
    seed: int = 0,
    trained: bool = False,
) -> dict[str, Dependence]:
    """Return how each of the columns depends on the values of an observable, all of shape (n,).

    Parameters
    ----------
    values, columns, weight
        Events that lack the observable or a column (NaN) do not count for the two.
    replicas, seed
        Of the bootstrap.
    trained
        Whether the columns come from a model, whose training the intervals then leave out.
    """
    names, step = list(columns), max(1, _NUMBERS // (12 * max(len(weight), 1)))
    found: dict[str, Dependence] = {}
    for start in range(0, len(names), step):
        group = {name: columns[name] for name in names[start : start + step]}
        intervals = _intervals(list(group.values()), values, weight, replicas=replicas, seed=seed, trained=trained)
        for (name, column), (pearson, spearman) in zip(group.items(), intervals, strict=True):
            there = ~np.isnan(column) & ~np.isnan(values)
            distance = distance_correlation(column[there], values[there], weight[there], seed=seed) if pearson else None
            found[name] = Dependence(pearson=pearson, spearman=spearman, distance=distance)
    return found


def _intervals(
    columns: Sequence[Floats], values: Floats, weight: Floats, *, replicas: int, seed: int, trained: bool
) -> list[tuple[Estimate | None, Estimate | None]]:
    """Return Pearson's and Spearman's coefficients of each column, all from the same replicas of the events."""
    flat = np.empty((len(weight), len(columns), 12), dtype=np.float32)  # enough for an interval
    central = np.empty((len(columns), 2))
    for place, column in enumerate(columns):
        moments = _moments(column, values, weight)
        central[place] = correlation_of_moments(moments.sum(axis=0).reshape(2, 6))
        flat[:, place] = moments
    matrix = flat.reshape(len(weight), -1)
    sums = poisson_bootstrap(
        lambda counts: (counts.astype(np.float32) @ matrix).astype(np.float64),
        len(weight),
        replicas=replicas,
        seed=seed,
    )
    sample = correlation_of_moments(sums.reshape(replicas, len(columns), 2, 6))
    methods = (bootstrap_method(replicas, trained=trained), bootstrap_method(replicas, _RANKS, trained=trained))
    pearson, spearman = (
        [_estimate(central[place, which], sample[:, place, which], methods[which]) for place in range(len(columns))]
        for which in (0, 1)
    )
    return list(zip(pearson, spearman, strict=True))


def _moments(column: Floats, values: Floats, weight: Floats) -> Floats:
    """Return the moments of values and of ranks, shape (n, 12); zero where an event lacks one of the two."""
    there = ~np.isnan(column) & ~np.isnan(values)
    moments = np.zeros((len(weight), 12))
    x, y, inside = column[there], values[there], weight[there]
    if inside.sum() > 0:
        moments[there, :6] = pair_moments(x, y, inside)
        moments[there, 6:] = pair_moments(weighted_ranks(x, inside), weighted_ranks(y, inside), inside)
    return moments


def _estimate(value: float, replicas: Floats, method: str) -> Estimate | None:
    return percentile_interval(float(value), replicas, method=method) if np.isfinite(value) else None
