"""Inputs that are correlated, in groups: of two that say the same, a model loses nothing by one alone, so they are permuted together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.classes import label
from fivesigma.statistics.dependence import weighted_correlation, weighted_ranks

__all__ = ["input_groups"]


def input_groups(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    threshold: float = 0.7,
    events: int = 20_000,
) -> tuple[tuple[str, ...], ...]:
    """Return the inputs in groups of correlated ones, each input in one group, in the order of the inputs.

    Inputs are clustered by average linkage on 1 - |ρ|. ρ is the weighted rank correlation (Spearman) inside signal or inside
    background, whichever is stronger: inside a class, for two inputs that tell the classes apart are correlated in the mixture
    without saying the same.

    Parameters
    ----------
    dataset
        The events.
    features
        Names of inputs; all if None.
    signal, background
        Names of samples; all of that kind if None.
    threshold
        Groups are joined while the mean |ρ| between them is at least this.
    events
        Of each class at most so many are looked at, evenly spread.

    Raises
    ------
    FivesigmaError
        If there is no such input or sample, or the threshold is not between 0 and 1.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    if not 0 < threshold <= 1:
        raise FivesigmaError(f"a threshold for correlations lies between 0 and 1, not at {threshold:g}")
    chosen = label(dataset, signal=signal, background=background)
    names = dataset.inputs if features is None else tuple(features)
    columns = dataset.matrix(names)[chosen.chosen].astype(np.float64)
    if len(names) < 2:
        return tuple((name,) for name in names)
    strength = np.zeros((len(names), len(names)))
    for mask in (chosen.is_signal, ~chosen.is_signal):
        places = np.flatnonzero(mask)
        some = places[np.linspace(0, len(places) - 1, min(events, len(places))).astype(np.intp)]
        strength = np.maximum(strength, _rank_correlation(columns[some], np.abs(chosen.weight[some])))
    tree = linkage(squareform(1 - strength, checks=False), method="average")
    cluster = fcluster(tree, 1 - threshold + np.finfo(np.float64).eps, criterion="distance")
    return tuple(
        tuple(name for name, of in zip(names, cluster, strict=True) if of == number)
        for number in dict.fromkeys(cluster.tolist())
    )


def _rank_correlation(columns: Floats, weight: Floats) -> Floats:
    """Return the size of Spearman's coefficients, shape (k, k); 0 where an input does not vary or two are never both there.

    Weights are taken by their size: as a measure of what goes together, ranks under weights of either sign say no more.
    """
    ranks = np.full_like(columns, np.nan)
    for values, rank in zip(columns.T, ranks.T, strict=True):
        there = ~np.isnan(values)
        if weight[there].sum() > 0:
            rank[there] = weighted_ranks(values[there], weight[there])
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = np.abs(weighted_correlation(ranks, weight))
    strength: Floats = np.nan_to_num(np.minimum(coefficients, 1.0), nan=0.0)
    np.fill_diagonal(strength, 1.0)
    return strength
