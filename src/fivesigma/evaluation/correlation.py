"""Weighted correlations: of the inputs with each other, and of scores with the observables kept from the models.

A score that follows an observable sculpts its background when it is cut on, and a fit of that observable then finds a bump that
no signal made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label
from fivesigma.statistics.bootstrap import Multiplicities, percentile_interval, poisson_bootstrap

__all__ = [
    "Correlations",
    "ObservableCorrelations",
    "correlations",
    "observable_correlations",
    "score_follows_observable",
    "weighted_correlation",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """Weighted linear correlations of inputs (and observables) in one class of events.

    Attributes
    ----------
    name
        Signal or background.
    features
        The k inputs and observables.
    matrix
        k rows of k coefficients, each of the events that have both values; None where one does not vary.
    """

    name: str
    features: tuple[str, ...]
    matrix: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservableCorrelations:
    """The weighted linear correlation of a model's score with each observable, in background; None without variation."""

    model: str
    coefficients: Mapping[str, Estimate | None]


def correlations(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
) -> tuple[Correlations, ...]:
    """Return the correlations in signal and in background.

    Parameters
    ----------
    dataset
        The events.
    features
        Names of inputs and observables; the inputs if None.
    signal, background
        Names of samples; all of that kind if None.

    Raises
    ------
    FivesigmaError
        If there is no such input, observable or sample.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, signal=signal, background=background)
    names = dataset.inputs if features is None else tuple(features)
    there = dataset.columns()
    for name in names:
        if name not in there:
            raise FivesigmaError(f"no input or observable {name!r}{suggestion(name, there)}")
    values = np.stack([there[name][chosen.chosen] for name in names], axis=1)
    return tuple(
        Correlations(
            name=name, features=names, matrix=_without_nan(weighted_correlation(values[mask], chosen.weight[mask]))
        )
        for name, mask in (("signal", chosen.is_signal), ("background", ~chosen.is_signal))
    )


def weighted_correlation(columns: Floats, weight: Floats) -> Floats:
    """Return Pearson's coefficients, shape (k, k), of ``columns``, shape (n, k); NaN where a variance is not positive.

    Where values are missing (NaN), each coefficient is that of the events that have both.
    """
    absent = np.isnan(columns)
    if absent.any():
        return _pairwise_correlation(columns, ~absent, weight)
    centred = columns - np.average(columns, axis=0, weights=weight)
    centred[:, np.ptp(columns, axis=0) == 0] = 0.0  # the mean of equal numbers is theirs but for rounding
    covariance = (centred * weight[:, None]).T @ centred
    return _normalised(covariance)


def _pairwise_correlation(columns: Floats, there: Bools, weight: Floats) -> Floats:
    """Return the coefficients of each pair of columns from the events in which both are ``there``, each of shape (n, k)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        filled = np.where(there, columns, 0.0)
        # a mean near that of any pair keeps sums of squares from drowning their difference
        filled = np.where(there, columns - weight @ filled / (weight @ there), 0.0)
        weighed = filled * weight[:, None]
        total = (there * weight[:, None]).T @ there
        first, second = weighed.T @ there / total, (weighed * filled).T @ there / total
        variance = second - first**2
        covariance = weighed.T @ filled / total - first * first.T
        rounding = np.finfo(np.float64).eps * len(columns) * second
        deviation = np.sqrt(np.where((total > 0) & (variance > rounding), variance, np.nan))
        coefficients: Floats = covariance / (deviation * deviation.T)
    return coefficients


def observable_correlations(
    dataset: Dataset,
    scores: Scores,
    *,
    background: Sequence[str] | None = None,
    replicas: int = 200,
    seed: int = 0,
) -> ObservableCorrelations:
    """Return how a model's score on the common scale is correlated with each observable in background.

    Raises
    ------
    DataError
        If there is no background or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, background=background)
    mask = chosen.chosen.copy()
    mask[mask] = ~chosen.is_signal
    weight, score = dataset.weight[mask], scores.value[mask]
    return ObservableCorrelations(
        model=scores.model,
        coefficients={
            name: _coefficient(score, values[mask], weight, replicas=replicas, seed=seed)
            for name, values in dataset.observables.items()
        },
    )


def score_follows_observable(
    results: Iterable[ObservableCorrelations], *, threshold: float = 0.3
) -> tuple[Finding, ...]:
    """Return a warning for each score whose correlation with an observable is beyond ``threshold`` in size."""
    return tuple(
        Finding(
            code="score-follows-observable",
            severity="warning",
            subject=f"{result.model} and {name}",
            message=f"the score of {result.model} follows {name} in background: correlation {estimate}; "
            f"a cut on it shapes the background of a fit of {name}",
            evidence={
                "correlation": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "threshold": threshold,
            },
        )
        for result in results
        for name, estimate in result.coefficients.items()
        if estimate is not None and abs(estimate.value) > threshold
    )


def _coefficient(score: Floats, values: Floats, weight: Floats, *, replicas: int, seed: int) -> Estimate | None:
    there = ~np.isnan(values)
    score, values, weight = score[there], values[there], weight[there]
    if not weight.sum() > 0:
        return None
    columns = np.column_stack([score, values])
    value = float(weighted_correlation(columns, weight)[0, 1])
    if not np.isfinite(value):
        return None
    x, y = (columns - np.average(columns, axis=0, weights=weight)).T
    moments = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y]) * weight[:, None]

    def statistic(counts: Multiplicities) -> Floats:
        one, x1, y1, xx, yy, xy = (counts.astype(np.float64) @ moments).T
        covariance = np.array([[xx - x1 * x1 / one, xy - x1 * y1 / one], [xy - x1 * y1 / one, yy - y1 * y1 / one]])
        coefficient: Floats = _normalised(covariance)[0, 1]
        return coefficient

    sample = poisson_bootstrap(statistic, len(weight), replicas=replicas, seed=seed)
    return percentile_interval(value, sample, method=f"Poisson bootstrap of the events, {replicas} replicas")


def _normalised(covariance: NDArray[np.float64]) -> Floats:
    """Return covariances, shape (k, k, ...), divided by the roots of their variances; NaN where one is not positive."""
    variance = np.einsum("ii...->i...", covariance)
    deviation = np.sqrt(np.where(variance > 0, variance, np.nan))
    correlation: Floats = covariance / (deviation[:, None] * deviation[None, :])
    return correlation


def _without_nan(matrix: Floats) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(value if np.isfinite(value) else None for value in row) for row in matrix.tolist())
