import numpy as np
import pytest
from scipy import optimize, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.window import gaussian_background_z, window_excess

# shared golden statistics.json, cwola_published_counts: CWoLa hunting, arXiv:1902.02634, after a cut at 0.2 % efficiency
COUNTS = np.array([148.0, 119, 103, 93, 97, 93, 106, 114, 71, 32, 31, 23, 15, 12, 8])
WINDOW = np.isin(np.arange(15), [6, 7, 8])


def dijets(counts: np.ndarray = COUNTS) -> Spectrum:
    return Spectrum(edges=np.geomspace(2001, 4350, 16), sum_w=counts, sum_w2=counts + 1)


def test_the_published_excess() -> None:
    found = window_excess(dijets(), WINDOW, "dijet", 3, energy=13000, cost="weighted_chi2")
    assert found.observed == 291
    assert found.expected == pytest.approx(168.8, abs=0.1)
    assert 6.2 < found.z < 6.7
    assert found.log_p == pytest.approx(stats.norm.logsf(found.z))
    # the published error is the fit's, scaled by how well it fits
    scaled = found.expected_error * np.sqrt(found.fit.chi2 / found.fit.ndf)
    assert scaled == pytest.approx(10.4, abs=0.1)
    assert 6.2 < gaussian_background_z(291, found.expected, scaled) < 6.7


def test_poisson_sidebands_say_nearly_the_same() -> None:
    found = window_excess(dijets(), WINDOW, "dijet", 3, energy=13000)
    assert found.expected == pytest.approx(171, abs=1)
    assert found.z == pytest.approx(6.2, abs=0.1)


def test_what_is_in_the_window_moves_nothing_outside() -> None:
    one, other = (
        window_excess(dijets(np.where(WINDOW, inside, COUNTS)), WINDOW, "dijet", 3, energy=13000) for inside in (0, 900)
    )
    assert one.expected == other.expected
    assert one.z < 0 < other.z


def test_a_background_known_exactly_is_the_poisson_test() -> None:
    closed = np.sqrt(2 * (30 * np.log(30 / 18) - 12))
    assert gaussian_background_z(30, 18, 0) == pytest.approx(closed)
    assert gaussian_background_z(0, 18, 0) == pytest.approx(-np.sqrt(36))
    assert gaussian_background_z(18, 18, 3) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("observed", "expected", "error"), [(30, 18, 3), (5, 18, 4), (1, 0.5, 0.4), (400, 380, 60)])
def test_the_nuisance_profiled_by_brute_force(observed: float, expected: float, error: float) -> None:
    def deviance(b: float) -> float:
        return 2 * (b - observed + observed * np.log(observed / b)) + ((b - expected) / error) ** 2

    least = optimize.minimize_scalar(
        deviance, bounds=(1e-6, 2 * (observed + expected)), method="bounded", options={"xatol": 1e-9}
    )
    z = np.sign(observed - expected) * np.sqrt(least.fun)
    assert gaussian_background_z(observed, expected, error) == pytest.approx(z, rel=1e-6)


def test_nothing_seen_where_the_background_may_vanish() -> None:
    assert gaussian_background_z(0, 1, 2) == pytest.approx(-0.5)


@pytest.mark.parametrize("inside", [[], [0, 1], [14]])
def test_a_window_without_sidebands(inside: list[int]) -> None:
    with pytest.raises(FivesigmaError, match="sidebands below and above"):
        window_excess(dijets(), np.isin(np.arange(15), inside), "dijet", 3, energy=13000)


def test_a_count_without_background() -> None:
    with pytest.raises(FivesigmaError, match="a count of 3 over 0 ± 1"):
        gaussian_background_z(3, 0, 1)
