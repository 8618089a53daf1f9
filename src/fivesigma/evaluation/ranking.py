"""Events sorted by score once, from which the AUC and the ROC curve of every bootstrap replica are sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.evaluation.classes import require_classes
from fivesigma.statistics.bootstrap import Multiplicities

__all__ = ["Ranking", "rank"]

_BLOCK = 1 << 18
"""Multiplicities measured at once: few enough for a processor's cache, and enough to make little of each call."""
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Events sorted once: signal grouped by equal scores, ascending, and the background below and up to each group.

    ``signed`` says whether a weight is negative: the area may then leave [0, 1], and does by no more than rounding else.
    """

    signal: _Places
    background: _Places
    signal_weight: Floats
    background_weight: Floats
    start: _Places
    below: _Places
    up_to: _Places
    signed: bool

    def measure(self, counts: Multiplicities, efficiencies: Floats) -> Floats:
        """Return the AUC and the background efficiencies at the signal efficiencies, shape (r, 1 + m), of r replicas."""
        rows = max(1, _BLOCK // counts.shape[1])
        blocks = [self._measure(counts[row : row + rows], efficiencies) for row in range(0, len(counts), rows)]
        return np.concatenate(blocks)

    def _measure(self, counts: Multiplicities, efficiencies: Floats) -> Floats:
        groups = np.take(counts, self.signal, axis=1, mode="clip") * self.signal_weight
        if len(self.start) < len(self.signal):
            groups = np.add.reduceat(groups, self.start, axis=1)
        sums = np.zeros((len(counts), len(self.background) + 1))
        weighted = np.take(counts, self.background, axis=1, mode="clip") * self.background_weight
        np.cumsum(weighted, axis=1, out=sums[:, 1:])
        below = np.take(sums, self.below, axis=1, mode="clip")
        up_to = below if self.up_to is self.below else np.take(sums, self.up_to, axis=1, mode="clip")
        signal, background = groups.sum(axis=1), sums[:, -1]
        whole = (signal > 0) & (background > 0)
        area = (np.einsum("ij,ij->i", groups, below) + np.einsum("ij,ij->i", groups, up_to)) / 2
        measured = np.full((len(counts), 1 + len(efficiencies)), np.nan)
        measured[whole, 0] = area[whole] / (signal * background)[whole]
        if not self.signed:
            np.clip(measured[:, 0], 0.0, 1.0, out=measured[:, 0])  # sums are rounded
        for row in np.flatnonzero(whole) if len(efficiencies) else ():
            measured[row, 1:] = _at(groups[row], below[row], up_to[row], background[row], efficiencies)
        return measured


def rank(score: Floats, is_signal: Bools, weight: Floats) -> Ranking:
    """Return the ranking of scores, shape (n,), of events that are signal or background.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    require_classes(is_signal, weight, score)
    signal, background = np.flatnonzero(is_signal), np.flatnonzero(~is_signal)
    signal = signal[np.argsort(score[signal], kind="stable")]
    background = background[np.argsort(score[background], kind="stable")]
    ranked, others = score[signal], score[background]
    start = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    below = np.searchsorted(others, ranked[start], side="left")
    up_to = np.searchsorted(others, ranked[start], side="right")
    return Ranking(
        signal=signal,
        background=background,
        signal_weight=weight[signal],
        background_weight=weight[background],
        start=start,
        below=below,
        # the very same array where no signal event is tied with background: half of the work is then done
        up_to=below if np.array_equal(below, up_to) else up_to,
        signed=bool((weight < 0).any()),
    )


def _at(groups: Floats, below: Floats, up_to: Floats, background: float, efficiencies: Floats) -> Floats:
    """Return the background efficiency where the curve reaches each signal efficiency, linear inside a group of ties."""
    kept = np.cumsum(groups[::-1])
    if (groups < 0).any():
        kept = np.maximum.accumulate(kept)
    wanted = efficiencies * kept[-1]
    place = np.minimum(np.searchsorted(kept, wanted, side="left"), len(kept) - 1)
    before = np.where(place > 0, kept[place - 1], 0.0)
    step = kept[place] - before
    inside = np.divide(wanted - before, step, out=np.ones_like(step), where=step > 0)
    group = len(groups) - 1 - place
    above: Floats = background - up_to[group] + inside * (up_to[group] - below[group])
    return above / background
