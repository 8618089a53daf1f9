"""A few events of each sample in several features at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.sample import Kind
from fivesigma.evaluation.columns import columns_of
from fivesigma.evaluation.distributions import FeatureDistribution, feature_distributions

__all__ = ["ScatterMatrix", "ScatterSample", "scatter_matrix", "scatter_samples"]

_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterSample:
    """Events drawn from a sample: its name, title and kind, and their features, shape (n, k), NaN where one is missing."""

    name: str
    title: str
    kind: Kind
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterMatrix:
    """Events drawn from each sample in k features, and the distribution of each feature in all events."""

    features: tuple[str, ...]
    samples: tuple[ScatterSample, ...]
    distributions: tuple[FeatureDistribution, ...]


def scatter_matrix(
    dataset: Dataset, columns: Sequence[str] | None = None, *, events: int = 1500, seed: int = 0
) -> ScatterMatrix:
    """Return events drawn from each simulated sample, to be drawn in every pair of features.

    Events are drawn without repetition, with probabilities in proportion to the size of their weights: dense places are those of
    the expected events. Signal and background each get half of ``events``, shared among their samples by yield.

    Parameters
    ----------
    dataset
        The events.
    columns
        Names of at most eight inputs and observables; the first eight if None.
    events
        How many are drawn in all.
    seed
        The seed; a sample's draw does not depend on which others there are but by its share.

    Raises
    ------
    FivesigmaError
        If there are more than eight columns, or one is no input or observable.
    """
    names = tuple(dataset.columns())[:_MOST] if columns is None else tuple(columns)
    return ScatterMatrix(
        features=names,
        samples=scatter_samples(dataset, names, events=events, seed=seed),
        distributions=feature_distributions(dataset, features=names),
    )


def scatter_samples(
    dataset: Dataset, columns: Sequence[str], *, events: int = 1500, seed: int = 0
) -> tuple[ScatterSample, ...]:
    """Return the events of a `scatter_matrix` alone, without the distributions of all; parameters and errors are its own."""
    there = columns_of(dataset, columns)
    if len(columns) > _MOST:
        raise FivesigmaError(f"a scatter matrix of {len(columns)} columns cannot be read; name {_MOST} at most")
    found = []
    for info in dataset.samples:
        if info.kind != "data":
            count = round(events / 2 * _share(dataset, info.name, info.kind))
            drawn = _drawn(dataset, info.name, count, seed)
            values = np.stack([there[name][drawn] for name in columns], axis=1)
            found.append(ScatterSample(name=info.name, title=info.title, kind=info.kind, values=values))
    return tuple(found)


def _share(dataset: Dataset, sample: str, kind: Kind) -> float:
    """Return which part of its class a sample is, by the size of its weights."""
    size = np.abs(dataset.weight)
    total = float(size[dataset.of_kind(kind)].sum())
    return float(size[dataset.of(sample)].sum()) / total if total else 0.0


def _drawn(dataset: Dataset, sample: str, count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the places of the events that are drawn from a sample."""
    places = np.flatnonzero(dataset.of(sample) & (dataset.weight != 0))
    size = np.abs(dataset.weight[places])
    generator = np.random.default_rng(derive_seed(seed, "scatter matrix", sample))
    # the smallest of exponential times over weights: Efraimidis and Spirakis, Inf. Process. Lett. 97 (2006) 181
    order = np.argsort(generator.exponential(size=len(places)) / size, kind="stable")
    return np.sort(places[order[:count]])
