"""One window of a scan: trained, selected, fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.evaluation.roc import auc
from fivesigma.searches.anomaly.excess import local_excess
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.results import LocalExcess, SkippedWindow, WindowScan
from fivesigma.searches.anomaly.selection import select
from fivesigma.searches.anomaly.weak_training import (
    TrainingTask,
    learns_window,
    mean_scores,
    train_members,
    training_jobs,
)
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["judge_window", "scan_window", "selected_events", "too_few"]


def scan_window(
    mass: Floats, X: Matrix, fold: NDArray[np.int8], window: MassWindow, options: ScanOptions
) -> WindowScan | SkippedWindow:
    """Train on one window, select and fit, all in this process.

    Parameters
    ----------
    mass, X, fold
        Masses in GeV, shape (n,), in the range of the options; features as the classifier sees them, shape (n, k); folds, shape (n,).
    window
        Where.
    options
        How.

    Raises
    ------
    FivesigmaError
        If an estimator can't be trained.
    """
    if (reason := too_few(mass, fold, window, options)) is not None:
        return SkippedWindow(window=window, reason=reason)
    shared: dict[str, NDArray[Any]] = {"mass": mass, "X": X, "fold": fold}
    where = window if learns_window(options) else None
    members = [
        member
        for jobs in training_jobs(options)
        for member in train_members(TrainingTask(window=where, jobs=jobs, options=options), shared)
    ]
    score, loss = mean_scores(members, fold)
    return judge_window(mass, fold, score, window, options, loss=loss)


def too_few(mass: Floats, fold: NDArray[np.int8], window: MassWindow, options: ScanOptions) -> str | None:
    """Return why a window has too few events to train on, if it has; arguments as for `scan_window`."""
    parts = {"window": window.inside(mass), "lower sideband": window.below(mass), "upper sideband": window.above(mass)}
    lacking = [
        f"{count} events in the {name}"
        for name, part in parts.items()
        if (count := int(np.count_nonzero(part))) < options.least_events
    ]
    if lacking:
        return f"{', '.join(lacking)}, fewer than {options.least_events}"
    for name, part in parts.items():  # each fold validates
        if (there := len(np.unique(fold[part]))) < options.folds:
            return f"no events in the {name} in {options.folds - there} of {options.folds} folds"
    return None


def judge_window(
    mass: Floats,
    fold: NDArray[np.int8],
    score: Floats,
    window: MassWindow,
    options: ScanOptions,
    *,
    loss: float | None = None,
) -> WindowScan:
    """Return what selections by a score leave in a window; arguments as for `scan_window`, the score of shape (n,) out of fold."""
    excesses: list[LocalExcess] = []
    unfitted: list[str] = []
    for efficiency in options.efficiencies:
        kept = selected_events(mass, fold, score, window, efficiency, options)
        try:
            excesses.append(local_excess(mass[kept], efficiency, window, options))
        except FivesigmaError as error:
            unfitted.append(f"{efficiency:g}: {error}")
    inside, below, above = window.inside(mass), window.below(mass), window.above(mass)
    return WindowScan(
        window=window,
        inside=int(inside.sum()),
        below=int(below.sum()),
        above=int(above.sum()),
        auc=_auc(score, fold, inside, below, above),
        loss=loss,
        excesses=tuple(excesses),
        unfitted=tuple(unfitted),
    )


def selected_events(
    mass: Floats, fold: NDArray[np.int8], score: Floats, window: MassWindow, efficiency: float, options: ScanOptions
) -> NDArray[np.bool_]:
    """Return which events, shape (n,), a selection keeps; arguments as for `judge_window`."""
    ticket = np.random.default_rng(derive_seed(options.seed, "tickets")).permutation(len(mass))
    of = window.below(mass) | window.above(mass) if options.efficiency_of == "sidebands" else None
    return select(score, fold, efficiency, ticket=ticket, of=of)


def _auc(score: Floats, fold: NDArray[np.int8], inside: Bools, below: Bools, above: Bools) -> float | None:
    """Return the mean over folds, whose scores need not be of one scale, of the area under the ROC curve, sidebands of equal weight."""
    values = []
    for one in np.unique(fold):
        mine = fold == one
        counts = [int((group & mine).sum()) for group in (below, above)]
        used = mine & (inside | below | above)
        if not min(counts) or not (inside & mine).any():
            continue
        weight = np.ones(len(score))
        for group, count in zip((below, above), counts, strict=True):
            weight[group & mine] = sum(counts) / 2 / count
        values.append(auc(score[used], inside[used], weight[used]))
    return float(np.mean(values)) if values else None
