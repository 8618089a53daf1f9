"""Binned events of a mass: sums of weights and of their squares."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.errors import DataError, FivesigmaError

__all__ = ["Spectrum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """A mass spectrum in n bins.

    Attributes
    ----------
    edges
        Of the bins, shape (n + 1,), in the unit of the mass.
    sum_w, sum_w2
        Σw and Σw² in each bin, shape (n,); of data both are counts.
    name, label
        What is binned, and what figures call it, with its unit.
    pool
        Effective events that neighbouring bins must hold together to say what an event weighs in `scale`; zero for each bin alone.

    Raises
    ------
    FivesigmaError
        If the edges do not rise.
    DataError
        If a sum is not finite, or a Σw² is negative.
    """

    edges: Floats
    sum_w: Floats
    sum_w2: Floats
    name: str = "mass"
    label: str = ""
    pool: float = 0.0

    def __post_init__(self) -> None:
        _require_edges(self.edges, self.name)
        require_length(len(self.edges) - 1, sum_w=self.sum_w, sum_w2=self.sum_w2)
        if not np.all(np.isfinite(self.sum_w)) or not np.all(np.isfinite(self.sum_w2)):
            raise DataError(f"{self.name}: a bin of the spectrum is not finite")
        if np.any(self.sum_w2 < 0):
            raise DataError(f"{self.name}: a Σw² of the spectrum is negative")

    @classmethod
    def of(
        cls, values: ArrayLike, weight: ArrayLike | None, edges: ArrayLike, *, name: str = "mass", label: str = ""
    ) -> Spectrum:
        """Return the spectrum of events, values and weights of shape (n,); those outside the edges are left out.

        One weight stands for all events, and None for counts. A bin holds its lower edge, the last one its upper edge as well.

        Raises
        ------
        DataError
            If a value or weight is not finite.
        FivesigmaError
            If the edges do not rise.
        """
        values = np.asarray(values, dtype=np.float64)
        weight = np.asarray(1.0 if weight is None else weight, dtype=np.float64)
        weight = np.full(len(values), weight) if weight.ndim == 0 else weight
        require_length(len(values), weight=weight)
        if bad := int(np.count_nonzero(~np.isfinite(values) | ~np.isfinite(weight))):
            raise DataError(f"{name} or its weight is not finite in {bad} events")
        edges = np.asarray(edges, dtype=np.float64)
        _require_edges(edges, name)
        inside = (values >= edges[0]) & (values <= edges[-1])
        bins = len(edges) - 1
        place = np.minimum(np.searchsorted(edges, values[inside], side="right") - 1, bins - 1)
        # bin by bin: numpy's histogram takes differences of running sums, in which small bins drown
        sum_w, sum_w2 = (
            np.bincount(place, weight[inside] ** power, minlength=bins).astype(np.float64) for power in (1, 2)
        )
        return cls(edges=edges, sum_w=sum_w, sum_w2=sum_w2, name=name, label=label)

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.sum_w)

    @property
    def total(self) -> float:
        """Σw of all bins."""
        return float(self.sum_w.sum())

    @property
    def range(self) -> tuple[float, float]:
        """The first and last edge."""
        return float(self.edges[0]), float(self.edges[-1])

    @property
    def title(self) -> str:
        """What figures call the mass."""
        return self.label or self.name

    @property
    def scale(self) -> Floats:
        """Σw²/Σw, shape (n,): what a simulated event weighs there; where nothing says that, the whole spectrum does.

        Σw over it is as good as Poisson: G. Bohm and G. Zech, NIM A 748 (2014) 1, arXiv:1309.1287. Where weights differ much, a bin
        that happens to lack the heavy ones would seem to know its small sum well; hence `pooled`.
        """
        sum_w, sum_w2 = self._pooled() if self.pool > 0 else (self.sum_w, self.sum_w2)
        known = (sum_w > 0) & (sum_w2 > 0)
        whole = float(self.sum_w2.sum() / self.total) if self.total > 0 and self.sum_w2.sum() > 0 else 1.0
        return np.asarray(np.divide(sum_w2, sum_w, out=np.full(self.bins, whole), where=known))

    def pooled(self, events: float = 25.0) -> Spectrum:
        """Return the same spectrum, whose `scale` is that of neighbours that hold so many effective events together."""
        return replace(self, pool=events)

    def _pooled(self) -> tuple[Floats, Floats]:
        """Return Σw and Σw² of each bin and as many neighbours on either side as it takes, shape (n,) each."""
        cumulative = [np.concatenate([[0.0], np.cumsum(part)]) for part in (self.sum_w, self.sum_w2)]
        places = np.arange(self.bins)
        sums = [self.sum_w.copy(), self.sum_w2.copy()]
        for reach in range(1, self.bins):
            lacking = np.square(np.maximum(sums[0], 0.0)) < self.pool * sums[1]
            lacking |= sums[1] <= 0
            if not lacking.any():
                break
            low, high = np.maximum(places - reach, 0)[lacking], np.minimum(places + reach + 1, self.bins)[lacking]
            for part, whole in zip(sums, cumulative, strict=True):
                part[lacking] = whole[high] - whole[low]
        return sums[0], sums[1]

    def plus(self, other: Spectrum) -> Spectrum:
        """Return the sum of two spectra.

        Raises
        ------
        FivesigmaError
            If their bins differ.
        """
        if not np.array_equal(self.edges, other.edges):
            raise FivesigmaError(f"{self.name}: spectra of different bins cannot be added")
        return replace(self, sum_w=self.sum_w + other.sum_w, sum_w2=self.sum_w2 + other.sum_w2)

    def where(self, use: Bools) -> Spectrum:
        """Return the same bins, those emptied that are not in ``use``, shape (n,), so that nothing depends on what is there."""
        return replace(self, sum_w=self.sum_w * use, sum_w2=self.sum_w2 * use)

    def filled_with(self, expected: Floats) -> Spectrum:
        """Return data of these counts, shape (n,), whole or not, in the same bins."""
        return replace(self, sum_w=expected, sum_w2=expected, pool=0.0)


def _require_edges(edges: Floats, name: str) -> None:
    if len(edges) < 2 or not np.all(np.isfinite(edges)) or not np.all(np.diff(edges) > 0):
        raise FivesigmaError(f"{name}: the edges of a spectrum must be finite and rise")
