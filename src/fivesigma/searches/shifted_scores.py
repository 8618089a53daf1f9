"""Distributions of a model's score, nominal and as a systematic makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.scores import Scores
from fivesigma.evaluation.histograms import score_edges
from fivesigma.searches.varied_scores import ScoredEvents, VariedScores, common_events, require_varied

__all__ = ["ClassShift", "ScoreShift", "ShiftedScores", "shifted_scores"]

ClassName: TypeAlias = Literal["signal", "background"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreShift:
    """One variation of a class: up, down or another label, expected events in each bin, and the error of the difference.

    Varied events are mostly the nominal ones, so ``difference_error``, shape (m,), is that of the difference: only events that
    came, went or changed their weight add to it.
    """

    label: str
    total: Floats
    difference_error: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShift:
    """Signal or background: expected events in each bin, shape (m,), their error √Σw², and the variations."""

    name: ClassName
    nominal: Floats
    error: Floats
    shifts: tuple[ScoreShift, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftedScores:
    """A model's score on the common scale as a systematic moves it: shared edges, shape (m + 1,), signal and background."""

    model: str
    systematic: str
    edges: Floats
    classes: tuple[ClassShift, ...]


def shifted_scores(
    dataset: Dataset,
    scores: Scores,
    mask: Bools | None = None,
    *,
    systematic: str,
    varied: Sequence[VariedScores] = (),
    bins: int = 20,
) -> ShiftedScores:
    """Return the distributions of a model's score, nominal and varied, of signal and of background.

    Parameters
    ----------
    dataset, scores, mask
        The events, the model's score of each, and which are in the region, shape (n,); all if None.
    systematic
        Which one; its variations are among ``varied``, or are weights of the dataset.
    varied
        Events as systematics make them.
    bins
        Number of bins from 0 to 1, as `fivesigma.evaluation.histograms.score_edges` has them.

    Raises
    ------
    FivesigmaError
        If there is no variation of such a systematic, or one is not of these events.
    DataError
        If an event was scored by the estimator of another fold than the nominal one.
    """
    mask = np.ones(len(dataset), dtype=np.bool_) if mask is None else mask
    nominal = ScoredEvents(dataset, scores, mask & ~dataset.data)
    require_varied(nominal, varied)
    there = list(dict.fromkeys((*dataset.weights, *(other.variation for other in varied))))
    labels = [variation.label for variation in there if variation.systematic == systematic]
    if not labels:
        known = sorted({variation.systematic for variation in there})
        raise FivesigmaError(f"no variation of a systematic {systematic!r}{suggestion(systematic, known)}")
    edges = score_edges(dataset.weight[nominal.mask & dataset.background], bins)
    mine = [other for other in varied if other.variation.systematic == systematic]
    by_weight = {v.label: weight for v, weight in dataset.weights.items() if v.systematic == systematic}
    classes: tuple[ClassName, ...] = ("signal", "background")
    return ShiftedScores(
        model=scores.model,
        systematic=systematic,
        edges=edges,
        classes=tuple(_class(nominal, kind, edges, sorted(labels, key=_order), mine, by_weight) for kind in classes),
    )


def _order(label: str) -> tuple[bool, bool, str]:
    """Return by what labels are sorted: up, down, then the others by name."""
    return label != "up", label != "down", label


def _class(
    nominal: ScoredEvents,
    kind: ClassName,
    edges: Floats,
    labels: Sequence[str],
    varied: Sequence[VariedScores],
    by_weight: dict[str, Floats],
) -> ClassShift:
    keep = nominal.mask & nominal.dataset.of_kind(kind)
    place, bins = _places(nominal, edges)[keep], len(edges) - 1
    weight = nominal.dataset.weight[keep]
    total = _filled(place, weight, bins)
    shifts = []
    for label in labels:
        moves = _Moves(total=np.zeros(bins), variance=np.zeros(bins))
        if label in by_weight:
            moves.add(place, weight, place, by_weight[label][keep])
        for other in (one for one in varied if one.variation.label == label):
            for sample in other.dataset.names(kind):
                for step in _steps(nominal, other.events, sample, edges):
                    moves.add(*step)
        shifts.append(ScoreShift(label=label, total=total + moves.total, difference_error=np.sqrt(moves.variance)))
    return ClassShift(
        name=kind, nominal=total, error=np.sqrt(_filled(place, np.square(weight), bins)), shifts=tuple(shifts)
    )


@dataclass(frozen=True, slots=True)
class _Moves:
    """Sums over events that move from a bin to another, in each bin: of their weights, and of the squares of what changed."""

    total: Floats
    variance: Floats

    def add(self, before: Ints, old: Floats, after: Ints, new: Floats) -> None:
        """Add events that were at places ``before`` with weights ``old``; a place of -1 is in no bin."""
        bins, stays = len(self.total), before == after
        self.total[:] += _filled(after, new, bins) - _filled(before, old, bins)
        self.variance[:] += _filled(before[stays], np.square(new - old)[stays], bins)
        self.variance[:] += _filled(before[~stays], np.square(old)[~stays], bins)
        self.variance[:] += _filled(after[~stays], np.square(new)[~stays], bins)


def _steps(
    nominal: ScoredEvents, varied: ScoredEvents, sample: str, edges: Floats
) -> Iterator[tuple[Ints, Floats, Ints, Floats]]:
    """Yield where the events of a sample were and are, with their weights: those that both hold, then those of one."""
    before, after = _places(nominal, edges), _places(varied, edges)
    old, new = nominal.dataset.weight, varied.dataset.weight
    mine, theirs = common_events(nominal, varied, sample)
    yield before[mine], old[mine], after[theirs], new[theirs]
    gone = np.setdiff1d(np.flatnonzero(nominal.dataset.of(sample)), mine)
    yield before[gone], old[gone], np.full(len(gone), -1), old[gone]
    come = np.setdiff1d(np.flatnonzero(varied.dataset.of(sample)), theirs)
    yield np.full(len(come), -1), new[come], after[come], new[come]


def _places(events: ScoredEvents, edges: Floats) -> Ints:
    """Return the bin of each event, shape (n,); -1 outside the region or without a score."""
    inside = np.clip(np.searchsorted(edges, events.scores.value, side="right") - 1, 0, len(edges) - 2)
    return np.where(events.mask & ~np.isnan(events.scores.value), inside, -1).astype(np.int64)


def _filled(place: Ints, weight: Floats, bins: int) -> Floats:
    inside = place >= 0
    filled: Floats = np.bincount(place[inside], weight[inside], minlength=bins).astype(np.float64)
    return filled
