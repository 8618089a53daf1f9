"""Mass fits, H0 and H1 of 50 bins, and 1,000 pseudo-experiments, against iminuit without gradients on the same spectra."""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from iminuit import Minuit
from iminuit.cost import ExtendedBinnedNLL
from scipy import stats
from table import print_row

from fivesigma.core.arrays import Floats
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.toys import throw_toys

__all__ = ["compare_mass_fits"]

Result = TypeVar("Result")

EDGES = np.linspace(600.0, 2000.0, 51)
ENERGY, MASS, WIDTH = 13000.0, 1000.0, 30.0
SHAPE = (20.0, 5.0, 0.1, 0.0)  # p1 ... p4 of the dijet function
DENSITY, SIGNAL = 100.0, 200.0  # events per GeV at the first edge, and of the peak
SIMPSON = np.array([1, 4, 2, 4, 2, 4, 2, 4, 1])
REPEATS, TOYS, BARE_TOYS = 20, 1000, 5


def compare_mass_fits() -> None:
    """Print times as ratios; stop where iminuit finds a better fit."""
    background = BinnedBackground.of("dijet", 5, EDGES, energy=ENERGY)
    peak = Peak(fractions=np.diff(stats.norm.cdf(EDGES, MASS, WIDTH)))
    nature = np.diff(below(EDGES, 1.0, *SHAPE, 0.0))
    rng = np.random.default_rng(1)
    counts = rng.poisson(nature + SIGNAL * peak.fractions).astype(float)
    mine, deviances = best_of(REPEATS, lambda: ours(counts, background, peak))
    theirs, reference = best_of(3, lambda: bare(counts))
    # without gradients the search in a nearly degenerate function may end early, but nowhere lower
    np.testing.assert_array_less(deviances, np.add(reference, 1e-3))
    print_row("mass fit, H0 and H1, 50 bins, 6 parameters", 1e3 * mine, 1e3 * theirs, against="iminuit", unit="ms")

    spectrum = Spectrum(edges=EDGES, sum_w=nature, sum_w2=nature)
    start = fit_spectrum(spectrum, background).values
    mine, _ = best_of(1, lambda: throw_toys(spectrum, nature, background, peak, start, toys=TOYS, seed=1))
    theirs, _ = best_of(1, lambda: [bare(rng.poisson(nature).astype(float)) for _ in range(BARE_TOYS)])
    print_row("1,000 mass-fit toys", 1e3 * mine, 1e3 * theirs * TOYS / BARE_TOYS, against="iminuit, of 5", unit="ms")


def below(edges: Floats, size: float, p1: float, p2: float, p3: float, p4: float, signal: float) -> Floats:
    """Return events below each edge, as iminuit asks for them: the dijet function by Simpson's rule, and a Gaussian."""
    points = np.linspace(edges[:-1], edges[1:], 9)
    logarithm, first = np.log(points / ENERGY), np.log(edges[0] / ENERGY)
    power = p2 + p3 * logarithm + p4 * logarithm**2
    density = np.exp(p1 * np.log1p(-points / ENERGY) - logarithm * power + p2 * first)
    parts = SIMPSON @ density * np.diff(edges) / 24
    total = np.concatenate([[0.0], np.cumsum(parts)])
    return np.asarray(size * DENSITY * total + signal * stats.norm.cdf(edges, MASS, WIDTH))


def ours(counts: Floats, background: BinnedBackground, peak: Peak) -> tuple[float, float]:
    """Return the least deviances without and with signal."""
    spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts)
    without = fit_spectrum(spectrum, background)
    return without.chi2, fit_spectrum(spectrum, background, peak, start=without.values).chi2


def bare(counts: Floats) -> tuple[float, float]:
    """Return the same from iminuit, which begins at the true parameters."""
    cost = ExtendedBinnedNLL(counts, EDGES, below)
    minuit = Minuit(cost, 1.0, *SHAPE, 0.0)
    minuit.limits["size"] = (1e-6, None)
    minuit.fixed["signal"] = True
    without = float(minuit.migrad().fval)
    minuit.fixed["signal"] = False
    return without, float(minuit.migrad().fval)


def best_of(repeats: int, call: Callable[[], Result]) -> tuple[float, Result]:
    """Return the least processor time of several calls, and what they return."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        times.append(time.process_time() - start)
    return min(times), result


if __name__ == "__main__":
    compare_mass_fits()
