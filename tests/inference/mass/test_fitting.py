import numpy as np
import pytest
from iminuit import Minuit
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import Hypotheses, fit_p_value, fit_spectrum
from fivesigma.inference.mass.intervals import yield_interval
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.statistics.significance import asimov_significance

EDGES = np.linspace(100, 160, 51)


def fractions(edges: np.ndarray = EDGES) -> np.ndarray:
    return np.diff(stats.norm.cdf(edges, 125, 2))


def model(edges: np.ndarray, total: float, slope: float, signal: float) -> np.ndarray:
    """Return events below each edge, as iminuit asks for them."""
    return total * (1 - np.exp(-slope * (edges - 100))) + signal * stats.norm.cdf(edges, 125, 2)


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(4).poisson(np.diff(model(EDGES, 2500, 1 / 30, 80))).astype(float)


def test_a_constant_of_the_reference() -> None:
    # shared golden statistics.json, bohm_zech, constant_fit: via iminuit's weighted BinnedNLL
    sum_w, sum_w2 = np.array([6.2, 9.8, 2.1, 0.7, 7.7]), np.array([8.1, 12.4, 1.9, 0.6, 9.9])
    spectrum = Spectrum(edges=np.arange(6.0), sum_w=sum_w, sum_w2=sum_w2)
    fit = fit_spectrum(spectrum, BinnedBackground.of("polynomial", 0, spectrum.edges), cost="scaled_poisson")
    assert fit.background == pytest.approx(np.full(5, 4.693871574079974), rel=1e-8)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(1.0095526812925937, rel=1e-8)
    assert fit.chi2 == pytest.approx(13.130861660274682, rel=1e-8)


def test_poisson_fits_against_iminuit(counts: np.ndarray) -> None:
    def deviance(total: float, slope: float, signal: float) -> float:
        expected = np.diff(model(EDGES, total, slope, signal))
        return float(2 * np.sum(expected - counts + counts * np.log(counts / expected)))

    reference = Minuit(deviance, total=2400, slope=0.03, signal=50)
    reference.errordef, reference.strategy, reference.tol = 1, 2, 1e-4
    reference.migrad()
    spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts)
    background, peak = BinnedBackground.of("exponential", 1, EDGES), Peak(fractions=fractions())
    fit = fit_spectrum(spectrum, background, peak)
    assert fit.chi2 == pytest.approx(reference.fval, abs=1e-3)
    assert fit.signal_yield == pytest.approx(reference.values["signal"], abs=0.01 * reference.errors["signal"])
    assert fit.signal_error == pytest.approx(reference.errors["signal"], rel=0.03)
    assert background.coefficients(fit.values[:2])["a1"] == pytest.approx(-60 * reference.values["slope"], rel=1e-3)
    reference.minos("signal")
    low, high = reference.merrors["signal"].lower, reference.merrors["signal"].upper
    lower, upper = yield_interval(spectrum, background, peak, fit)
    assert (lower - fit.signal_yield, upper - fit.signal_yield) == pytest.approx((low, high), rel=2e-3)


def test_weighted_chi2_against_iminuit(counts: np.ndarray) -> None:
    weight = np.random.default_rng(1).uniform(0.5, 2, 50)
    spectrum = Spectrum(edges=EDGES, sum_w=weight * counts, sum_w2=weight**2 * counts)

    def chi2(t: float, a: float, s: float) -> float:
        return float(np.sum((np.diff(model(EDGES, t, a, s)) - spectrum.sum_w) ** 2 / spectrum.sum_w2))

    reference = Minuit(chi2, t=2400, a=0.03, s=50)
    reference.errordef, reference.strategy, reference.tol = 1, 2, 1e-4
    reference.migrad()
    background = BinnedBackground.of("exponential", 1, EDGES)
    fit = fit_spectrum(spectrum, background, Peak(fractions=fractions()), cost="weighted_chi2")
    assert fit.chi2 == pytest.approx(reference.fval, abs=1e-3)
    assert fit.signal_yield == pytest.approx(reference.values["s"], abs=0.01 * reference.errors["s"])
    assert fit.ndf == 47


