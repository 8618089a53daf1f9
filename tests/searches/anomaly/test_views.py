import math
from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.plots.registry import plot
from fivesigma.plots.style import numbers
from fivesigma.searches.anomaly.results import AnomalyScan, LocalExcess, ScanPoint, SkippedWindow, WindowScan
from fivesigma.searches.anomaly.views import best_spectra, local_significances, window_training, windows_on_spectrum
from fivesigma.searches.anomaly.windows import MassWindow

EDGES = np.array([2000.0, 3000.0, 4000.0, 5000.0])
TITLE = "m [GeV]"


def window(mass: float) -> MassWindow:
    return MassWindow(mass=mass, low=mass - 500, high=mass + 500, lowest=2000, highest=6000)


def fit(expected: list[float]) -> SpectrumFit:
    background = np.array(expected)
    return SpectrumFit(
        values=np.empty(0),
        covariance=np.empty((0, 0)),
        chi2=2.5,
        ndf=1,
        background=background,
        signal=np.zeros(3),
        has_peak=False,
    )


def excess(efficiency: float, z: float) -> LocalExcess:
    counts = np.array([9.0, 20.0, 0.0])
    return LocalExcess(
        efficiency=efficiency,
        selected=29,
        observed=20.0,
        expected=4.0,
        expected_error=1.0,
        z=z,
        p_value=0.0,
        log_p=-z * z,
        order=3,
        spectrum=Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts, label=TITLE),
        fit=fit([9.0, 4.0, 0.0]),
    )


def window_scan(mass: float, *zs: float, auc: float | None = 0.51, loss: float | None = 0.69) -> WindowScan:
    found = tuple(excess(efficiency, z) for efficiency, z in zip((0.1, 0.01), zs, strict=False))
    return WindowScan(window=window(mass), inside=1, below=2, above=3, auc=auc, loss=loss, excesses=found)


@pytest.fixture
def scan() -> AnomalyScan:
    counts = np.array([90.0, 40.0, 10.0])
    return AnomalyScan(
        name="scan",
        score="trees",
        features=("x",),
        efficiencies=(0.1, 0.01),
        spectrum=Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts, label=TITLE),
        fit=fit([80.0, 45.0, 12.0]),
        family="dijet",
        order=3,
        windows=(window_scan(3500, 1.0, 30.0), window_scan(4500, -2.0, auc=None)),
        skipped=(SkippedWindow(window=window(4000), reason="too few"),),
        best=ScanPoint(mass=3500, efficiency=0.01, z=30.0, p_value=0.0, log_p=-900.0),
        trials=3,
        bonferroni=None,
        gross_vitells=None,
        null_experiments=(),
        p_global=Estimate(value=0.1, low=0.05, high=0.2, method="m"),
        events=None,
        findings=(),
    )


@pytest.fixture
def nothing(scan: AnomalyScan) -> AnomalyScan:
    return replace(scan, windows=(), best=None, p_global=None, trials=0)


def test_curves_hold_what_was_fitted_alone(scan: AnomalyScan) -> None:
    view = local_significances(scan)
    loose, tight = view.curves
    np.testing.assert_array_equal(loose.mass, [3500, 4500])
    np.testing.assert_array_equal(loose.z, [1, -2])
    np.testing.assert_array_equal(tight.mass, [3500])  # the other fit did not converge
    np.testing.assert_array_equal(tight.log_p, [-900])
    np.testing.assert_array_equal(view.hypotheses, [3500, 4000, 4500])
    assert (view.range, view.title, view.trials) == ((3000, 5000), TITLE, 3)
    assert (view.best, view.p_global) == (scan.best, scan.p_global)


def test_each_bin_has_the_significance_of_its_count_over_the_fit(scan: AnomalyScan) -> None:
    view = best_spectra(scan)
    assert view.window == window(3500)
    assert [one.efficiency for one in view.selected] == [0.1, 0.01]
    tight = view.selected[1]
    assert (tight.observed, tight.expected, tight.expected_error, tight.z) == (20.0, 4.0, 1.0, 30.0)
    # sqrt(2 (n ln(n/b) - (n - b))) with n = 20, b = 4: arXiv:1007.1727 eq. 97; nothing expected says nothing
    np.testing.assert_allclose(tight.spectrum.z, [0, math.sqrt(2 * (20 * math.log(5) - 16)), 0], atol=1e-12)
    assert view.before.z[0] > 0 > view.before.z[1]
    assert (view.before.chi2, view.before.ndf) == (2.5, 1)
    # R. Cousins' tables of central intervals (PDG review of statistics): 0 has none below, 1.84 above at 68.27 %
    np.testing.assert_allclose([tight.spectrum.low[2], tight.spectrum.high[2]], [0, 1.841], atol=1e-3)


def test_windows_that_were_skipped_are_told_apart(scan: AnomalyScan) -> None:
    view = windows_on_spectrum(scan)
    assert view.windows == (window(3500), window(4500))
    assert (view.skipped, view.best) == ((window(4000),), window(3500))
    np.testing.assert_array_equal(view.spectrum.expected, [80, 45, 12])


def test_training_holds_what_is_known(scan: AnomalyScan) -> None:
    view = window_training(scan)
    assert view is not None
    assert (list(view.auc_mass), list(view.auc)) == ([3500], [0.51])
    assert (list(view.loss_mass), list(view.loss)) == ([3500, 4500], [0.69, 0.69])
    assert view.best == 3500


def test_no_training_no_view(scan: AnomalyScan) -> None:
    assert window_training(replace(scan, windows=(window_scan(3500, 1.0, auc=None, loss=None),))) is None


def test_nothing_looked_at(nothing: AnomalyScan) -> None:
    assert window_training(nothing) is None
    assert [len(curve.mass) for curve in local_significances(nothing).curves] == [0, 0]
    assert (best_spectra(nothing).window, best_spectra(nothing).selected) == (None, ())
    assert windows_on_spectrum(nothing).best is None


def test_views_are_numbers_that_a_file_can_hold(scan: AnomalyScan) -> None:
    for view in (local_significances, best_spectra, windows_on_spectrum, window_training):
        assert numbers(view(scan))["title"] == TITLE


def test_the_figure_of_a_scan_is_that_of_its_local_significances(scan: AnomalyScan) -> None:
    own, view = (plot(result).axes[0].lines[1].get_ydata() for result in (scan, local_significances(scan)))
    np.testing.assert_array_equal(own, view)
    assert own[0] == pytest.approx(-900 / math.log(10))


def test_every_view_of_a_scan_has_a_figure(scan: AnomalyScan, nothing: AnomalyScan) -> None:
    for view in (local_significances, best_spectra, windows_on_spectrum, window_training):
        for one in (scan, nothing):
            if (result := view(one)) is not None:
                plot(result).draw_without_rendering()
