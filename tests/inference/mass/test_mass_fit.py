import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.checks import check_mass_fit
from fivesigma.inference.mass.mass_fit import MassFitResult, fit_mass
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.toys import Toys

Fit = Callable[..., MassFitResult]


def fit(search: Any, *, data: bool = False, **more: Any) -> MassFitResult:
    options = {"signal_shape": "gaussian", "family": "exponential"} | more
    return fit_mass(search.signal, search.background, search.observed if data else None, **options)


def codes(result: MassFitResult) -> list[str]:
    return [finding.code for finding in result.findings]


def changed(spectrum: Spectrum, sum_w: np.ndarray) -> Spectrum:
    return dataclasses.replace(spectrum, sum_w=sum_w)


def test_the_answer(search: Any) -> None:
    result = fit(search, data=True)
    assert (result.background.family, result.background.order) == ("exponential", 1)
    assert [step.order for step in result.background.steps] == [1, 2]
    assert result.background.coefficients["a1"] == pytest.approx(-2, abs=0.03)
    assert result.signal_shape.parameters["mean"] == pytest.approx(125, abs=0.05)
    assert (result.signal, result.background_events) == pytest.approx((100, 2000), rel=2e-3)
    assert result.fits.cost == "poisson"
    assert result.fits.without.ndf == 48
    assert result.z_observed == pytest.approx(result.fits.z)
    assert result.signal_strength.low < 1 < result.signal_strength.high
    assert result.signal_strength.value == pytest.approx(result.signal_yield.value / result.signal)
    assert codes(result) == []


def test_expected_z_is_that_of_asimov_data(search: Any) -> None:
    result = fit(search)
    # as if the background were known: 100 events on b(125) √(4π) σ is the most there can be
    level = 2000 / 30 / (1 - np.exp(-2)) * np.exp(-25 / 30)
    ceiling = 100 / np.sqrt(level * np.sqrt(4 * np.pi) * 2)
    assert 0.85 * ceiling < result.z < ceiling
    assert result.signal_yield.value == pytest.approx(result.signal, rel=1e-4)
    # the error has the signal's own fluctuation in it, so the yield over it is less than the significance
    assert 0.85 < 100 / result.signal_yield.error / result.z < 1
    assert result.z_with_spurious_signal < result.z


def test_nothing_expected_knows_the_data(make_search: Callable[..., Any]) -> None:
    blind, seen = fit(make_search()), fit(make_search(), data=True)
    other = fit(dataclasses.replace(make_search(), observed=make_search(seed=9, strength=5).observed), data=True)
    for result in (seen, other):
        for name in ("z", "z_with_spurious_signal", "z_simulation", "signal_shape", "background", "spurious_signal"):
            assert getattr(result, name) == getattr(blind, name), name
    assert (blind.z_observed, blind.fits.cost) == (None, "scaled_poisson")
    assert seen.z_observed != other.z_observed


def test_more_simulation_raises_only_what_simulation_says(make_search: Callable[..., Any]) -> None:
    """HONESTY: the weighted χ² measures the statistics of the simulation."""
    few, many = (fit(make_search(events=events, signal=200)) for events in (25_000, 100_000))
    assert many.z == pytest.approx(few.z, rel=0.05)
    assert few.z_simulation is not None
    assert many.z_simulation is not None
    assert many.z_simulation / few.z_simulation == pytest.approx(2, rel=0.15)


def test_luminosity_raises_what_to_expect(make_search: Callable[..., Any]) -> None:
    one, four = (fit(make_search(signal=30 * scale, background=3000 * scale)) for scale in (1, 4))
    assert four.z / one.z == pytest.approx(2, rel=0.02)
    assert four.z_simulation == pytest.approx(one.z_simulation, rel=1e-3)


def test_an_injected_signal_is_recovered(make_search: Callable[..., Any]) -> None:
    strengths = [fit(make_search(seed=seed, strength=2), data=True).signal_strength for seed in range(6)]
    mean = np.mean([s.value for s in strengths])
    assert mean == pytest.approx(2, abs=4 * strengths[0].error / np.sqrt(6))


