"""Weighted correlations: of the inputs with each other, and of scores with the observables kept from the models.

A score that follows an observable sculpts its background when it is cut on, and a fit of that observable then finds a bump that
no signal made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
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
    """Weighted linear correlations of the inputs in one class of events.

    Attributes
    ----------
    name
        Signal or background.
    features
        The k inputs.
    matrix
        k rows of k coefficients; None where an input does not vary.
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
    dataset: Dataset, *, signal: Sequence[str] | None = None, background: Sequence[str] | None = None
) -> tuple[Correlations, ...]:
    """Return the correlations of the inputs in signal and in background.

    Raises
    ------
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, signal=signal, background=background)
    X = dataset.X[chosen.chosen].astype(np.float64)
    return tuple(
        Correlations(
            name=name, features=dataset.inputs, matrix=_without_nan(weighted_correlation(X[mask], chosen.weight[mask]))
        )
        for name, mask in (("signal", chosen.is_signal), ("background", ~chosen.is_signal))
    )


def weighted_correlation(columns: Floats, weight: Floats) -> Floats:
    """Return Pearson's coefficients, shape (k, k), of ``columns``, shape (n, k); NaN where a variance is not positive."""
    centred = columns - np.average(columns, axis=0, weights=weight)
    centred[:, np.ptp(columns, axis=0) == 0] = 0.0  # the mean of equal numbers is theirs but for rounding
    covariance = (centred * weight[:, None]).T @ centred
    return _normalised(covariance)


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
