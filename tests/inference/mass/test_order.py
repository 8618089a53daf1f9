import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily
from fivesigma.inference.mass.order import choose_order, fit_chosen_order
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.linspace(0, 1, 41)
MIDDLE = (EDGES[1:] + EDGES[:-1]) / 2


def drawn(density: np.ndarray, *, events: float = 1e5, seed: int = 1) -> Spectrum:
    counts = np.random.default_rng(seed).poisson(events * density / density.sum()).astype(float)
    return Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts, name="m4l")


@pytest.mark.parametrize("true", [1, 2, 3])
def test_the_order_that_was_drawn(true: int) -> None:
    exponent = np.polynomial.polynomial.polyval(MIDDLE, [0, -3, 1.5, -2][: true + 1])
    order, steps = choose_order(drawn(np.exp(exponent)), "exponential")
    assert order == true
    assert [step.order for step in steps] == list(range(1, true + 2))
    assert steps[0].p_value is None
    assert all(step.p_value is not None and step.p_value < 0.05 for step in steps[1:-1])
    before, last = steps[-2:]
    gain = before.chi2 - last.chi2
    by_f = stats.f.sf(gain / (last.chi2 / last.ndf), 1, last.ndf)
    assert last.p_value == pytest.approx(max(by_f, stats.chi2.sf(gain, 1)))
    assert before.ndf - last.ndf == 1


def test_a_step_that_helps_little_is_no_end_while_nothing_fits() -> None:
    # a symmetric valley: the straight line is as bad as the constant, the parabola is right
    order, steps = choose_order(drawn(0.2 + (MIDDLE - 0.5) ** 2), "polynomial")
    assert order == 2
    assert steps[1].p_value is not None
    assert steps[1].p_value > 0.05


def test_a_weighted_chi2_has_the_f_test_alone() -> None:
    _, steps = choose_order(drawn(np.exp(-3 * MIDDLE)), "exponential", cost="weighted_chi2")
    before, last = steps[-2:]
    f = (before.chi2 - last.chi2) / (last.chi2 / last.ndf)
    assert last.p_value == pytest.approx(stats.f.sf(f, 1, last.ndf))


def test_bins_that_are_not_used_have_no_say() -> None:
    smooth = drawn(np.exp(-3 * MIDDLE))
    use = np.abs(MIDDLE - 0.5) > 0.1
    bump = smooth.filled_with(np.where(use, smooth.sum_w, 3 * smooth.sum_w))
    order, steps = choose_order(bump, "exponential", cost="poisson", use=use)
    assert (order, steps) == choose_order(smooth, "exponential", cost="poisson", use=use)
    assert order == 1
    assert steps[0].ndf == np.count_nonzero(use) - 2
    assert choose_order(bump, "exponential", cost="poisson")[0] > 1
    chosen, fit = fit_chosen_order(bump, "exponential", use=use)
    assert (chosen, fit.chi2, fit.ndf) == (1, steps[0].chi2, steps[0].ndf)


def test_few_events_ask_for_no_more_than_the_least() -> None:
    """By F alone, as if a deviance of 1 for each degree of freedom were due, more than a fifth would take another parameter."""
    rng, density = np.random.default_rng(2), np.exp(-5 * MIDDLE)
    more = by_f = 0
    for _ in range(150):
        counts = rng.poisson(10 * density / density.sum()).astype(float)
        order, steps = choose_order(Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts), "exponential", cost="poisson")
        more += order > 1
        before, after = steps[:2]
        by_f += stats.f.sf((before.chi2 - after.chi2) / (after.chi2 / after.ndf), 1, after.ndf) < 0.05
    assert more < 16
    assert by_f > 30


def test_too_few_bins_for_any() -> None:
    two = Spectrum(edges=np.array([1.0, 2, 3]), sum_w=np.ones(2), sum_w2=np.ones(2), name="m4l")
    with pytest.raises(FivesigmaError, match="m4l: 2 bins are too few for a power law background"):
        choose_order(two, "power_law")


def test_the_published_dijets_need_three_parameters(dijets: Spectrum) -> None:
    order, steps = choose_order(dijets, "dijet", energy=13000)
    assert order == 3
    assert stats.chi2.sf(steps[0].chi2, steps[0].ndf) > 0.05
    order, steps = choose_order(dijets, "power_law")
    assert order == 4
    assert stats.chi2.sf(steps[3].chi2, steps[3].ndf) > 0.05


@pytest.mark.parametrize(("family", "expected"), [("dijet", 3), ("power_law", 2)])
def test_the_published_diphotons_are_smooth(diphotons: Spectrum, family: BackgroundFamily, expected: int) -> None:
    order, steps = choose_order(diphotons, family, energy=13000, cost="poisson")
    assert order == expected
    chosen = next(step for step in steps if step.order == order)
    # most bins hold few events: the deviance is not quite a χ² there
    assert 0.5 < chosen.chi2 / chosen.ndf < 1.3
