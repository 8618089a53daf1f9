import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.window import window_excess
from fivesigma.statistics.significance import gaussian_background_z

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


@pytest.mark.parametrize("inside", [[], [0, 1], [14]])
def test_a_window_without_sidebands(inside: list[int]) -> None:
    with pytest.raises(FivesigmaError, match="sidebands below and above"):
        window_excess(dijets(), np.isin(np.arange(15), inside), "dijet", 3, energy=13000)
