import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.window import TooFewEventsError, window_excess
from fivesigma.statistics.marginal_counts import marginalised_poisson_p
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


# of a dijet spectrum that falls by four decades, as after cuts
FALLING = np.linspace(2600, 7000, 41)
X = (FALLING[1:] + FALLING[:-1]) / 2 / 13000
DENSITY = (1 - X) ** 10 * X**-5.5 / np.sum((1 - X) ** 10 * X**-5.5)


def falling(counts: np.ndarray) -> Spectrum:
    return Spectrum(edges=FALLING, sum_w=counts.astype(float), sum_w2=counts.astype(float), name="m_jj")


def window_at(first: int, bins: int = 4) -> np.ndarray:
    return np.isin(np.arange(40), range(first, first + bins))


@pytest.mark.parametrize("events", [25, 60, 700])
@pytest.mark.parametrize("order", [None, 3, 4, 5])
def test_few_events_have_predictions(events: int, order: int | None) -> None:
    rng = np.random.default_rng(events)
    for first in (4, 12, 28)[: 2 if order == 5 else 3]:
        found = window_excess(falling(rng.poisson(events * DENSITY)), window_at(first), "dijet", order, energy=13000)
        assert found.expected > 0
        assert np.isfinite(found.expected_error)
        assert np.isfinite([found.z, found.log_p, found.marginalised.z, found.marginalised.mid_z]).all()
        assert abs(float(found.marginalised.mid_z)) < 4


def test_nothing_in_the_window_is_a_deficit() -> None:
    counts = np.where(window_at(8), 0, np.round(300 * DENSITY))
    found = window_excess(falling(counts), window_at(8), "dijet", energy=13000)
    assert found.observed == 0
    assert found.order == 3
    assert found.marginalised.mid_z < found.marginalised.z < 0
    assert found.z < 0


@pytest.mark.parametrize("beside", [0, 1, 2])
def test_too_few_events_beside_the_window(beside: int) -> None:
    counts = np.where(window_at(8), 5.0, 0.0)
    counts[[0, 30][:beside]] = 4
    with pytest.raises(
        TooFewEventsError, match=f"m_jj: .* events in {beside} bins beside .* the 3 parameters of the dijet"
    ):
        window_excess(falling(counts), window_at(8), "dijet", energy=13000)
    with pytest.raises(TooFewEventsError, match="the 5 parameters of the dijet"):
        window_excess(falling(counts), window_at(8), "dijet", 5, energy=13000)


@pytest.mark.parametrize("filled", [[0, 1, 2], [0, 20, 39], [0, 1, 39], [37, 38, 39]])
def test_as_many_filled_bins_as_parameters_are_enough(filled: list[int]) -> None:
    counts = np.where(window_at(8), 1.0, 0.0)
    counts[filled] = 3
    found = window_excess(falling(counts), window_at(8), "dijet", 3, energy=13000)
    # the likelihood equations: as many events beside the window as there are
    assert found.fit.background[~window_at(8)].sum() == pytest.approx(9, rel=1e-5)


def test_a_prediction_that_is_none() -> None:
    """26 events in the lowest bins: five parameters fall by 300 decades from there."""
    counts = np.zeros(40)
    counts[[0, 1, 2, 4, 5, 6]] = 6, 7, 2, 5, 2, 3
    with pytest.raises(TooFewEventsError, match=r"m_jj: .* order 5 expects .* events in the window.* a lower order"):
        window_excess(falling(counts), window_at(22), "dijet", 5, energy=13000)
    assert window_excess(falling(counts), window_at(22), "dijet", energy=13000).expected > 0


def test_the_order_may_be_chosen_beside_the_window() -> None:
    rng = np.random.default_rng(1)
    # three parameters fit, and what is in the window cannot say otherwise
    counts = rng.poisson(7000 * DENSITY)
    for inside in (0, 10_000):
        found = window_excess(falling(np.where(window_at(8), inside, counts)), window_at(8), "dijet", energy=13000)
        assert (found.order, found.fit.ndf) == (3, 33)
    bent = rng.poisson(70_000 * DENSITY * np.exp(3 * np.log(X / X[0]) ** 2))
    found = window_excess(falling(bent), window_at(8), "dijet", energy=13000)
    assert found.order > 3
    assert abs(float(found.marginalised.mid_z)) < 3


@pytest.mark.slow
@pytest.mark.parametrize(("events", "gaussian"), [(7000, 0.0094), (700, 0.0111), (140, 0.0181), (30, 0.0303)])
def test_significances_of_background_are_normal(events: int, gaussian: float) -> None:
    """What part of windows has a p-value below 0.01: of the log-normal error 0.0092, 0.0081, 0.0061, 0.0011, else ``gaussian``."""
    rng, toys, places = np.random.default_rng(events), 600, (4, 8, 12, 16, 22, 28)
    found = [
        [window_excess(falling(counts), window_at(first), "dijet", 3, energy=13000) for first in places]
        for counts in rng.poisson(events * DENSITY, (toys, 40))
    ]
    count, expected, error, z = (
        np.array([[getattr(one, name) for one in row] for row in found])
        for name in ("observed", "expected", "expected_error", "z")
    )
    p = marginalised_poisson_p(count, expected, error)
    many = np.array([events * DENSITY[window_at(first)].sum() > 3 for first in places])
    assert np.mean(stats.norm.sf(z) < 0.01) == pytest.approx(gaussian, abs=0.003)
    assert np.mean(p.mid_p < 0.01) < 0.012
    assert np.all(np.abs(p.mid_z.mean(axis=0)) < 0.13)
    assert np.all(p.mid_z.std(axis=0) < 1.08)
    assert np.all(p.mid_z.std(axis=0)[many] > 0.92)
    # a count between the two: p-values are then uniform, which of whole counts they cannot be
    even = p.p - rng.uniform(size=count.shape) * 2 * (p.p - p.mid_p)
    assert all(stats.kstest(one, "uniform").pvalue > 1e-3 for one in even[:, many].T)
