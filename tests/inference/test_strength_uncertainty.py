"""Golden numbers: `golden/statistics.json` of the project's reference values, ``linear_propagation``."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.strength_uncertainty import strength_uncertainty

COMPONENTS = ("statistics", "signal", "background", "luminosity", "detector", "systematic", "total")


def test_linear_propagation_of_the_reference() -> None:
    result = strength_uncertainty(
        [1000, 100], [9000, 2500], luminosity=0.01, signal_efficiency=0.05, background_efficiency=0.02
    )
    assert result.total == pytest.approx([0.23430749, 0.761642961], rel=1e-8)
    assert result.statistics == pytest.approx([0.1, math.sqrt(2600) / 100], rel=1e-12)


@given(
    s=st.floats(1, 1e4),
    b=st.floats(0, 1e5),
    relative=st.tuples(*[st.floats(0, 0.2)] * 3),
    changes=st.tuples(st.floats(-10, 10), st.floats(-10, 10)),
)
def test_agrees_with_numerical_derivatives(s: float, b: float, relative: tuple, changes: tuple) -> None:
    """μ of a changed world in which n is counted, read with the nominal S and B, differs from 1 by what is claimed."""
    lumi, of_s, of_b = relative
    result = strength_uncertainty(
        s, b, luminosity=lumi, signal_efficiency=of_s, background_efficiency=of_b, detector=sum(changes)
    )
    assert result.detector == pytest.approx(abs((s + changes[0] + b + changes[1] - b) / s - 1), abs=1e-9)
    step = 1e-6

    def strength(luminosity: float, signal: float, background: float) -> float:
        return (s + b - luminosity * background * b) / (luminosity * signal * s)

    up = (strength(1 + step, 1, 1), strength(1, 1 + step, 1), strength(1, 1, 1 + step))
    down = (strength(1 - step, 1, 1), strength(1, 1 - step, 1), strength(1, 1, 1 - step))
    slopes = [abs(u - d) / (2 * step) for u, d in zip(up, down, strict=True)]
    expected = [slope * size for slope, size in zip(slopes, relative, strict=True)]
    got = [float(part) for part in (result.luminosity, result.signal, result.background)]
    assert got == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert float(result.total) == pytest.approx(math.hypot(float(result.statistics), float(result.systematic)))


def test_statistics_is_the_spread_of_toys() -> None:
    s, b = 200.0, 800.0
    toys = (np.random.default_rng(1).poisson(s + b, 100_000) - b) / s
    assert float(strength_uncertainty(s, b).statistics) == pytest.approx(toys.std(), rel=0.01)


def test_luminosity_moves_signal_and_background_together() -> None:
    """Not in quadrature of the two alone: n/S δL is larger than √(S² + B²)/S δL."""
    result = strength_uncertainty(30, 40, luminosity=0.01)
    assert float(result.luminosity) == pytest.approx(0.01 * 70 / 30)


def test_a_thousand_cuts_in_one_call_have_one_shape() -> None:
    signal = np.linspace(1, 100, 1000)
    result = strength_uncertainty(signal, 50.0, background_efficiency=0.1, detector=-0.02 * signal)
    assert {getattr(result, name).shape for name in COMPONENTS} == {(1000,)}
    assert result.detector == pytest.approx(np.full(1000, 0.02))
    one = strength_uncertainty(signal[7], 50.0, background_efficiency=0.1, detector=0.02 * signal[7])
    assert float(one.total) == result.total[7]
    assert one.total.shape == ()


def test_no_background_leaves_the_poisson_error_of_the_signal() -> None:
    result = strength_uncertainty(25, 0, background_efficiency=0.5)
    assert float(result.total) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"signal": 0, "background": 1}, "expected signal is 0"),
        ({"signal": [1, 0], "background": 1}, "entry 1 of 2: the expected signal is 0"),
        ({"signal": 1, "background": -1}, "expected background is -1"),
        ({"signal": math.nan, "background": 1}, "expected signal is nan"),
        ({"signal": 1, "background": 1, "luminosity": -0.1}, "luminosity is -0.1"),
        ({"signal": 1, "background": 1, "signal_efficiency": math.inf}, "signal efficiency is inf"),
        ({"signal": 1, "background": 1, "background_efficiency": -1}, "background efficiency is -1"),
        ({"signal": 1, "background": 1, "detector": math.nan}, "detector is nan"),
    ],
)
def test_refuses(arguments: dict, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        strength_uncertainty(**arguments)
