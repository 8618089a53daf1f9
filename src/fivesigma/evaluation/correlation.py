"""How inputs and observables depend on each other: weighted linear correlations in either class, and how the classes differ in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.columns import columns_of
from fivesigma.statistics.dependence import weighted_correlation

__all__ = ["Correlations", "correlations", "without_nan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """Weighted linear correlations of inputs (and observables) in one class of events, or the difference of two classes.

    Attributes
    ----------
    name
        "signal", "background", or "signal − background", whose coefficients are differences and lie in [-2, 2].
    features
        The k inputs and observables.
    matrix
        k rows of k coefficients, each of the events that have both values; None where one does not vary.
    """

    name: str
    features: tuple[str, ...]
    matrix: tuple[tuple[float | None, ...], ...]


def correlations(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
) -> tuple[Correlations, Correlations, Correlations]:
    """Return the correlations in signal, in background, and their difference, signal minus background.

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
    columns = columns_of(dataset, names)
    values = np.stack([column[chosen.chosen] for column in columns.values()], axis=1)
    of_signal, of_background = (
        weighted_correlation(values[mask], chosen.weight[mask]) for mask in (chosen.is_signal, ~chosen.is_signal)
    )
    return (
        Correlations(name="signal", features=names, matrix=without_nan(of_signal)),
        Correlations(name="background", features=names, matrix=without_nan(of_background)),
        Correlations(
            name="signal \N{MINUS SIGN} background", features=names, matrix=without_nan(of_signal - of_background)
        ),
    )


def without_nan(matrix: Floats) -> tuple[tuple[float | None, ...], ...]:
    """Return rows of coefficients, None where there is none."""
    return tuple(tuple(value if np.isfinite(value) else None for value in row) for row in matrix.tolist())
