"""What a scan for an anomaly says."""

from __future__ import annotations

from dataclasses import dataclass

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.display import Entry, table
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding, remarks
from fivesigma.core.format import number
from fivesigma.inference.mass.backgrounds import BackgroundFamily
from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.options import NullFeatures
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["AnomalyScan", "LocalExcess", "NullExperiments", "ScanPoint", "ScoredEvents", "SkippedWindow", "WindowScan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExcess:
    """The events that one selection leaves in one window, over a background fitted outside it.

    Attributes
    ----------
    efficiency
        Fraction of events that the selection keeps.
    selected
        Events that it kept, of all masses.
    observed
        Of those in the window.
    expected, expected_error
        What the fit outside the window predicts there, and its error.
    z, p_value, log_p
        Signed local significance, positive for an excess, the one-sided p-value of an excess and ``ln p``, the error a log-normal nuisance:
        right for few events as well (`fivesigma.statistics.marginal_counts`).
    order
        Of the background's family.
    spectrum, fit
        The selected events by mass, and the fit.
    """

    efficiency: float
    selected: int
    observed: float
    expected: float
    expected_error: float
    z: float
    p_value: float
    log_p: float
    order: int
    spectrum: Spectrum
    fit: SpectrumFit


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowScan:
    """One window of a scan.

    Attributes
    ----------
    window
        Where it is.
    inside, below, above
        Events in the window and in its sidebands, before any selection.
    auc
        Of telling the window from its sidebands, by events that did not train: 0.5 says nothing was learnt, and nothing of a signal.
    loss
        Mean loss on validation events where training ended; None where a classifier has none.
    excesses
        One for each efficiency, in order, but those that could not be fitted.
    unfitted
        Those, and why.
    """

    window: MassWindow
    inside: int
    below: int
    above: int
    auc: float | None
    loss: float | None
    excesses: tuple[LocalExcess, ...]
    unfitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedWindow:
    """A window that was not looked at, and why."""

    window: MassWindow
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPoint:
    """A place in a scan, by window and efficiency, and what is there."""

    mass: float
    efficiency: float
    z: float
    p_value: float
    log_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredEvents:
    """The events as the best window's score and the best selection see them.

    Attributes
    ----------
    mass, score, selected
        In GeV, out of fold, and whether the selection keeps it; shape (n,).
    X
        Features before decorrelation, shape (n, k).
    """

    mass: Floats
    score: Floats
    selected: Bools
    X: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class NullExperiments:
    """Scans of N pseudo-experiments without a signal, each trained anew.

    Attributes
    ----------
    features
        Whether the features of their events follow the mass as those of the background do, or know nothing of it.
    members
        Estimators per fold and window that they were scanned with.
    largest_z, largest_absolute_z
        The largest signed and unsigned local significance of each scan, shape (N,).
    observed
        The largest signed significance of the scan that they are compared with.
    p_value
        ``(k + 1)/(N + 1)`` where k of N reach it (B. Phipson and G. Smyth, arXiv:1603.05766), with the interval of k/N by Clopper and Pearson.
    trials
        Windows × efficiencies of each scan.
    width
        Root mean square of all local significances of all scans: 1 if local p-values are right. Cross-fitting makes it larger, as what a fold's
        events teach the estimators of the others, these teach it in turn. None for fewer than 10 experiments.
    expected_absolute_z
        What the largest unsigned significance would be on average if all were independent and normal.
    """

    features: NullFeatures
    members: int
    largest_z: Floats
    largest_absolute_z: Floats
    observed: float
    p_value: Estimate
    expected_absolute_z: float
    trials: int
    width: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyScan:
    """A scan for a resonance over mass hypotheses and selections.

    Attributes
    ----------
    name
        What it is called.
    score
        What the events were selected by.
    features
        Names of the inputs.
    efficiencies
        Of the selections.
    spectrum, fit
        The events before any selection, and the background fitted to all of it.
    family, order
        Of that background.
    windows, skipped
        What was looked at, and what was not.
    best
        Where the local significance is largest; None if nothing was looked at.
    trials
        Windows × efficiencies.
    bonferroni
        ``min(1, trials × p)``: an upper bound, whatever is correlated with what.
    gross_vitells
        By E. Gross and O. Vitells, arXiv:1005.1891, of a score that is the same in all windows and one selection; None otherwise.
    null_experiments
        One for each background model that was asked for.
    p_global
        The global p-value to quote: of pseudo-experiments where there are any, else Bonferroni's.
    events
        Masses, scores and features of the events in the best window's selection; None if nothing was looked at.
    findings
        What was found.
    """

    name: str
    score: str
    features: tuple[str, ...]
    efficiencies: tuple[float, ...]
    spectrum: Spectrum
    fit: SpectrumFit
    family: BackgroundFamily
    order: int
    windows: tuple[WindowScan, ...]
    skipped: tuple[SkippedWindow, ...]
    best: ScanPoint | None
    trials: int
    bonferroni: Estimate | None
    gross_vitells: Estimate | None
    null_experiments: tuple[NullExperiments, ...]
    p_global: Estimate | None
    events: ScoredEvents | None
    findings: tuple[Finding, ...]

    @property
    def best_window(self) -> WindowScan | None:
        """The window of the best point."""
        if self.best is None:
            return None
        return next(one for one in self.windows if one.window.mass == self.best.mass)

    @property
    def best_excess(self) -> LocalExcess | None:
        """The excess of the best point."""
        window, best = self.best_window, self.best
        if window is None or best is None:
            return None
        return next(one for one in window.excesses if one.efficiency == best.efficiency)

    def _sentences(self) -> list[str]:
        if self.best is None or self.p_global is None:
            return []
        local = f"The largest has a local p-value of {number(self.best.p_value)}"
        return [f"{local}, and a global one of {number(self.p_global.value)} ({self.p_global.method})."]

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            f"{window.window.mass:g}, {excess.efficiency:.1%} kept": {
                "seen": int(excess.observed),
                "expected": (excess.expected, excess.expected_error),
                "local Z": excess.z,
            }
            for window in self.windows
            for excess in window.excesses
        }
        largest = sorted(rows, key=lambda name: -float(str(rows[name]["local Z"])))[:8]
        notes = [f"The {len(largest)} largest of {self.trials} looked at.", *self._sentences(), *remarks(self.findings)]
        return table({name: rows[name] for name in largest}, self.name, notes=notes).html
