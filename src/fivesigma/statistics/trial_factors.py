"""From a local p-value to a global one: how likely chance does as well anywhere that was looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError

__all__ = ["gross_vitells", "independent_trials"]


def gross_vitells(z_local: ArrayLike, upcrossings: ArrayLike, reference_z: ArrayLike = 0.0) -> Floats:
    """Return the global p-value of the largest local significance of a one-dimensional scan.

    E. Gross and O. Vitells, arXiv:1005.1891 eq. 3, for a statistic of one degree of freedom and excesses only:
    ``p ≤ p_local + ⟨N(c₀)⟩ exp(-(c - c₀) / 2)`` with ``c = Z²``.

    Parameters
    ----------
    z_local
        The largest local significance; shapes broadcast.
    upcrossings
        How often the local significance of background alone rises through ``reference_z`` in the scan, on average.
    reference_z
        A significance low enough that this is counted in few background-only toys, or in the data themselves.

    Returns
    -------
    Floats
        p-values, of the broadcast shape; 1 at most.

    Raises
    ------
    FivesigmaError
        If the number of upcrossings is negative, or ``z_local`` lies below ``reference_z``, where the bound does not hold.
    """
    z, number, reference = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (z_local, upcrossings, reference_z))
    )
    if not np.all(number >= 0):
        raise FivesigmaError("the mean number of upcrossings is negative or not a number")
    if not np.all(z >= reference):
        raise FivesigmaError("a local significance lies below the reference level at which upcrossings are counted")
    return np.asarray(np.minimum(special.ndtr(-z) + number * np.exp((np.square(reference) - np.square(z)) / 2), 1.0))


def independent_trials(p_local: ArrayLike, trials: ArrayLike) -> Floats:
    """Return the p-value of the smallest of many independent local ones: ``1 - (1 - p)^N`` (Z. Šidák, JASA 62 (1967) 626).

    Its first order ``N p`` is Bonferroni's, an upper bound even where they are not independent.

    Raises
    ------
    FivesigmaError
        If a p-value is not in [0, 1], or there is less than one trial.
    """
    p, number = np.broadcast_arrays(np.asarray(p_local, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    if not np.all((p >= 0) & (p <= 1)):
        raise FivesigmaError("a p-value lies between 0 and 1")
    if not np.all(number >= 1):
        raise FivesigmaError("there is one trial or more")
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(number * np.log1p(-p)))
