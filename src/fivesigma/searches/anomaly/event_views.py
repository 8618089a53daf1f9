"""What figures show of the events in a scan's best window: their scores, and the features of those that were selected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.evaluation.histograms import DataHistogram, binning, data_histogram
from fivesigma.searches.anomaly.results import AnomalyScan, ScoredEvents
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["ScoreThreshold", "SelectedFeature", "WindowScores", "selected_features", "window_scores"]

_FARTHEST = 2.0  # scores drawn, in units of the distance from the lowest to the tightest threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreThreshold:
    """Above which score a selection keeps events, all folds together; each fold has its own close by."""

    efficiency: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowScores:
    """Scores in a window and in its sidebands.

    Attributes
    ----------
    window
        Which.
    edges
        Of m bins of the score, shape (m + 1,).
    inside, below, above
        Events in the window and in its sidebands; the last bin holds all scores above.
    beyond
        How many those are.
    thresholds
        Of the selections.
    """

    window: MassWindow
    edges: Floats
    inside: DataHistogram
    below: DataHistogram
    above: DataHistogram
    beyond: int
    thresholds: tuple[ScoreThreshold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFeature:
    """A feature of the best window's selection.

    Attributes
    ----------
    feature
        Its name.
    edges
        Of m bins, shape (m + 1,).
    inside
        Selected events in the window.
    outside
        Counts of selected events outside it, shape (m,).
    rest
        Counts of all other events, shape (m,).
    """

    feature: str
    edges: Floats
    inside: DataHistogram
    outside: Ints
    rest: Ints


def window_scores(scan: AnomalyScan, *, bins: int = 40) -> WindowScores | None:
    """Return the scores in the best window and in its sidebands; None if nothing was looked at.

    Parameters
    ----------
    scan
        Whose.
    bins
        Of the score.
    """
    best, events = scan.best_window, scan.events
    if best is None or events is None:
        return None
    falling = np.sort(events.score)[::-1]
    # as many events as the selection kept, whatever its efficiency is a fraction of
    thresholds = tuple(
        ScoreThreshold(efficiency=excess.efficiency, score=float(falling[min(excess.selected, len(falling)) - 1]))
        for excess in best.excesses
        if excess.selected
    )
    lowest = float(falling[-1])
    tightest = max([one.score for one in thresholds], default=float(falling[0]))
    highest = min(float(falling[0]), lowest + _FARTHEST * (tightest - lowest))
    edges = np.linspace(lowest, highest if highest > lowest else lowest + 1, bins + 1)
    window = best.window
    parts = [events.score[part(events.mass)] for part in (window.inside, window.below, window.above)]
    inside, below, above = (data_histogram(np.minimum(part, edges[-1]), edges) for part in parts)
    return WindowScores(
        window=window,
        edges=edges,
        inside=inside,
        below=below,
        above=above,
        beyond=sum(int(np.count_nonzero(part > edges[-1])) for part in parts),
        thresholds=thresholds,
    )


def selected_features(scan: AnomalyScan, *, bins: int = 25) -> tuple[SelectedFeature, ...]:
    """Return each feature of the selected events in the best window, of those outside it and of all others; none without a best window.

    Parameters
    ----------
    scan
        Whose.
    bins
        How many a continuous feature gets.

    Raises
    ------
    DataError
        If a feature has no finite value.
    """
    best, events = scan.best_window, scan.events
    if best is None or events is None:
        return ()
    columns = zip(scan.features, events.X.T.astype(np.float64), strict=True)
    return tuple(_feature(name, values, events, best.window, bins) for name, values in columns)


def _feature(name: str, values: Floats, events: ScoredEvents, window: MassWindow, bins: int) -> SelectedFeature:
    inside = events.selected & window.inside(events.mass)
    outside = events.selected & ~inside
    edges = _edges(values, values[inside], bins)
    counts = [data_histogram(values[part], edges) for part in (inside, outside, ~events.selected)]
    return SelectedFeature(feature=name, edges=edges, inside=counts[0], outside=counts[1].counts, rest=counts[2].counts)


def _edges(values: Floats, chosen: Floats, bins: int) -> Floats:
    """Return edges that show the bulk of all events and that of those chosen, which may lie in a tail."""
    edges = binning(values, bins)
    if not np.any(np.isfinite(chosen)):
        return edges
    few = binning(chosen, bins)
    low, high = min(edges[0], few[0]), max(edges[-1], few[-1])
    if np.all(np.diff(edges) == 1) and np.all(np.diff(few) == 1):
        return np.arange(low, high + 0.5)
    return np.linspace(low, high, bins + 1)
