"""What figures show of a scan: local significances, spectra with their fits, windows on the spectrum, and how training went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate
from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.results import AnomalyScan, LocalExcess, ScanPoint, WindowScan
from fivesigma.searches.anomaly.windows import MassWindow
from fivesigma.statistics.poisson import garwood_interval
from fivesigma.statistics.significance import gaussian_background_z

__all__ = [
    "BestSpectra",
    "FittedSpectrum",
    "LocalCurve",
    "LocalSignificances",
    "SelectedSpectrum",
    "WindowTraining",
    "WindowsOnSpectrum",
    "best_spectra",
    "local_significances",
    "window_training",
    "windows_on_spectrum",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCurve:
    """Signed local significances and ``ln p`` of one selection, shape (w,), at the masses in GeV where its fit converged."""

    efficiency: float
    mass: Floats
    z: Floats
    log_p: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSignificances:
    """Local p-values against the mass hypothesis.

    Attributes
    ----------
    title
        What figures call the mass, with its unit.
    hypotheses, range
        All masses, those of skipped windows too, rising; from where the first window begins to where the last one ends.
    curves
        One for each efficiency.
    best, p_global, trials
        As in the scan.
    """

    title: str
    hypotheses: Floats
    range: tuple[float, float]
    curves: tuple[LocalCurve, ...]
    best: ScanPoint | None
    p_global: Estimate | None
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSpectrum:
    """Counts in m bins with a fit.

    Attributes
    ----------
    edges
        In GeV, shape (m + 1,).
    counts, low, high
        Events, and the ends of the central 68 % interval (Garwood) for the mean of each bin, shape (m,).
    expected
        By the fit.
    z
        Signed significance of each bin over what is expected there; zero where that is nothing.
    chi2, ndf
        Deviance of the fit, and bins less parameters.
    """

    edges: Floats
    counts: Floats
    low: Floats
    high: Floats
    expected: Floats
    z: Floats
    chi2: float
    ndf: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedSpectrum:
    """What one selection leaves, fitted outside the window, and the count inside."""

    efficiency: float
    spectrum: FittedSpectrum
    observed: float
    expected: float
    expected_error: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSpectra:
    """The spectrum before any selection, fitted as a whole, and after each selection of the best window; None and none without one."""

    title: str
    before: FittedSpectrum
    window: MassWindow | None
    selected: tuple[SelectedSpectrum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsOnSpectrum:
    """The windows of a scan, those that were skipped, and the best one, on the spectrum before any selection."""

    title: str
    spectrum: FittedSpectrum
    windows: tuple[MassWindow, ...]
    skipped: tuple[MassWindow, ...]
    best: MassWindow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTraining:
    """How well each window is told from its sidebands, and the loss where its training ended.

    Attributes
    ----------
    title
        What figures call the mass, with its unit.
    hypotheses, range
        All masses, those of skipped windows too, rising; from where the first window begins to where the last one ends.
    auc_mass, auc, loss_mass, loss
        Masses in GeV of the windows that have one, and its value.
    best
        Mass of the best window.
    """

    title: str
    hypotheses: Floats
    range: tuple[float, float]
    auc_mass: Floats
    auc: Floats
    loss_mass: Floats
    loss: Floats
    best: float | None


def local_significances(scan: AnomalyScan) -> LocalSignificances:
    """Return the local significances of a scan, one curve for each efficiency."""
    windows = _all_windows(scan)
    return LocalSignificances(
        title=scan.spectrum.title,
        hypotheses=np.array([window.mass for window in windows]),
        range=(windows[0].low, windows[-1].high),
        curves=tuple(_curve(scan, efficiency) for efficiency in scan.efficiencies),
        best=scan.best,
        p_global=scan.p_global,
        trials=scan.trials,
    )


def best_spectra(scan: AnomalyScan) -> BestSpectra:
    """Return the spectra before and after each selection of the best window."""
    best = scan.best_window
    return BestSpectra(
        title=scan.spectrum.title,
        before=_fitted(scan.spectrum, scan.fit),
        window=None if best is None else best.window,
        selected=() if best is None else tuple(map(_selected, best.excesses)),
    )


def windows_on_spectrum(scan: AnomalyScan) -> WindowsOnSpectrum:
    """Return the windows of a scan on its spectrum."""
    best = scan.best_window
    return WindowsOnSpectrum(
        title=scan.spectrum.title,
        spectrum=_fitted(scan.spectrum, scan.fit),
        windows=tuple(one.window for one in scan.windows),
        skipped=tuple(one.window for one in scan.skipped),
        best=None if best is None else best.window,
    )


def window_training(scan: AnomalyScan) -> WindowTraining | None:
    """Return AUC and loss of the windows of a scan; None if none has either."""
    auc_mass, auc = _known(scan, lambda one: one.auc)
    loss_mass, loss = _known(scan, lambda one: one.loss)
    if not len(auc) and not len(loss):
        return None
    windows = _all_windows(scan)
    return WindowTraining(
        title=scan.spectrum.title,
        hypotheses=np.array([window.mass for window in windows]),
        range=(windows[0].low, windows[-1].high),
        auc_mass=auc_mass,
        auc=auc,
        loss_mass=loss_mass,
        loss=loss,
        best=None if scan.best is None else scan.best.mass,
    )


def _all_windows(scan: AnomalyScan) -> list[MassWindow]:
    windows = [*(one.window for one in scan.windows), *(one.window for one in scan.skipped)]
    return sorted(windows, key=lambda window: window.mass)


def _curve(scan: AnomalyScan, efficiency: float) -> LocalCurve:
    found = [
        (window.window.mass, excess.z, excess.log_p)
        for window in scan.windows
        for excess in window.excesses
        if excess.efficiency == efficiency
    ]
    mass, z, log_p = np.array(found, dtype=np.float64).reshape(-1, 3).T
    return LocalCurve(efficiency=efficiency, mass=mass, z=z, log_p=log_p)


def _fitted(spectrum: Spectrum, fit: SpectrumFit) -> FittedSpectrum:
    low, high = garwood_interval(spectrum.sum_w)
    known = fit.expected > 0
    z = np.zeros(spectrum.bins)
    z[known] = gaussian_background_z(spectrum.sum_w[known], fit.expected[known], 0.0)
    return FittedSpectrum(
        edges=spectrum.edges,
        counts=spectrum.sum_w,
        low=low,
        high=high,
        expected=fit.expected,
        z=z,
        chi2=fit.chi2,
        ndf=fit.ndf,
    )


def _selected(excess: LocalExcess) -> SelectedSpectrum:
    return SelectedSpectrum(
        efficiency=excess.efficiency,
        spectrum=_fitted(excess.spectrum, excess.fit),
        observed=excess.observed,
        expected=excess.expected,
        expected_error=excess.expected_error,
        z=excess.z,
    )


def _known(scan: AnomalyScan, value_of: Callable[[WindowScan], float | None]) -> tuple[Floats, Floats]:
    """Return the masses of the windows that have a value, and the values, shape (w,) each."""
    found = [(one.window.mass, value) for one in scan.windows if (value := value_of(one)) is not None]
    mass, values = np.array(found, dtype=np.float64).reshape(-1, 2).T
    return mass, values
