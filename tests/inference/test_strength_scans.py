import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.strength_scans import (
    luminosity_factor_for,
    purity_for,
    scan_events,
    scan_luminosity,
    scan_purity,
)
from fivesigma.inference.strength_uncertainty import strength_uncertainty

SYSTEMATICS = {"luminosity": 0.01, "signal_efficiency": 0.05, "background_efficiency": 0.02, "detector": -30.0}
relative = st.floats(0, 0.2)
systematics = st.fixed_dictionaries(
    {
        "luminosity": relative,
        "signal_efficiency": relative,
        "background_efficiency": relative,
        "detector": st.floats(-20, 20),
    }
)


def test_luminosity_lowers_statistics_and_nothing_else() -> None:
    scan = scan_luminosity(1000, 9000, factors=[0.25, 1, 4], **SYSTEMATICS)
    assert scan.uncertainty.statistics == pytest.approx([0.2, 0.1, 0.05])
    assert np.ptp(scan.uncertainty.systematic) == pytest.approx(0, abs=1e-15)
    assert scan.uncertainty.total[1] == scan.nominal_total
    assert (scan.nominal, scan.target, scan.reached) == (1.0, None, None)


def test_events_at_the_same_purity_are_luminosity() -> None:
    by_events = scan_events(100, 300, events=[200, 400, 4000], **SYSTEMATICS)
    by_factor = scan_luminosity(100, 300, factors=[0.5, 1, 10], **SYSTEMATICS)
    assert by_events.uncertainty.total.tolist() == by_factor.uncertainty.total.tolist()
    assert by_events.nominal == 400


def test_purity_at_the_same_events() -> None:
    scan = scan_purity(100, 300, purities=[0.25, 1.0], **SYSTEMATICS)
    assert scan.uncertainty.total[0] == pytest.approx(scan.nominal_total, rel=1e-12)
    assert scan.uncertainty.statistics[1] == pytest.approx(1 / math.sqrt(400))
    assert scan.uncertainty.background[1] == 0
    assert scan.uncertainty.detector[1] == pytest.approx(30 / 400)


@given(s=st.floats(1, 1e4), b=st.floats(0, 1e5), size=systematics, better=st.floats(0.3, 1.5))
def test_what_is_said_to_reach_a_target_does(s: float, b: float, size: dict[str, Any], better: float) -> None:
    target = better * float(strength_uncertainty(s, b, **size).total)
    factor = luminosity_factor_for(target, s, b, **size)
    if factor is not None:
        assume(factor < 1e6)
        there = scan_luminosity(s, b, factors=factor, **size).uncertainty
        assert there.total == pytest.approx([target], rel=1e-6)
    else:
        assert strength_uncertainty(s, b, **size).systematic >= target
    purity = purity_for(target, s, b, **size)
    if purity is not None:
        assert scan_purity(s, b, purities=purity, **size).uncertainty.total == pytest.approx([target], rel=1e-6)
    else:
        assert strength_uncertainty(s + b, 0, **size).total > target


def test_luminosity_and_purity_that_are_worth_the_same() -> None:
    """Statistics only: σ² = 1/(f² n), so twice the purity is worth four times the luminosity."""
    now = float(strength_uncertainty(100, 300).total)
    assert luminosity_factor_for(now / 2, 100, 300) == pytest.approx(4)
    assert purity_for(now / 2, 100, 300) == pytest.approx(0.5)
    scan = scan_luminosity(100, 300, target=now / 2)
    assert (scan.target, scan.reached) == (now / 2, pytest.approx(4))
    assert scan_events(100, 300, target=now / 2).reached == pytest.approx(1600)
    assert scan_purity(100, 300, target=now / 2).reached == pytest.approx(0.5)


def test_a_floor_of_systematics_is_not_reached() -> None:
    assert luminosity_factor_for(0.05, 1000, 9000, luminosity=0.01) is None
    assert scan_events(1000, 9000, target=0.05, luminosity=0.01).reached is None
    assert purity_for(0.05, 1000, 9000, signal_efficiency=0.06) is None


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: scan_luminosity(0, 1), "expected signal is 0"),
        (lambda: scan_luminosity(1, 1, factors=[1, 0]), "entry 1 of 2: the luminosity factor is 0"),
        (lambda: scan_purity(1, 1, purities=[0.5, 1.5]), "entry 1 of 2: the purity is 1.5; it is 1 at most"),
        (lambda: scan_events(1, 1, events=-3), "number of events is -3"),
        (lambda: scan_events(1, 1, target=0), "uncertainty to reach is 0"),
        (lambda: purity_for(math.nan, 1, 1), "uncertainty to reach is nan"),
        (lambda: purity_for(0.1, 1, 1, luminosity=-1), "luminosity is -1"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
