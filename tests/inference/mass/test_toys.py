from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.parallel import Workers
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.intervals import yield_interval
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.toys import Toys, throw_toys

EDGES = np.linspace(100, 160, 51)
FRACTIONS = np.diff(stats.norm.cdf(EDGES, 125, 2))
BACKGROUND = 1500 * np.diff(-np.exp(-(EDGES - 100) / 30)) / (1 - np.exp(-2))


def thrown(expected: np.ndarray, *, toys: int, seed: int = 1, workers: Workers | None = None) -> Toys:
    spectrum = Spectrum(edges=EDGES, sum_w=BACKGROUND, sum_w2=BACKGROUND)
    function = BinnedBackground.of("exponential", 1, EDGES)
    start = fit_spectrum(spectrum, function).values
    return throw_toys(
        spectrum, expected, function, Peak(fractions=FRACTIONS), start, toys=toys, seed=seed, workers=workers
    )


def test_toys_that_could_not_be_fitted_speak_for_the_background() -> None:
    toys = Toys(events=np.zeros(1), errors=np.ones(1), z=np.zeros(1), failed=999)
    assert toys.p_value(5) == pytest.approx(1000 / 1001)


def test_p_value_is_never_zero() -> None:
    toys = Toys(events=np.zeros(4), errors=np.ones(4), z=np.array([-1.0, 0, 1, 2]), failed=0)
    assert [toys.p_value(z) for z in (-2, 1, 5)] == [1.0, 0.6, 0.2]


def test_toys_of_background_alone_look_normal() -> None:
    toys = thrown(BACKGROUND, toys=150)
    assert (toys.failed, len(toys.z)) == (0, 150)
    assert abs(toys.z.mean()) < 4 / np.sqrt(150)
    assert toys.z.std() == pytest.approx(1, abs=4 / np.sqrt(300))


def test_seeds_make_toys() -> None:
    one, same, other = (thrown(BACKGROUND, toys=5, seed=seed).z.tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_few_events_can_be_fitted() -> None:
    # a tenth of an event per bin: nearly all of them are empty, those under the peak as well
    toys = thrown(BACKGROUND / 300 + 1.5 * FRACTIONS, toys=40)
    assert toys.failed == 0


@pytest.mark.slow
def test_workers_change_no_number() -> None:
    with Workers(2) as workers:
        parallel = thrown(BACKGROUND, toys=250, workers=workers)
    assert parallel.z.tolist() == thrown(BACKGROUND, toys=250).z.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
def test_pulls_are_normal(strength: float) -> None:
    """With 1,500 background events and 100 of signal per unit of strength the yield is unbiased and its error right."""
    toys = thrown(BACKGROUND + 100 * strength * FRACTIONS, toys=1000, seed=7)
    pulls = (toys.events - 100 * strength) / toys.errors
    assert toys.failed == 0
    assert abs(pulls.mean()) < 3 / np.sqrt(1000)
    assert pulls.std() == pytest.approx(1, abs=3 / np.sqrt(2000))
    strengths = toys.events / 100
    assert strengths.mean() == pytest.approx(strength, abs=3 * strengths.std() / np.sqrt(1000))


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("level", [0.6827, 0.95])
def test_intervals_cover(strength: float, level: float) -> None:
    rise, rng, inside = float(stats.chi2.ppf(level, 1)), np.random.default_rng(3), 0
    function, peak = BinnedBackground.of("exponential", 1, EDGES), Peak(fractions=FRACTIONS)
    for _ in range(1000):
        counts = rng.poisson(BACKGROUND + 100 * strength * FRACTIONS).astype(float)
        spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts)
        low, high = yield_interval(spectrum, function, peak, fit_spectrum(spectrum, function, peak), rise=rise)
        inside += low <= 100 * strength <= high
    assert inside / 1000 == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / 1000))


def _pulls(weights: Callable[[np.random.Generator, int], np.ndarray], cost: Any, *, pool: float = 0) -> np.ndarray:
    """Return pulls of a signal's yield where there is none: 3,000 events on an exponential that falls by e⁴."""
    rng, pulls = np.random.default_rng(11), []
    peak = Peak(fractions=np.diff(stats.norm.cdf(EDGES, 130, 3)))
    function = BinnedBackground.of("exponential", 1, EDGES)
    for _ in range(1000):
        count = rng.poisson(3000)
        mass = 100 - 15 * np.log1p(-rng.uniform(0, 1 - np.exp(-4), count))
        spectrum = Spectrum.of(mass, weights(rng, count), EDGES).pooled(pool)
        fit = fit_spectrum(spectrum, function, peak, cost=cost)
        pulls.append(fit.signal_yield / fit.signal_error)
    return np.array(pulls)


@pytest.mark.slow
def test_a_weighted_chi2_is_biased_and_a_likelihood_is_not() -> None:
    """Shared golden statistics.json, bias_of_weighted_fits, bins not stated: unit weights, means and widths of pulls.

    +0.32, 1.05 (χ²) and -0.08, 1.00 (scaled Poisson); log-normal weights of width 1, +1.70, 1.79 and +0.55, 1.28.
    """

    def unit(_: np.random.Generator, count: int) -> np.ndarray:
        return np.ones(count)

    def lognormal(rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.lognormal(0, 1, count)

    chi2, poisson = (_pulls(unit, cost) for cost in ("weighted_chi2", "scaled_poisson"))
    assert (chi2.mean(), chi2.std()) == pytest.approx((0.35, 1.05), abs=0.1)
    assert (poisson.mean(), poisson.std()) == pytest.approx((-0.04, 1.0), abs=0.08)
    wide, narrow = (_pulls(lognormal, cost) for cost in ("weighted_chi2", "scaled_poisson"))
    assert wide.mean() > 1
    assert 0.1 < narrow.mean() < 0.6
    assert (wide.std(), narrow.std()) == pytest.approx((1.79, 1.28), abs=0.15)
    # what an event weighs told by the neighbours as well
    pooled = _pulls(lognormal, "scaled_poisson", pool=25)
    assert abs(pooled.mean()) < 0.1
    assert pooled.std() == pytest.approx(1, abs=0.12)
