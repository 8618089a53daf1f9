"""Events with a model's scores, nominal and as systematics make them, and what of their weight lies above each cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, UInts, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.finding import Finding
from fivesigma.core.sample import Variation
from fivesigma.core.scores import Scores
from fivesigma.inference.varied_statistics import same_events

__all__ = ["CountedEvents", "ScoredEvents", "VariedScores", "check_scores", "common_events", "require_varied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedScores:
    """Events as a systematic makes them, and the scores that the nominal model gives to these.

    Attributes
    ----------
    variation
        Which systematic, and which way.
    dataset
        Events of the samples that are varied, under the names of the nominal ones; other samples are not listed.
    scores
        What the model says of these events, made anew from their inputs.
    mask
        Which of them are in the region, shape (n,); all if None.

    Raises
    ------
    DataError
        If there are not as many scores as events: those of other events, then.
    """

    variation: Variation
    dataset: Dataset
    scores: Scores
    mask: Bools | None = None

    def __post_init__(self) -> None:
        if len(self.scores) != len(self.dataset):
            raise DataError(
                f"{self.title}: {len(self.scores)} scores of {self.scores.model} for {len(self.dataset)} events;"
                " events that are shifted are scored anew"
            )
        if self.mask is not None:
            require_length(len(self.dataset), mask=self.mask)

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"variation {self.variation.systematic} {self.variation.label}"

    @property
    def events(self) -> ScoredEvents:
        """The events of the region."""
        mask = np.ones(len(self.dataset), dtype=np.bool_) if self.mask is None else self.mask
        return ScoredEvents(self.dataset, self.scores, mask)


@dataclass(frozen=True, slots=True)
class ScoredEvents:
    """Events, the score of each, and which are in the region, shape (n,)."""

    dataset: Dataset
    scores: Scores
    mask: Bools

    def __post_init__(self) -> None:
        require_length(len(self.dataset), scores=self.scores.value, mask=self.mask)

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of the samples that are not data."""
        return (*self.dataset.names("signal"), *self.dataset.names("background"))

    def of(self, sample: str, weight: Floats | None = None) -> CountedEvents:
        """Return the events of a sample that are in the region and have a score; with other weights, shape (n,), if given."""
        keep = self.mask & self.dataset.of(sample) & ~np.isnan(self.scores.value)
        return CountedEvents(
            id=self.dataset.id[keep],
            value=self.scores.value[keep],
            weight=(self.dataset.weight if weight is None else weight)[keep],
            fold=self.scores.fold[keep].astype(np.int64),
            folds=self.scores.folds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEvents:
    """Events of a sample, to be counted above cuts: identifiers, scores, weights and folds, each of shape (n,)."""

    id: UInts
    value: Floats
    weight: Floats
    fold: Ints
    folds: int

    def above(self, cuts: Floats) -> Floats:
        """Return Σw at and above each of m ascending cuts in each of k folds, shape (k, m)."""
        bins = len(cuts) + 1
        place = self.fold * bins + np.searchsorted(cuts, self.value, side="right")
        filled = np.bincount(place, self.weight, minlength=self.folds * bins).astype(np.float64)
        above: Floats = np.cumsum(filled.reshape(-1, bins)[:, ::-1], axis=1)[:, ::-1][:, 1:]
        return above

    def squared(self) -> CountedEvents:
        """Return the events with the squares of their weights."""
        return replace(self, weight=np.square(self.weight))

    def shared(self, other: CountedEvents) -> CountedEvents:
        """Return the events that both hold, with the lower of their scores and the product of their weights."""
        _, mine, theirs = np.intersect1d(self.id, other.id, return_indices=True)
        return CountedEvents(
            id=self.id[mine],
            value=np.minimum(self.value[mine], other.value[theirs]),
            weight=self.weight[mine] * other.weight[theirs],
            fold=self.fold[mine],
            folds=self.folds,
        )


def common_events(nominal: ScoredEvents, varied: ScoredEvents, sample: str) -> tuple[Ints, Ints]:
    """Return where the events of a sample that both hold stand, by their identifiers: in the nominal ones, in the varied."""
    return same_events(nominal.dataset, varied.dataset, sample)


def require_varied(nominal: ScoredEvents, varied: Sequence[VariedScores]) -> None:
    """Raise an error unless varied events are nominal ones that the same model scored, each variation given once.

    Raises
    ------
    FivesigmaError
        If a variation is of a sample that there is not, of another model, or given twice.
    DataError
        If an event was scored by the estimator of another fold than the nominal one.
    """
    seen = {(variation, sample) for variation in nominal.dataset.weights for sample in nominal.samples}
    for one in varied:
        if (one.scores.model, one.scores.folds) != (nominal.scores.model, nominal.scores.folds):
            raise FivesigmaError(
                f"{one.title}: scores of {one.scores.model} in {one.scores.folds} folds, where the nominal ones are of"
                f" {nominal.scores.model} in {nominal.scores.folds}"
            )
        for sample in one.events.samples:
            if sample not in nominal.samples:
                raise FivesigmaError(f"{one.title}: no sample {sample!r}{suggestion(sample, nominal.samples)}")
            if (one.variation, sample) in seen:
                raise FivesigmaError(f"{one.title} of sample {sample!r} is given twice")
            seen.add((one.variation, sample))
            mine, theirs = common_events(nominal, one.events, sample)
            if moved := int(np.count_nonzero(nominal.scores.fold[mine] != one.scores.fold[theirs])):
                raise DataError(
                    f"{one.title}, sample {sample!r}: {moved} events were scored by the estimator of another fold than their"
                    " nominal ones; an event keeps its identifier, and with it its fold"
                )


def check_scores(nominal: ScoredEvents, varied: Sequence[VariedScores]) -> Iterator[Finding]:
    """Yield a finding for each variation whose inputs moved and whose scores did not: half a systematic."""
    for one in varied:
        pairs = [common_events(nominal, one.events, sample) for sample in one.events.samples]
        mine, theirs = (
            (np.concatenate(side) for side in zip(*pairs, strict=True)) if pairs else (np.array([], int),) * 2
        )
        inputs = [name for name in nominal.dataset.inputs if name in one.dataset.inputs]
        before, after = nominal.dataset.matrix(inputs)[mine], one.dataset.matrix(inputs)[theirs]
        moved = int(np.count_nonzero(~np.all((before == after) | (np.isnan(before) & np.isnan(after)), axis=1)))
        if moved and np.array_equal(nominal.scores.raw[mine], one.scores.raw[theirs], equal_nan=True):
            yield Finding(
                code="scores-not-shifted",
                severity="serious",
                subject=f"{nominal.scores.model}/{one.variation.systematic}",
                message=f"{one.variation.label}: inputs of {moved} events are other than nominal, and no score is; either the"
                " model uses none of these inputs, or nominal scores stand where shifted events were to be scored",
                evidence={"events": moved},
            )
