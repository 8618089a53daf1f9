"""Weighted histograms of inputs, observables and scores by sample, with data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.sample import Kind
from fivesigma.core.scores import Scores
from fivesigma.evaluation.columns import columns_of
from fivesigma.evaluation.histograms import DataHistogram, Histogram, binning, data_histogram, histogram, score_edges
from fivesigma.statistics.agreement import ChiSquare, Normalisation, chi_square

__all__ = [
    "FeatureDistribution",
    "FeatureShapes",
    "FeatureYields",
    "SampleHistogram",
    "ScoreDistribution",
    "feature_distributions",
    "score_distribution",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleHistogram:
    """The histogram of a sample, with what figures call it."""

    name: str
    title: str
    kind: Kind
    histogram: Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDistribution:
    """An input or observable: shared edges, shape (m + 1,), the histogram of each sample, and that of data if shown.

    ``outside`` is the fraction of the simulated events that the edges leave out, ``missing`` that of those without a value;
    ``agreement`` is how data inside the edges agree with what is expected there, None without data.
    """

    feature: str
    edges: Floats
    samples: tuple[SampleHistogram, ...]
    data: DataHistogram | None
    outside: float
    missing: float = 0.0
    agreement: ChiSquare | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureYields:
    """The distribution of a feature as expected events of each sample: backgrounds stack, signals lie over them."""

    distribution: FeatureDistribution


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureShapes:
    """The distribution of a feature as the shape of each sample, scaled to an area of one."""

    distribution: FeatureDistribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDistribution:
    """A model's score on the common scale: edges, shape (m + 1,), simulated samples, and data if shown.

    ``agreement`` is how the data agree with what is expected, None without data.
    """

    model: str
    edges: Floats
    samples: tuple[SampleHistogram, ...]
    data: DataHistogram | None
    agreement: ChiSquare | None = None


def feature_distributions(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    bins: int = 30,
    show_data: bool = False,
    expected_signal: Sequence[str] = (),
    normalisation: Normalisation = "fixed",
) -> tuple[FeatureDistribution, ...]:
    """Return the distribution of each input and observable; events that lack a value (NaN) are counted as such.

    Parameters
    ----------
    dataset
        The events.
    features
        Names of inputs and observables; all if None.
    bins
        How many bins a continuous feature gets; one with whole values that lie close together gets one for each.
    show_data
        Whether data are filled too; not while they are blind.
    expected_signal
        Names of the signals that data are expected to hold besides the backgrounds; none of them if empty.
    normalisation
        Whether data are held against the expected yields or against their shape alone.

    Raises
    ------
    FivesigmaError
        If there is no such input, observable or signal.
    DataError
        If a feature has no finite value.
    """
    columns = columns_of(dataset, features)
    found = (_feature(dataset, name, values, bins, show_data) for name, values in columns.items())
    return tuple(replace(one, agreement=_agreement(one, expected_signal, normalisation)) for one in found)


def score_distribution(
    dataset: Dataset,
    scores: Scores,
    *,
    bins: int = 20,
    show_data: bool = False,
    expected_signal: Sequence[str] = (),
    normalisation: Normalisation = "fixed",
) -> ScoreDistribution:
    """Return the distribution of a model's score on the common scale, by sample.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each; restrict both to a region beforehand to show one.
    bins
        Number of bins from 0 to 1, as `score_edges` has them.
    show_data
        Whether data are filled too; not while they are blind.
    expected_signal
        Names of the signals that data are expected to hold besides the backgrounds; none of them if empty.
    normalisation
        Whether data are held against the expected yields or against their shape alone.
    """
    edges = score_edges(dataset.weight[dataset.background], bins)
    found = ScoreDistribution(
        model=scores.model,
        edges=edges,
        samples=_samples(dataset, scores.value, edges),
        data=_data(dataset, scores.value, edges) if show_data else None,
    )
    return replace(found, agreement=_agreement(found, expected_signal, normalisation))


def _feature(dataset: Dataset, name: str, values: Floats, bins: int, show_data: bool) -> FeatureDistribution:
    simulated = values[~dataset.data]
    shown = simulated if len(simulated) else values
    if not np.isfinite(shown).any():
        raise DataError(f"{name!r} has no finite value in any event, so there is nothing to fill into a histogram")
    edges = binning(shown, bins)
    missing = np.isnan(simulated)
    outside = (simulated < edges[0]) | (simulated > edges[-1])
    return FeatureDistribution(
        feature=name,
        edges=edges,
        samples=_samples(dataset, values, edges),
        data=_data(dataset, values, edges) if show_data else None,
        outside=float(outside.mean()) if len(simulated) else 0.0,
        missing=float(missing.mean()) if len(simulated) else 0.0,
    )


def _samples(dataset: Dataset, values: Floats, edges: Floats) -> tuple[SampleHistogram, ...]:
    return tuple(
        SampleHistogram(
            name=info.name,
            title=info.title,
            kind=info.kind,
            histogram=_filled(dataset, dataset.of(info.name), values, edges),
        )
        for info in dataset.samples
        if info.kind != "data"
    )


def _data(dataset: Dataset, values: Floats, edges: Floats) -> DataHistogram | None:
    return data_histogram(values[dataset.data], edges) if dataset.names("data") else None


def _filled(dataset: Dataset, mask: Bools, values: Floats, edges: Floats) -> Histogram:
    return histogram(values[mask], dataset.weight[mask], edges)


def _agreement(
    found: FeatureDistribution | ScoreDistribution, signal: Sequence[str], normalisation: Normalisation
) -> ChiSquare | None:
    """Return how data agree with the backgrounds and the named signals."""
    known = [sample.name for sample in found.samples]
    for name in signal:
        if name not in known:
            raise FivesigmaError(f"no sample {name!r}{suggestion(name, known)}")
    expected = [one.histogram for one in found.samples if one.kind == "background" or one.name in signal]
    if found.data is None or not expected:
        return None
    total = np.sum([histogram.total for histogram in expected], axis=0)
    variance = np.sum([histogram.error**2 for histogram in expected], axis=0)
    return chi_square(found.data.counts.astype(np.float64), total, variance, normalisation=normalisation)