@pytest.mark.parametrize("cost", ["scaled_poisson", "weighted_chi2"])
def test_weights_of_one_size_scale_the_fit(counts: np.ndarray, cost: Cost) -> None:
    background, peak = BinnedBackground.of("exponential", 1, EDGES), Peak(fractions=fractions())
    one, tenth = (
        fit_spectrum(Spectrum(edges=EDGES, sum_w=w * counts, sum_w2=w**2 * counts), background, peak, cost=cost)
        for w in (1.0, 0.1)
    )
    assert tenth.chi2 == pytest.approx(one.chi2, rel=1e-6)
    assert tenth.signal_yield == pytest.approx(0.1 * one.signal_yield, rel=1e-4)
    assert tenth.signal_error == pytest.approx(0.1 * one.signal_error, rel=1e-4)


def hypotheses(spectrum: Spectrum, order: int = 0) -> Hypotheses:
    background, peak = (
        BinnedBackground.of("polynomial", order, spectrum.edges),
        Peak(fractions=fractions(spectrum.edges)),
    )
    without = fit_spectrum(spectrum, background)
    best = fit_spectrum(spectrum, background, peak)
    return Hypotheses(spectrum=spectrum, cost="poisson", without=without, with_signal=best)


def test_a_known_background_is_the_closed_formula() -> None:
    # sidebands of 10¹⁰ events hold the level of a flat background; then z² adds up over the bins, arXiv:1007.1727 eq. 97
    edges = np.concatenate([[-1e9], EDGES, [1e9]])
    flat, peak = 10 * np.diff(edges), 60 * fractions(edges)
    expected = flat + peak
    found = hypotheses(Spectrum(edges=edges, sum_w=expected, sum_w2=expected)).z
    closed = np.sqrt(np.sum(np.square(asimov_significance(peak[1:-1], flat[1:-1]))))
    assert found == pytest.approx(closed, rel=1e-6)
    assert stats.norm.sf(found) == pytest.approx(stats.norm.sf(closed), rel=1e-6)


def test_a_flat_background_of_any_level_is_a_closed_formula() -> None:
    # the best level is the mean, so Δ = 2 Σ n ln(n / mean)
    expected = 30 + 60 * fractions()
    found = hypotheses(Spectrum(edges=EDGES, sum_w=expected, sum_w2=expected)).z
    closed = np.sqrt(2 * np.sum(expected * np.log(expected / expected.mean())))
    assert stats.norm.sf(found) == pytest.approx(stats.norm.sf(closed), rel=1e-6)


def test_fewer_events_than_background_are_a_negative_yield() -> None:
    counts = 30 - 40 * fractions()
    found = hypotheses(Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts))
    assert found.with_signal.signal_yield == pytest.approx(-40, rel=1e-4)
    assert found.z < 0


@pytest.mark.parametrize("level", [5.0, 0.2])
def test_a_yield_so_negative_that_bins_are_empty(level: float) -> None:
    """At the edge the events that are left are the background beside the peak; b(1 - s f) with no count under the peak."""
    counts = np.where(fractions() > 0.01, 0.0, level)
    spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts)
    background, peak = BinnedBackground.of("polynomial", 0, EDGES), Peak(fractions=fractions())
    found = fit_spectrum(spectrum, background, peak)
    assert found.expected.min() == pytest.approx(0, abs=1e-6)
    # there s = -b / f_max, and the best b is that of a shape with a hole: its sum is the number of events
    assert found.signal_yield == pytest.approx(-found.background[0] / fractions().max(), rel=1e-5)
    assert found.expected.sum() == pytest.approx(counts.sum(), rel=1e-4)
    low, high = yield_interval(spectrum, background, peak, found)
    assert low < found.signal_yield < high < 0.1 * level
    # the error is that of the background alone: σ² ≥ 1 / Σ f²/b
    assert found.signal_error == pytest.approx(np.sqrt(found.background[0] / np.sum(fractions() ** 2)), rel=0.1)


