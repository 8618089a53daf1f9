import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.signals import SignalFamily, SignalShape, fit_signal_shape
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.linspace(110, 140, 61)
TAILS = {"alpha_low": 1.2, "power_low": 3.0, "alpha_high": 1.8, "power_high": 6.0}


def shape(family: SignalFamily, **more: float) -> SignalShape:
    return SignalShape(family=family, parameters={"mean": 125.0, "width": 2.0, **more})


def normalised(cumulative: np.ndarray) -> np.ndarray:
    return np.diff(cumulative) / (cumulative[-1] - cumulative[0])


def test_gaussian_against_scipy() -> None:
    reference = normalised(stats.norm.cdf(EDGES, 125, 2))
    np.testing.assert_allclose(shape("gaussian").fractions(EDGES), reference, atol=1e-9)


def test_crystal_ball_against_scipy() -> None:
    reference = normalised(stats.crystalball.cdf(EDGES, 1.2, 3.0, 125, 2))
    mine = shape("crystal_ball", alpha_low=1.2, power_low=3.0).fractions(EDGES)
    np.testing.assert_allclose(mine, reference, atol=1e-6)


def test_double_crystal_ball_is_two_of_one_side() -> None:
    # its mirror image has the tails exchanged, and far tails make it single
    mine = shape("double_crystal_ball", **TAILS)
    mirrored = shape(
        "double_crystal_ball",
        alpha_low=TAILS["alpha_high"],
        power_low=TAILS["power_high"],
        alpha_high=TAILS["alpha_low"],
        power_high=TAILS["power_low"],
    )
    np.testing.assert_allclose(mine.fractions(EDGES), mirrored.fractions((250 - EDGES)[::-1])[::-1], atol=1e-12)
    single = shape("double_crystal_ball", alpha_low=1.2, power_low=3.0, alpha_high=50.0, power_high=3.0)
    np.testing.assert_allclose(
        single.fractions(EDGES), normalised(stats.crystalball.cdf(EDGES, 1.2, 3.0, 125, 2)), atol=1e-6
    )


def test_both_tails_by_numerical_integration() -> None:
    def density(mass: float) -> float:
        t = (mass - 125) / 2
        for side, distance in (("low", -t), ("high", t)):
            alpha, power = TAILS[f"alpha_{side}"], TAILS[f"power_{side}"]
            if distance > alpha:
                return float(
                    (power / alpha) ** power * np.exp(-(alpha**2) / 2) * (power / alpha - alpha + distance) ** -power
                )
        return float(np.exp(-(t**2) / 2))

    whole = integrate.quad(density, 110, 140, points=[122.6, 128.6])[0]
    coarse = np.array([110.0, 122.6, 125, 128.6, 140])
    parts = [integrate.quad(density, *pair)[0] / whole for pair in itertools.pairwise(coarse)]
    np.testing.assert_allclose(shape("double_crystal_ball", **TAILS).fractions(coarse), parts, rtol=1e-4)


@pytest.fixture(scope="module")
def simulated() -> np.ndarray:
    """Draw masses of a double-sided Crystal Ball."""
    grid = np.linspace(110, 140, 6001)
    cumulative = np.cumsum(shape("double_crystal_ball", **TAILS).fractions(grid))
    return np.interp(np.random.default_rng(5).uniform(0, 1, 40_000), np.append(0, cumulative), grid)


def test_the_fit_finds_the_shape_in_any_unit(simulated: np.ndarray) -> None:
    weight = np.full(len(simulated), 0.01)
    in_gev = fit_signal_shape(Spectrum.of(simulated, weight, EDGES), "double_crystal_ball")
    for name, true in {"mean": 125.0, "width": 2.0, **TAILS}.items():
        assert abs(in_gev.parameters[name] - true) < 4 * in_gev.errors[name], name
    assert in_gev.errors["mean"] < 0.05
    in_mev = fit_signal_shape(Spectrum.of(1e3 * simulated, weight, 1e3 * EDGES), "double_crystal_ball")
    assert in_mev.parameters["width"] == pytest.approx(1e3 * in_gev.parameters["width"], rel=1e-3)


def test_gaussian_of_a_gaussian_is_its_moments() -> None:
    masses = np.random.default_rng(1).normal(124, 1.5, 20_000)
    found = fit_signal_shape(Spectrum.of(masses, np.ones(20_000), EDGES), "gaussian")
    assert found.parameters["mean"] == pytest.approx(masses.mean(), abs=2e-3)
    assert found.parameters["width"] == pytest.approx(masses.std(), rel=5e-3)
    assert found.errors["mean"] == pytest.approx(1.5 / np.sqrt(20_000), rel=0.05)


def test_a_peak_moves() -> None:
    moved = shape("gaussian").at(120.0)
    assert np.argmax(moved.fractions(np.array([110.0, 119, 121, 140]))) == 1
    with pytest.raises(FivesigmaError, match="a peak at 9000 lies outside 110 to 140"):
        shape("gaussian").at(9000.0).fractions(EDGES)


def test_what_has_no_shape() -> None:
    empty = Spectrum(edges=EDGES, sum_w=np.zeros(60), sum_w2=np.zeros(60), name="m4l")
    with pytest.raises(FivesigmaError, match="m4l: no simulated signal between 110 and 140"):
        fit_signal_shape(empty, "gaussian")
    with pytest.raises(FivesigmaError, match="no signal shape 'crystalball'; did you mean crystal_ball"):
        fit_signal_shape(empty, "crystalball")