def test_p_values_of_toys_agree_with_wilks(make_search: Callable[..., Any]) -> None:
    result = fit(make_search(signal=30), data=False, toys=200, seed=4)
    assert result.p_toys is not None
    expected = stats.norm.sf(result.z)
    assert result.p_toys == pytest.approx(expected, abs=4 * np.sqrt(expected / 200) + 1 / 200)
    assert fit(make_search(signal=30)).p_toys is None


@pytest.mark.parametrize("cost", ["weighted_chi2", "scaled_poisson"])
def test_simulation_is_fitted_as_asked(search: Any, cost: str) -> None:
    result = fit(search, data=True, cost=cost)
    assert result.fits.cost == cost
    assert result.fits.spectrum.total == pytest.approx(search.signal.total + search.background.total)
    assert result.z_observed is not None


def test_the_order_may_be_given(search: Any) -> None:
    result = fit(search, order=3)
    assert (result.background.order, result.background.steps) == (3, ())


def test_what_cannot_be_fitted(search: Any) -> None:
    signal, background, observed = search.signal, search.background, search.observed
    with pytest.raises(FivesigmaError, match="no cost 'chi2'"):
        fit(search, cost="chi2")
    with pytest.raises(FivesigmaError, match="there are no data for a Poisson fit"):
        fit(search, cost="poisson")
    with pytest.raises(FivesigmaError, match="need the same bins"):
        fit_mass(signal, dataclasses.replace(background, edges=background.edges + 1))
    with pytest.raises(FivesigmaError, match="no background is expected between 100 and 160"):
        fit_mass(signal, changed(background, np.zeros(50)))
    with pytest.raises(FivesigmaError, match="no signal is expected between 100 and 160"):
        fit_mass(changed(signal, np.zeros(50)), background)
    with pytest.raises(FivesigmaError, match="data of negative counts"):
        fit_mass(signal, background, changed(observed, observed.sum_w - 1e4))


def test_a_range_without_sidebands(search: Any) -> None:
    def cut(spectrum: Spectrum, keep: slice) -> Spectrum:
        edges = spectrum.edges[keep.start : keep.stop + 1]
        return Spectrum(edges=edges, sum_w=spectrum.sum_w[keep], sum_w2=spectrum.sum_w2[keep], name="m4l")

    for keep in (slice(20, 50), slice(0, 21)):
        with pytest.raises(FivesigmaError, match=r"m4l: the signal, most of it from .* leaves no sidebands between"):
            fit_mass(cut(search.signal, keep), cut(search.background, keep))


def test_a_peak_that_fills_the_range_has_nothing_beside_it(search: Any) -> None:
    edges = np.linspace(123, 127, 41)
    signal = Spectrum.of(np.random.default_rng(1).normal(125, 2, 50_000), 0.01, edges, name="m4l")
    background = Spectrum.of(np.random.default_rng(2).uniform(123, 127, 50_000), 0.1, edges, name="m4l")
    with pytest.raises(
        FivesigmaError, match=r"m4l: the signal, .* wide at 12.*leaves no sidebands between 123 and 127"
    ):
        fit_mass(signal, background, signal_shape="gaussian", family="polynomial")


def test_a_function_that_does_not_fit_is_found(search: Any) -> None:
    bumpy = search.background.sum_w + 150 * np.diff(stats.norm.cdf(search.background.edges, 125, 2))
    planted = dataclasses.replace(search, background=changed(search.background, bumpy))
    result = fit(planted, order=1)
    assert {"poor-mass-fit", "spurious-signal"} <= set(codes(result))
    spurious = next(finding for finding in result.findings if finding.code == "spurious-signal")
    assert spurious.severity == "serious"
    assert result.z_with_spurious_signal < 0.9 * result.z


def test_negative_bins_are_found(search: Any) -> None:
    background = search.background.sum_w.copy()
    background[45] = -0.1
    planted = dataclasses.replace(search, background=changed(search.background, background))
    assert "negative-mass-bins" in codes(fit(planted, cost="scaled_poisson", order=1))


def test_a_chi2_of_few_events_is_found(make_search: Callable[..., Any]) -> None:
    few = make_search(events=150)
    assert "chi2-of-few-events" in codes(fit(few, order=1, cost="weighted_chi2"))
    assert "chi2-of-few-events" not in codes(fit(few, order=1))