def test_few_events_have_fits_and_intervals() -> None:
    peak, failed = Peak(fractions=fractions()), 0
    for family, order in (("polynomial", 1), ("exponential", 1), ("bernstein", 3)):
        background = BinnedBackground.of(family, order, EDGES)
        for seed in range(2):
            counts = np.random.default_rng(seed).poisson(0.4 * np.exp(-(EDGES[:-1] - 100) / 20)).astype(float)
            spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts)
            best, without = fit_spectrum(spectrum, background, peak), fit_spectrum(spectrum, background)
            low, high = yield_interval(spectrum, background, peak, best)
            failed += not (best.chi2 < without.chi2 + 1e-3 and low <= best.signal_yield <= high)
    assert failed == 0


def test_without_a_peak_there_is_no_yield(counts: np.ndarray) -> None:
    fit = fit_spectrum(Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts), BinnedBackground.of("exponential", 1, EDGES))
    assert (fit.has_peak, fit.signal_yield, fit.signal_error) == (False, 0.0, 0.0)
    assert np.all(np.diag(fit.covariance) > 0)


def test_a_constrained_yield_stays_near_zero(counts: np.ndarray) -> None:
    spectrum, background = (
        Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts),
        BinnedBackground.of("exponential", 1, EDGES),
    )
    free, held, shut = (
        fit_spectrum(spectrum, background, Peak(fractions=fractions(), constraint=width))
        for width in (None, 20.0, 1e-4)
    )
    assert 0 < held.signal_yield < free.signal_yield
    assert shut.signal_yield == pytest.approx(0, abs=1e-3)
    # two Gaussians: the yield is shared by their weights
    assert held.signal_yield == pytest.approx(free.signal_yield / (1 + free.signal_error**2 / 20**2), rel=0.1)


def test_bins_that_are_not_used_do_not_matter(counts: np.ndarray) -> None:
    use = np.arange(50) < 40
    changed = np.where(use, counts, 1e6)
    background = BinnedBackground.of("exponential", 1, EDGES)
    one, other = (
        fit_spectrum(Spectrum(edges=EDGES, sum_w=n, sum_w2=n), background, use=use) for n in (counts, changed)
    )
    assert one.values.tolist() == other.values.tolist()
    assert one.ndf == 38


def test_too_few_bins() -> None:
    spectrum = Spectrum(edges=np.arange(4.0), sum_w=np.ones(3), sum_w2=np.ones(3), name="m4l")
    with pytest.raises(FivesigmaError, match="m4l: 3 bins are too few to fit 3 parameters"):
        fit_spectrum(spectrum, BinnedBackground.of("polynomial", 2, spectrum.edges))


def test_a_fit_that_does_not_converge_says_what_to_try() -> None:
    counts = 1e9 * np.eye(30)[0]  # the steeper the better, without end
    spectrum = Spectrum(edges=np.linspace(100, 160, 31), sum_w=counts, sum_w2=counts, name="m4l")
    with pytest.raises(
        FivesigmaError, match=r"m4l: the exponential background of order 1 could not .*lower order.*status: "
    ):
        fit_spectrum(spectrum, BinnedBackground.of("exponential", 1, spectrum.edges))


@pytest.mark.parametrize("family", ["polynomial", "exponential", "bernstein", "power_law"])
def test_no_events_at_all_have_a_fit(family: BackgroundFamily) -> None:
    nothing = Spectrum(edges=EDGES, sum_w=np.zeros(50), sum_w2=np.zeros(50))
    found = fit_spectrum(nothing, BinnedBackground.of(family, 2, EDGES))
    assert found.background.sum() == pytest.approx(0, abs=1e-5)


def test_true_models_of_few_events_a_bin_are_rejected_as_often_as_stated() -> None:
    """At two events a bin χ² itself would reject 13 % of them at 5 %."""
    rng, edges = np.random.default_rng(4), np.linspace(0, 60, 61)
    function = BinnedBackground.of("polynomial", 0, edges)
    p_values, naive = [], []
    for _ in range(400):
        counts = rng.poisson(2.0, 60).astype(np.float64)
        data = Spectrum(edges=edges, sum_w=counts, sum_w2=counts)
        fit = fit_spectrum(data, function)
        p_values.append(fit_p_value(fit, data, "poisson"))
        naive.append(stats.chi2.sf(fit.chi2, fit.ndf))
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(np.array(naive) < 0.05) > 0.09
