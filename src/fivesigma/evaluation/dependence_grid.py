"""The values that an input is set to when the dependence of a score on it is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["dependence_grid"]

_TAIL = 0.01


def dependence_grid(values: Floats, is_signal: Bools, weight: Floats, grid: int | Sequence[float]) -> Floats:
    """Return the values that are asked for, ascending; if only their number is, spread over both classes at equal weight.

    Parameters
    ----------
    values, is_signal, weight
        Of the events, none missing, shape (n,); weights count by their size.
    grid
        The values, or how many at most.

    Raises
    ------
    FivesigmaError
        If there are fewer than two, or one is not finite.
    """
    if isinstance(grid, int):
        if grid < 2:
            raise FivesigmaError(f"a dependence is seen at two values or more, not at {grid}")
        size = np.abs(weight)
        for mask in (is_signal, ~is_signal):
            size[mask] /= size[mask].sum() or 1.0
        return _spread(values, size, grid)
    places = np.unique(np.asarray(grid, dtype=np.float64))
    if not len(places) or not np.isfinite(places).all():
        raise FivesigmaError(f"an input is set to finite values, not to {list(grid)}")
    return places


def _spread(values: Floats, size: Floats, count: int) -> Floats:
    """Return at most so many different values of events: quantiles show where those are, even steps leave no wide gap."""
    distinct = np.unique(values)
    if len(distinct) <= count:
        return distinct
    quantiles = weighted_quantile(values, np.linspace(_TAIL, 1 - _TAIL, max(2, count // 2)), size)
    steps = np.linspace(quantiles[0], quantiles[-1], count - len(quantiles) + 2)[1:-1]
    return np.unique(np.append(quantiles, distinct[np.searchsorted(distinct, steps)]))
