"""Selections of a fixed fraction of events by their score, fold by fold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.errors import FivesigmaError

__all__ = ["select"]


def select(
    score: Floats, fold: NDArray[np.int8], efficiency: float, *, ticket: NDArray[np.integer], of: Bools | None = None
) -> Bools:
    """Return which events, shape (n,), have the highest scores of their fold.

    Estimators of different folds need not have scores of one scale, so that each fold has a threshold of its own. No label says
    where: it is the fraction of the fold's events, or of some of them, that is kept. Among equal scores, which trees give to
    many events, a draw that knows nothing else decides.

    Parameters
    ----------
    score, fold
        Out-of-fold scores and folds, shape (n,).
    efficiency
        Fraction to keep, above zero and below one.
    ticket
        Different for each event, shape (n,).
    of
        The events whose fraction it is, shape (n,); all if None.

    Raises
    ------
    FivesigmaError
        If the efficiency is none, or a score is no number.
    """
    if not 0 < efficiency < 1:
        raise FivesigmaError(f"an efficiency of {efficiency:g} is none: it lies between 0 and 1")
    if not np.all(np.isfinite(score)):
        raise FivesigmaError(f"{int(np.count_nonzero(~np.isfinite(score)))} scores are no finite numbers")
    basis = np.ones(len(score), dtype=np.bool_) if of is None else of
    require_length(len(score), fold=fold, ticket=ticket, of=basis)
    kept = np.zeros(len(score), dtype=np.bool_)
    for one in np.unique(fold):
        mine = np.flatnonzero(fold == one)
        falling = mine[np.lexsort((ticket[mine], score[mine]))[::-1]]
        counted = np.cumsum(basis[falling])
        wanted = round(efficiency * int(counted[-1])) if len(counted) else 0
        kept[falling[counted <= wanted] if wanted else falling[:0]] = True
    return kept
