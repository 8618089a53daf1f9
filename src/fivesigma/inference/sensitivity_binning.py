"""Bins chosen for the largest expected significance: the best way to merge fine cells, found by dynamic programming.

Only simulation is looked at. The significance is the median one of a signal at its expected strength, by the Asimov data of
signal and background (arXiv:1007.1727 section 3.2), with the statistical error of the simulated background in each bin of its
own and, on request, one relative uncertainty that all bins have in common. Were that one taken as independent in each bin, it
would average out the better the more bins there are, and any score would seem to gain by being cut into pieces.

To choose bins and to quote what they bring on the same events flatters: see `fivesigma.inference.honest_bins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.significance import asimov_significance
from fivesigma.statistics.weighted import effective_numbers

__all__ = ["Cells", "Merging", "best_mergings", "expected_significance", "settled"]

_SHIFTS = 25  # of the common background, at each of which the best merging is found
_NARROWINGS = 40
_GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Expected events in m cells, in the order of what is binned.

    Attributes
    ----------
    signal, background
        Σw, shape (m,).
    variances
        Σw² of the background, shape (m,).
    """

    signal: Floats
    background: Floats
    variances: Floats

    def merged(self, edges: Ints) -> Cells:
        """Return the sums between cell borders ``edges``, shape (n + 1,), from 0 to m."""
        parts = [np.add.reduceat(part, edges[:-1]) for part in (self.signal, self.background, self.variances)]
        return Cells(signal=parts[0], background=parts[1], variances=parts[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """The best bins of their number: borders between cells, shape (n + 1,), and the expected significance."""

    edges: tuple[int, ...]
    z: float

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.edges) - 1


def expected_significance(
    signal: Floats, background: Floats, variances: Floats, background_uncertainty: float = 0.0
) -> Floats:
    """Return the median expected Z of bins, shape (...), from yields of shape (..., n).

    Z² is the least value over a common relative shift δ of the background of ``Σ Z_A²(s - δb, (1 + δ)b, √Σw²) + (δ/r)²``, Z_A that of
    `~fivesigma.statistics.significance.asimov_significance`: the profile likelihood of Asimov data with one normalisation of
    uncertainty r and a Poisson measurement of each bin's background. A bin of negative signal counts as one without.

    Parameters
    ----------
    signal, background, variances
        Expected events and Σw² of the background; backgrounds positive.
    background_uncertainty
        Relative and common to all bins, r.
    """
    s, b, error = np.maximum(signal, 0), background, np.sqrt(variances)
    if background_uncertainty == 0:
        return np.asarray(np.sqrt(_squares(s, b, error, 0.0).sum(axis=-1)))

    def squares(shift: Floats) -> Floats:
        constraint = np.square(shift / background_uncertainty)
        return np.asarray(_squares(s, b, error, shift[..., None]).sum(axis=-1) + constraint)

    unshifted = np.sqrt(_squares(s, b, error, 0.0).sum(axis=-1))
    low, high = np.zeros_like(unshifted), background_uncertainty * unshifted
    for _ in range(_NARROWINGS):
        inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        less = squares(inner) < squares(outer)
        low, high = np.where(less, low, inner), np.where(less, outer, high)
    return np.asarray(np.sqrt(squares((low + high) / 2)))


def best_mergings(
    cells: Cells, bins: int, *, floor: float = 10.0, background_uncertainty: float = 0.0
) -> tuple[Merging, ...]:
    """Return the best merging of neighbouring cells into 1, 2, ... ``bins`` bins, as many as the floor allows.

    Without a common uncertainty Z² is a sum over bins and the choice is exact. With one, Z² is a sum at each shift of the
    background: the best merging at each of several shifts is found, and the best of these is taken.

    Parameters
    ----------
    cells
        Fine bins.
    bins
        How many bins at most.
    floor
        Effective background events, ``(Σw)² / Σw²``, that each bin must hold.
    background_uncertainty
        As for `expected_significance`.

    Raises
    ------
    FivesigmaError
        If ``bins`` is below one, or all background together is worth less than the floor.
    """
    if bins < 1:
        raise FivesigmaError(f"a binning needs one bin or more, not {bins}")
    spans = _Spans.of(cells, floor)
    if not spans.allowed[0, -1]:
        effective = float(effective_numbers(cells.background.sum(), cells.variances.sum()))
        raise FivesigmaError(
            f"all background together is worth {effective:.3g} events, below the {floor:g} that one bin must hold;"
            " loosen the selection or simulate more"
        )
    paths: dict[int, set[tuple[int, ...]]] = {}
    for shift in _shifts(cells, spans, bins, background_uncertainty):
        for path in _best_paths(spans.squares(float(shift)), bins):
            paths.setdefault(len(path) - 1, set()).add(path)
    return tuple(_best(cells, sorted(paths[count]), background_uncertainty) for count in sorted(paths))


def settled(mergings: tuple[Merging, ...], gain: float = 0.01) -> Merging:
    """Return the merging after which another bin would raise Z by less than the relative ``gain``."""
    for merging, finer in pairwise(mergings):
        if finer.z <= (1 + gain) * merging.z:
            return merging
    return mergings[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spans:
    """Yields between every pair of cell borders, shape (m + 1, m + 1), and whether they may be a bin."""

    signal: Floats
    background: Floats
    error: Floats
    allowed: Bools

    @classmethod
    def of(cls, cells: Cells, floor: float) -> _Spans:
        signal, background, variances = (
            np.subtract.outer(sums, sums).T
            for sums in (np.append(0.0, np.cumsum(part)) for part in (cells.signal, cells.background, cells.variances))
        )
        forward = np.triu(np.ones(signal.shape, dtype=np.bool_), k=1)
        enough = forward & (background > 0) & (variances > 0)
        effective = np.divide(np.square(background), variances, out=np.zeros_like(background), where=enough)
        # sums of differences round: what holds the floor exactly must not be refused
        allowed = enough & (effective >= floor * (1 - 1e-9)) & (effective > 0)
        error = np.sqrt(np.maximum(variances, 0))
        return cls(signal=np.maximum(signal, 0), background=background, error=error, allowed=allowed)

    def squares(self, shift: float) -> Floats:
        """Return Z² of each span at a shift of the background, -∞ where it may be no bin."""
        out, at = np.full(self.signal.shape, -np.inf), self.allowed
        out[at] = _squares(self.signal[at], self.background[at], self.error[at], shift)
        return out


def _shifts(cells: Cells, spans: _Spans, bins: int, background_uncertainty: float) -> Floats:
    """Return shifts of the background up to beyond where any binning's may be: that of all signal taken for background."""
    if background_uncertainty == 0:
        return np.zeros(1)
    largest = np.sqrt(bins * spans.squares(0.0).max())  # Z of an unshifted background, which (δ/r) cannot exceed
    mean = 2 * max(cells.signal.sum(), 0.0) / cells.background.sum()
    return np.linspace(0, min(background_uncertainty * float(largest), float(mean)), _SHIFTS)


def _best(cells: Cells, paths: list[tuple[int, ...]], background_uncertainty: float) -> Merging:
    """Return the best of several mergings into one number of bins, the first of equals."""
    merged = [cells.merged(np.asarray(path)) for path in paths]
    signal, background, variances = (
        np.stack([getattr(part, name) for part in merged]) for name in ("signal", "background", "variances")
    )
    z = expected_significance(signal, background, variances, background_uncertainty)
    return Merging(edges=paths[int(np.argmax(z))], z=float(z.max()))


def _squares(signal: Floats, background: Floats, error: Floats, shift: Floats | float) -> Floats:
    """Return Z_A² of each bin once its background is shifted by a relative amount."""
    more = shift * background
    return np.square(asimov_significance(signal - more, background + more, error))


def _best_paths(squares: Floats, bins: int) -> list[tuple[int, ...]]:
    """Return for 1, 2, ... bins the borders of the largest sum of ``squares``, while there are any."""
    last = len(squares) - 1
    best, origins = squares[0], [np.zeros(last + 1, dtype=np.int64)]
    paths = []
    for _ in range(bins):
        if not np.isfinite(best[last]):
            break
        paths.append(_path(origins, last))
        sums = best[:, None] + squares
        origins.append(np.argmax(sums, axis=0))
        best = sums.max(axis=0)
    return paths


def _path(origins: list[Ints], last: int) -> tuple[int, ...]:
    borders = [last]
    for origin in reversed(origins):
        borders.append(int(origin[borders[-1]]))
    return tuple(reversed(borders))