def test_a_coefficient_at_zero_is_found() -> None:
    edges = np.linspace(100, 160, 31)
    middle = (edges[1:] + edges[:-1]) / 2
    background, signal = 1e4 * ((middle - 130) / 30) ** 2 + 1, 500 * np.diff(stats.norm.cdf(edges, 125, 3))
    spectra = [Spectrum(edges=edges, sum_w=w, sum_w2=w) for w in (signal, background)]
    result = fit_mass(spectra[0], spectra[1], signal_shape="gaussian", family="bernstein", order=3)
    found = [finding for finding in result.findings if finding.code == "parameter-at-bound"]
    assert len(found) == 1
    assert found[0].evidence["parameters"]


def test_a_yield_at_its_bound_is_found(search: Any) -> None:
    counts = np.where(search.signal.sum_w > 0.5, 0.0, 4.0)
    planted = dataclasses.replace(search, observed=search.observed.filled_with(counts))
    result = fit(planted, data=True)
    (found,) = (finding for finding in result.findings if finding.code == "parameter-at-bound")
    assert found.evidence["parameters"] == ["signal yield"]
    assert result.signal_yield.value < 0
    assert result.z_observed is not None
    assert result.z_observed < 0


def test_a_spurious_signal_that_simulation_cannot_tell_is_found(make_search: Callable[..., Any]) -> None:
    assert "spurious-signal-unknown" in codes(fit(make_search(events=1_000), order=1))
    assert "spurious-signal-unknown" not in codes(fit(make_search(events=10_000), order=1))


def test_a_spurious_signal_takes_its_share_of_the_significance(make_search: Callable[..., Any]) -> None:
    """For many events the yield is Gaussian of error σ, held at zero by σ₀ under H0: z / √(1 + (σ₀/σ)²)."""
    search = make_search(signal=3000, background=2e6, events=200_000)
    bump = 1500 * np.diff(stats.norm.cdf(search.background.edges, 125, 2))
    result = fit(
        dataclasses.replace(search, background=changed(search.background, search.background.sum_w + bump)), order=1
    )
    ratio = result.spurious_signal.at_signal.ratio
    assert 0.5 < ratio < 3
    assert result.z_with_spurious_signal == pytest.approx(result.z / np.sqrt(1 + ratio**2), rel=0.01)


def sparse(search: Any) -> Any:
    """Leave so few bins with simulated events that a weighted χ² has none to spare."""
    keep = np.isin(np.arange(50), [1, 8, 30, 40, 48])
    peak = np.isin(np.arange(50), [19, 20, 21])
    return dataclasses.replace(
        search,
        background=search.background.where(keep),
        signal=search.signal.where(peak),
    )


def test_a_weighted_chi2_that_cannot_be_fitted_stops_nothing_else(search: Any) -> None:
    planted = sparse(search)
    result = fit(planted, family="bernstein", order=7)
    assert result.z_simulation is None
    assert np.isfinite([result.z, result.z_with_spurious_signal, result.signal_yield.value]).all()
    (found,) = (finding for finding in result.findings if finding.code == "weighted-chi2-not-fitted")
    assert "8 bins are too few to fit 8 parameters" in found.message
    with pytest.raises(FivesigmaError, match="8 bins are too few"):
        fit(planted, family="bernstein", order=7, cost="weighted_chi2")
    assert "weighted-chi2-not-fitted" not in codes(fit(planted, family="bernstein", order=4))


def test_toys_that_could_not_be_fitted_are_told(search: Any) -> None:
    result = fit(search, toys=3)
    shown = {
        "simulated": search.background,
        "background": search.background,
        "function": BinnedBackground.of("exponential", 1, search.background.edges),
        "smooth": result.fits.without,
        "fits": result.fits,
        "spurious": result.spurious_signal,
        "told": result.fits.with_signal,
        "weighted": None,
    }
    for failed, severity in ((0, None), (1, "info"), (40, "warning")):
        toys = Toys(events=np.zeros(160), errors=np.ones(160), z=np.zeros(160), failed=failed)
        found = [each for each in check_mass_fit(name="fit", toys=toys, **shown) if each.code == "toys-not-fitted"]
        assert [each.severity for each in found] == ([] if severity is None else [severity])
    assert found[0].evidence == {"failed": 40, "toys": 200}
    assert "too large by 0.2 at most" in found[0].message
    assert "toys-not-fitted" not in codes(result)
