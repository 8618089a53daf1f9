import numpy as np
import pytest
from scipy import stats

from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.signals import SignalShape
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.spurious import SpuriousPoint, SpuriousScan, spurious_scan

EDGES = np.linspace(100, 160, 61)
SHAPE = SignalShape(family="gaussian", parameters={"mean": 125.0, "width": 2.0})


def scan(*, bump: float, weight: float = 1.0) -> SpuriousScan:
    """Seek signal in an exponential with a bump that its function does not know, simulated without fluctuations."""
    smooth = 300 * np.exp(-(EDGES[:-1] - 100) / 30)
    simulated = smooth + bump * np.diff(stats.norm.cdf(EDGES, 125, 2))
    spectrum = Spectrum(edges=EDGES, sum_w=simulated, sum_w2=weight * simulated)
    function = BinnedBackground.of("exponential", 1, EDGES)
    return spurious_scan(spectrum, function, fit_spectrum(spectrum, function, cost="scaled_poisson"), SHAPE)


def test_background_that_the_function_follows_has_none() -> None:
    found = scan(bump=0)
    assert abs(found.largest.ratio) < 0.01
    masses = [point.mass for point in found.points]
    assert (len(masses), masses[0], masses[-1]) == (25, 104, 156)


def test_a_planted_bump_is_what_is_found() -> None:
    found = scan(bump=150)
    assert found.at_signal.events == pytest.approx(150, rel=0.02)
    assert found.at_signal.ratio > 1
    assert found.largest.mass == pytest.approx(125, abs=2.2)
    assert found.largest.ratio >= found.at_signal.ratio


def test_more_simulation_knows_it_better_and_data_do_not() -> None:
    few, many = scan(bump=150), scan(bump=150, weight=0.01)
    assert many.at_signal.error == pytest.approx(few.at_signal.error / 10, rel=0.05)
    assert many.at_signal.expected_error == pytest.approx(few.at_signal.expected_error, rel=0.02)


def test_a_negative_one_counts_by_its_size() -> None:
    at, low = (
        SpuriousPoint(mass=mass, events=events, error=1, expected_error=10) for mass, events in ((125, 3), (140, -5))
    )
    found = SpuriousScan(at_signal=at, points=(low,), title="m")
    assert found.largest is low
    assert (low.ratio, low.ratio_error) == (-0.5, 0.1)
