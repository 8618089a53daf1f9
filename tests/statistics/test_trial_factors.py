import math

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.trial_factors import gross_vitells, independent_trials


def test_global_p_value_of_the_reference() -> None:
    # golden/statistics.json of the project's reference values, gross_vitells
    assert gross_vitells(4, 3, 0.5) == pytest.approx(0.00117205812, rel=1e-8)


def test_without_upcrossings_global_is_local() -> None:
    assert gross_vitells([2.0, 5.0], 0.0) == pytest.approx(stats.norm.sf([2.0, 5.0]))
    assert gross_vitells(0.1, 50) == 1


def test_gross_vitells_of_toys() -> None:
    """A smooth Gaussian field on a circle: the maximum's tail, and the upcrossings of zero counted in the same toys."""
    rng = np.random.default_rng(3)
    modes = np.arange(1, 13)
    angle = np.linspace(0, 2 * math.pi, 241)
    waves = np.concatenate([np.cos(np.outer(modes, angle)), np.sin(np.outer(modes, angle))]) / math.sqrt(len(modes))
    field = rng.normal(size=(20_000, 2 * len(modes))) @ waves
    upcrossings = np.count_nonzero((field[:, :-1] < 0) & (field[:, 1:] >= 0)) / len(field)
    largest = field.max(axis=1)
    for z in (3.2, 3.6):  # the formula counts upcrossings, and few fields have two of such levels
        seen = float(np.mean(largest > z))
        assert float(gross_vitells(z, upcrossings)) == pytest.approx(
            seen, abs=4 * math.sqrt(seen / len(field)) + 0.03 * seen
        )


def test_independent_trials() -> None:
    assert independent_trials(0.5, 2) == 0.75
    assert independent_trials(1e-12, 1000) == pytest.approx(1e-9, rel=1e-9)
    assert independent_trials([0.0, 1.0], 7).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: gross_vitells(3, -1), "upcrossings is negative"),
        (lambda: gross_vitells(0.2, 1, 0.5), "below the reference"),
        (lambda: independent_trials(1.5, 2), "between 0 and 1"),
        (lambda: independent_trials(0.5, 0), "one trial or more"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
