"""What is notable in the inputs of models before any of them is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.dataset import Dataset
from fivesigma.core.finding import Finding
from fivesigma.statistics.histograms import places_with_ties

__all__ = ["check_inputs", "overlap"]

_BINS = 20
_GOLDEN = 0.01
"""Overlap of the classes in one input below which it all but says which class an event is of."""


def check_inputs(
    dataset: Dataset, *, signal: Sequence[str] | None = None, background: Sequence[str] | None = None
) -> tuple[Finding, ...]:
    """Return a finding for each input that is constant, never there, or tells the classes apart by itself.

    Parameters
    ----------
    dataset
        The events.
    signal, background
        Names of the samples of either class; those of that kind if None.
    """
    of_signal = dataset.of(*(signal or dataset.names("signal")))
    of_background = dataset.of(*(background or dataset.names("background")))
    classes = dataset.where(of_signal | of_background)
    is_signal, weight = of_signal[of_signal | of_background], np.abs(classes.weight)
    if not is_signal.any() or is_signal.all():
        return ()
    return tuple(
        finding
        for place, name in enumerate(classes.inputs)
        for finding in _findings(name, classes.X[:, place], is_signal, weight)
    )


def overlap(values: Matrix, is_signal: Bools, weight: Floats) -> float:
    """Return what the classes share of one input's distribution, Σ min(s, b) over bins that each hold a like number of events.

    1 where the distributions are the same, 0 where no bin holds both classes; what is missing is a bin of its own.

    Parameters
    ----------
    values, is_signal, weight
        The input, NaN where it is missing, classes, and weights that are not negative, each of shape (n,).
    """
    there = ~np.isnan(values)
    edges = np.unique(np.quantile(values[there], np.linspace(0, 1, _BINS + 1)[1:-1])) if there.any() else np.empty(0)
    bins = places_with_ties(values, edges)
    shares = [
        np.bincount(bins[of_class], weights=weight[of_class], minlength=2 * len(edges) + 2) / weight[of_class].sum()
        for of_class in (is_signal, ~is_signal)
    ]
    return float(np.minimum(*shares).sum())


def _findings(name: str, values: Matrix, is_signal: Bools, weight: Floats) -> Iterator[Finding]:
    there = values[~np.isnan(values)]
    if not len(there):
        yield Finding(
            code="missing-input",
            severity="warning",
            subject=name,
            message=f"{name} is missing in every event: no model learns anything from it",
        )
    elif len(there) == len(values) and (there == there[0]).all():
        yield Finding(
            code="constant-input",
            severity="warning",
            subject=name,
            message=f"{name} is {there[0]:g} in every event: no model learns anything from it",
            evidence={"value": float(there[0])},
        )
    elif (shared := overlap(values, is_signal, weight)) < _GOLDEN:
        yield Finding(
            code="golden-feature",
            severity="serious",
            subject=name,
            message=f"{name} tells signal from background by itself: their distributions share {100 * shared:.2g} %."
            " Is it the label, or something that only the simulation of one class has?",
            evidence={"overlap": shared},
        )
