"""The scan: a resonance sought anywhere in a mass spectrum by features, without labels.

CWoLa hunting (J. Collins, K. Howe and B. Nachman, arXiv:1805.02664 and 1902.02634; ATLAS, arXiv:2005.02983): at each mass
hypothesis a classifier is trained on a signal window against its sidebands, events are selected by scores of estimators that never
saw them, and the selected events in the window are counted over a background that is fitted outside it. Any other score goes
through the same selections and fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix, UInts, require_length
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import fold_of
from fivesigma.core.parallel import Workers, iterate_map
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.order import choose_order
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.excess import spectrum_edges
from fivesigma.searches.anomaly.global_p_value import bonferroni, gross_vitells_p
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.results import (
    AnomalyScan,
    NullExperiments,
    ScanPoint,
    ScoredEvents,
    SkippedWindow,
    WindowScan,
)
from fivesigma.searches.anomaly.scan_checks import null_findings, scan_findings
from fivesigma.searches.anomaly.scan_record import ScanRecord, events_digest
from fivesigma.searches.anomaly.scan_window import judge_window, selected_events, too_few
from fivesigma.searches.anomaly.weak_training import (
    MemberScores,
    TrainingTask,
    learns_window,
    mean_scores,
    train_members,
    training_jobs,
)
from fivesigma.searches.anomaly.windows import MassWindow, turn_on
from fivesigma.statistics.conditional_quantiles import ConditionalQuantiles

__all__ = ["ScanEvents", "anomaly_scan", "in_range", "scan_events", "with_null_experiments"]

_Scored: TypeAlias = tuple[Floats, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanEvents:
    """The events of a scan: masses in GeV and folds, shape (n,), features as they are and as the classifier sees them, (n, k)."""

    mass: Floats
    fold: NDArray[np.int8]
    given: Matrix
    X: Matrix


def in_range(mass: Floats, options: ScanOptions) -> Bools:
    """Return which masses in GeV, shape (n,), are looked at.

    Raises
    ------
    DataError
        If none is.
    """
    low, high = options.range
    inside = (mass >= low) & (mass <= high)
    if not inside.any():
        there = f"; they lie from {mass.min():.4g} to {mass.max():.4g} GeV" if len(mass) else ""
        raise DataError(f"no event has a mass from {low:g} to {high:g} GeV{there}")
    return inside


def scan_events(mass: Floats, X: Matrix, ids: UInts, options: ScanOptions) -> ScanEvents:
    """Return the events in the range of a scan, decorrelated if asked.

    Parameters
    ----------
    mass, X, ids
        Masses in GeV, shape (n,), features, shape (n, k), and identifiers, shape (n,), which say the folds.
    options
        How the scan is made.

    Raises
    ------
    DataError
        If a mass is no number, or no event has one in the range.
    FivesigmaError
        If there are fewer than 3 folds: one is scored, one validates, the others train.
    """
    require_length(len(mass), X=X, ids=ids)
    if options.folds < 3:
        raise FivesigmaError(
            f"a scan needs at least 3 folds, not {options.folds}: one is scored, one validates, others train"
        )
    if lost := int(np.count_nonzero(~np.isfinite(mass))):
        raise DataError(f"the mass is not finite in {lost} events")
    inside = in_range(mass, options)
    mass, given = mass[inside], np.ascontiguousarray(X[inside])
    fold = fold_of(ids[inside], seed=options.seed, folds=options.folds)
    if options.decorrelate:
        quantiles = ConditionalQuantiles.fit(given, mass)
        return ScanEvents(mass=mass, fold=fold, given=given, X=quantiles.quantile(given, mass).astype(np.float32))
    return ScanEvents(mass=mass, fold=fold, given=given, X=given)


def anomaly_scan(
    events: ScanEvents,
    windows: Sequence[MassWindow],
    options: ScanOptions,
    *,
    features: Sequence[str],
    score: Floats | None = None,
    name: str = "scan",
    workers: Workers | None = None,
    record: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AnomalyScan:
    """Scan the windows for an excess.

    Parameters
    ----------
    events
        See `scan_events`.
    windows
        See `fivesigma.searches.anomaly.windows.mass_windows`.
    options
        How.
    features
        What the k features are called.
    score
        A score of each event, shape (n,), made elsewhere out of fold; nothing is trained then.
    name
        What the scan is called.
    workers
        Where to compute; in this process if None.
    record
        Folder where finished windows are kept.
    progress
        Called with (done, all) estimators.

    Raises
    ------
    FivesigmaError
        If the range begins in the turn-on of the spectrum, or an estimator can't be trained.
    DataError
        If the spectrum as a whole can't be fitted.
    """
    _require_falling(events.mass, windows, options)
    judged: list[WindowScan] = []
    skipped: list[SkippedWindow] = []
    todo = []
    for window in windows:
        if score is None and (reason := too_few(events.mass, events.fold, window, options)) is not None:
            skipped.append(SkippedWindow(window=window, reason=reason))
        else:
            todo.append(window)
    best, best_score = None, np.empty(0)
    for window, (values, loss) in _scored(events, todo, options, score, workers, record, progress):
        judged.append(judge_window(events.mass, events.fold, values, window, options, loss=loss))
        if (leading := _best(judged)) != best:
            best, best_score = leading, values
    judged.sort(key=lambda one: one.window.mass)
    seen = None if best is None else _scored_events(events, judged, best_score, best, options)
    return _whole(
        events, judged, skipped, best, seen, options, tuple(features), name, options.use if score is None else ""
    )


def with_null_experiments(scan: AnomalyScan, experiments: Sequence[NullExperiments]) -> AnomalyScan:
    """Return a scan with pseudo-experiments beside it; the largest of their p-values is the global one."""
    experiments = tuple(experiments)
    if not experiments or scan.best is None:
        return scan
    p_global = max((one.p_value for one in experiments), key=lambda estimate: estimate.value)
    found = (*scan.findings, *null_findings(experiments))
    return replace(scan, null_experiments=experiments, p_global=p_global, findings=found)


def _require_falling(mass: Floats, windows: Sequence[MassWindow], options: ScanOptions) -> None:
    if not windows:
        raise FivesigmaError("a scan needs a window")
    end = turn_on(mass)
    if end <= mass.min():
        return
    message = (
        f"the spectrum rises up to {end:.4g} GeV, as trigger and cuts turn on; the range of the scan begins at {options.range[0]:g} GeV,"
        f" where no falling function describes it; begin at {end:.4g} GeV or above"
    )
    if reaching := [window for window in windows if window.low <= end]:
        window = reaching[-1]
        message += f", and masses above {end + window.mass - window.low:.4g} GeV: the window of {window.mass:g} GeV begins at {window.low:g} GeV"
    raise FivesigmaError(message)


def _scored(
    events: ScanEvents,
    windows: Sequence[MassWindow],
    options: ScanOptions,
    score: Floats | None,
    workers: Workers | None,
    record: Path | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[MassWindow, _Scored]]:
    """Yield each window with the scores of the events, as it is done."""
    if score is not None:
        require_length(len(events.mass), score=score)
        for window in windows:
            yield window, (score, None)
    elif learns_window(options):
        for place, scored in _trained(events, list(windows), options, workers, record, progress):
            yield windows[place], scored
    elif windows:
        for _, scored in _trained(events, [None], options, workers, record, progress):
            for window in windows:
                yield window, scored


def _trained(
    events: ScanEvents,
    windows: Sequence[MassWindow | None],
    options: ScanOptions,
    workers: Workers | None,
    record: Path | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[int, _Scored]]:
    """Yield the place of each window with the scores of its estimators: those that were finished before, then the others."""
    shared: dict[str, NDArray[Any]] = {"mass": events.mass, "X": events.X, "fold": events.fold}
    kept = ScanRecord(record, events_digest(*shared.values()) if record is not None else "")
    todo = []
    for place, window in enumerate(windows):
        if (before := kept.read(window, options)) is not None:
            yield place, before
        else:
            todo.append(place)
    jobs = training_jobs(options)
    places = [place for place in todo for _ in jobs]
    tasks = [TrainingTask(window=windows[place], jobs=part, options=options) for place in todo for part in jobs]
    members: dict[int, list[MemberScores]] = {place: [] for place in todo}
    whole = options.folds * options.members
    done, estimators = whole * (len(windows) - len(todo)), whole * len(windows)
    for index, trained in iterate_map(train_members, tasks, shared=shared, workers=workers):
        place = places[index]
        members[place] += trained
        done += len(trained)
        if progress is not None:
            progress(done, estimators)
        if len(members[place]) == whole:
            scored = mean_scores(members.pop(place), events.fold)
            kept.keep(windows[place], options, *scored)
            yield place, scored


def _whole(
    events: ScanEvents,
    judged: Sequence[WindowScan],
    skipped: Sequence[SkippedWindow],
    best: ScanPoint | None,
    seen: ScoredEvents | None,
    options: ScanOptions,
    features: tuple[str, ...],
    name: str,
    trained: str,
) -> AnomalyScan:
    trials = sum(len(one.excesses) for one in judged)
    bound = None if best is None else bonferroni(best.log_p, trials)
    spectrum = Spectrum.of(
        events.mass, None, spectrum_edges(*options.range, options.bins), name="m_jj", label=options.mass_title
    )
    order, fit = _fit(spectrum, options)
    fixed = not trained or not learns_window(options)
    return AnomalyScan(
        name=name,
        score=trained,
        features=features,
        efficiencies=options.efficiencies,
        spectrum=spectrum,
        fit=fit,
        family=options.family,
        order=order,
        windows=tuple(judged),
        skipped=tuple(skipped),
        best=best,
        trials=trials,
        bonferroni=bound,
        gross_vitells=_gross_vitells(judged, options) if fixed and best is not None else None,
        null_experiments=(),
        p_global=bound,
        events=seen,
        findings=tuple(scan_findings(judged, skipped, events.mass, events.X, features)),
    )


def _best(judged: Sequence[WindowScan]) -> ScanPoint | None:
    points = [(excess.z, window.window.mass, excess) for window in judged for excess in window.excesses]
    if not points:
        return None
    _, mass, excess = max(points, key=lambda point: point[:2])
    return ScanPoint(mass=mass, efficiency=excess.efficiency, z=excess.z, p_value=excess.p_value, log_p=excess.log_p)


def _fit(spectrum: Spectrum, options: ScanOptions) -> tuple[int, SpectrumFit]:
    order = options.order
    if order is None:
        order, _ = choose_order(spectrum, options.family, cost="poisson", energy=options.energy)
    background = BinnedBackground.of(options.family, order, spectrum.edges, energy=options.energy)
    return order, fit_spectrum(spectrum, background)


def _gross_vitells(judged: Sequence[WindowScan], options: ScanOptions) -> Estimate | None:
    """Return the global p-value of a score that is the same in all windows; its assumption holds for one selection alone."""
    if len(options.efficiencies) != 1:
        return None
    z = np.array([excess.z for window in judged for excess in window.excesses])
    return gross_vitells_p(z) if z.size and z.max() > 0 else None


def _scored_events(
    events: ScanEvents,
    judged: Sequence[WindowScan],
    score: Floats,
    best: ScanPoint,
    options: ScanOptions,
) -> ScoredEvents:
    window = next(one.window for one in judged if one.window.mass == best.mass)
    kept = selected_events(events.mass, events.fold, score, window, best.efficiency, options)
    return ScoredEvents(mass=events.mass, score=score, selected=kept, X=events.given)
