import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily
from fivesigma.inference.mass.order import choose_order
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
    f = (before.chi2 - last.chi2) / (last.chi2 / last.ndf)
    assert last.p_value == pytest.approx(stats.f.sf(f, 1, last.ndf))
    assert before.ndf - last.ndf == 1


def test_a_step_that_helps_little_is_no_end_while_nothing_fits() -> None:
    # a symmetric valley: the straight line is as bad as the constant, the parabola is right
    order, steps = choose_order(drawn(0.2 + (MIDDLE - 0.5) ** 2), "polynomial")
    assert order == 2
    assert steps[1].p_value is not None
    assert steps[1].p_value > 0.05


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
