import numpy as np
import pytest

from fivesigma.inference.cls_crossing import Tails, cls_crossing
from fivesigma.statistics.poisson_limits import upper_limit

RATIOS = 0.4 * 1.25 ** np.arange(8)  # of the exact limit, where toys are thrown


def thrown(observed: int, background: float, toys: int, rng: np.random.Generator) -> Tails:
    """Toys of one count: those that are no larger than what was observed are the tail."""
    strength = float(upper_limit(observed, background)) * RATIOS
    null = float(np.count_nonzero(rng.poisson(background, toys) <= observed))
    counts = rng.poisson(background + strength[:, None], (len(strength), toys))
    return Tails(
        strength=strength,
        with_signal=np.count_nonzero(counts <= observed, axis=1).astype(float),
        expected=np.full(len(strength), null),
        without=np.full(len(strength), null),
    )


@pytest.mark.parametrize(
    ("observed", "background", "toys", "spread"),
    [(0, 5.0, 3000, 0.25), (3, 3.0, 1000, 0.04), (100, 100.0, 1000, 0.04), (115, 100.0, 1000, 0.03)],
)
def test_limits_of_few_toys_lie_around_the_exact_one_by_what_is_stated(observed, background, toys, spread) -> None:
    """The first point below the threshold would lie 30 % too low for none observed of five expected."""
    rng, exact = np.random.default_rng(4), float(upper_limit(observed, background))
    found = [cls_crossing(thrown(observed, background, toys, rng), 0.95) for _ in range(60)]
    ratios = np.asarray([one.strength for one in found]) / exact
    stated = np.median([one.error for one in found])
    assert np.median(ratios) == pytest.approx(1.0, abs=3 * 1.25 * spread / np.sqrt(60))
    assert np.std(ratios) < spread
    assert np.std(ratios) == pytest.approx(stated, rel=0.4)


def test_points_without_noise_give_the_exact_limit() -> None:
    """CLs of none observed is exp(-μ), whatever the background."""
    strength = 3 * RATIOS
    full = np.full(len(strength), 1e6)
    tails = Tails(strength=strength, with_signal=full * np.exp(-strength), expected=full, without=full)
    assert cls_crossing(tails, 0.95).strength == pytest.approx(-np.log(0.05), rel=1e-6)
    assert cls_crossing(tails, 0.9).strength == pytest.approx(-np.log(0.1), rel=1e-6)


def test_too_few_points_for_a_fit_are_interpolated_and_have_no_error() -> None:
    tails = Tails(
        strength=np.array([2.0, 4.0]),
        with_signal=np.array([100.0, 25.0]),
        expected=np.array([1000.0, 1000.0]),
        without=np.array([1000.0, 1000.0]),
    )
    crossing = cls_crossing(tails, 0.95)
    assert crossing.strength == pytest.approx(3.0)  # half-way in ln CLs, from 0.1 to 0.025
    assert crossing.error is None
