import dataclasses

import numpy as np
import pytest
from scipy import stats

from fivesigma.inference.mass.mass_fit import MassFitResult, fit_mass
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context

CONTEXT = Context(label="simulation", luminosity=36.1, energy=13, pseudo_data=True)
EDGES = np.linspace(105, 160, 56)
SIGNAL = np.diff(stats.norm.cdf(EDGES, 125, 2))
BACKGROUND = np.diff(-np.exp(-(EDGES - 105) / 30))


def fitted(name: str, *, data: bool) -> MassFitResult:
    spectra = [
        Spectrum(edges=EDGES, sum_w=w, sum_w2=0.1 * w, name="m_yy", label="m(γγ) [GeV]")
        for w in (60 * SIGNAL, 600 * BACKGROUND)
    ]
    counts = np.random.default_rng(3).poisson(spectra[0].sum_w + spectra[1].sum_w).astype(float)
    seen = spectra[1].filled_with(counts) if data else None
    return fit_mass(spectra[0], spectra[1], seen, signal_shape="gaussian", family="exponential", order=1, name=name)


@pytest.fixture(scope="module")
def blind() -> MassFitResult:
    return fitted("before cuts", data=False)


@pytest.fixture(scope="module")
def seen() -> MassFitResult:
    return fitted("network", data=True)


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_spectrum_shows_both_fits_and_what_was_seen(seen: MassFitResult) -> None:
    main, lower = plot(seen, context=CONTEXT).axes
    labels = legend(main)
    assert labels[0] == "pseudo-data"
    assert labels[1] == f"background alone, χ²/ndf = {seen.fits.without.chi2:.3g}/53"
    fitted = seen.signal_yield
    assert labels[3] == f"fitted signal: {fitted.value:.0f} ± {fitted.error:.0f} events, expected: {seen.signal:.3g}"
    assert main.get_legend().get_title().get_text() == (
        f"observed (pseudo-data): {seen.z_observed:.2f}σ, expected: {seen.z:.2f}σ"
    )
    assert (main.get_yscale(), main.get_ylabel()) == ("log", "events / 1 GeV")
    assert lower.get_xlabel() == "m(γγ) [GeV]"
    bottom, top = main.get_ylim()
    counts = seen.fits.spectrum.sum_w
    assert bottom < counts[counts > 0].min()
    assert counts.max() < top


def test_pulls_are_over_what_may_happen_by_chance(seen: MassFitResult) -> None:
    _, lower = plot(seen, context=CONTEXT).axes
    without = seen.fits.without.expected
    pulls = (seen.fits.spectrum.sum_w - without) / np.sqrt(without)
    points = next(line for line in lower.lines if line.get_marker() == "o")
    np.testing.assert_allclose(points.get_ydata(), pulls)
    low, high = lower.get_ylim()
    assert low < pulls.min() < pulls.max() < high


def test_a_blind_spectrum_shows_simulation(blind: MassFitResult) -> None:
    main, _ = plot(blind, context=CONTEXT).axes
    assert legend(main)[0] == "weighted simulation"
    assert main.get_legend().get_title().get_text() == f"expected of data: {blind.z:.2f}σ"
    assert not [text for text in legend(main) if "data" in text]
    found = blind.fits.with_signal
    assert f"{found.signal_yield:.1f} ± {found.signal_error:.1f} events" in legend(main)[3]


def test_bins_of_different_width_are_told() -> None:
    edges = np.geomspace(105, 160, 31)
    peak, smooth = 60 * np.diff(stats.norm.cdf(edges, 125, 2)), 600 * np.diff(-np.exp(-(edges - 105) / 30))
    spectra = [Spectrum(edges=edges, sum_w=w, sum_w2=w, name="m") for w in (peak, smooth)]
    main, lower = plot(
        fit_mass(spectra[0], spectra[1], signal_shape="gaussian", family="exponential", order=1), context=CONTEXT
    ).axes
    assert (main.get_ylabel(), lower.get_xlabel()) == ("events / bin", "m")


def test_stages_side_by_side(blind: MassFitResult, seen: MassFitResult) -> None:
    figure = plot([blind, seen], context=CONTEXT)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["before cuts", "network"]
    series = {line.get_label(): list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "None"}
    assert series == {
        "expected of data": [blind.z, seen.z],
        "with spurious signal": [blind.z_with_spurious_signal, seen.z_with_spurious_signal],
        "weighted simulation": [blind.z_simulation, seen.z_simulation],
        "observed (pseudo-data)": [seen.z_observed],
    }


def test_a_weighted_simulation_that_could_not_be_fitted_has_no_point(blind: MassFitResult, seen: MassFitResult) -> None:
    (axes,) = plot([dataclasses.replace(blind, z_simulation=None), seen], context=CONTEXT).axes
    points = {str(line.get_label()): np.asarray(line.get_xdata()).tolist() for line in axes.get_lines()}
    assert points["weighted simulation"] == [seen.z_simulation]


def test_spurious_signals_against_mass(blind: MassFitResult) -> None:
    scan = blind.spurious_signal
    (axes,) = plot(scan, context=CONTEXT).axes
    assert legend(axes) == ["within ±0.2", "background alone", "at the signal's mass"]
    drawn = {len(line.get_xdata()): line for line in axes.lines if line.get_marker() in {"o", "D"}}
    np.testing.assert_allclose(drawn[len(scan.points)].get_ydata(), [point.ratio for point in scan.points])
    assert drawn[1].get_xdata()[0] == scan.at_signal.mass
