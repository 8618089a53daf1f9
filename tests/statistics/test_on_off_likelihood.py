import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.on_off_likelihood import conditional_background, deviance, q_tilde, signal_interval


@given(
    s=st.floats(0, 200),
    n=st.integers(0, 200),
    off=st.floats(0.1, 200),
    per_tau=st.floats(1e-3, 10),
)
def test_conditional_background_is_where_the_likelihood_is_largest(
    s: float, n: int, off: float, per_tau: float
) -> None:
    best = float(conditional_background(s, n, off, per_tau))

    def slope(b: float) -> float:
        return n / (s + b) - 1 + off / per_tau / b - 1 / per_tau

    assert best > 0
    assert slope(best * (1 - 1e-6)) >= 0 >= slope(best * (1 + 1e-6))


@given(n=st.integers(0, 100), off=st.floats(0.5, 100), relative=st.floats(0.01, 1), s=st.floats(0, 150))
def test_test_statistic_against_the_likelihood_itself(n: int, off: float, relative: float, s: float) -> None:
    """From log-probabilities and numerical minima, signal and background anywhere that leaves the expectation positive."""
    tau = 1 / (relative**2 * off)
    m = tau * off

    def deviance(signal: float) -> float:
        def at(log_b: float) -> float:
            b = math.exp(log_b)
            mean, aside = signal + b, tau * b
            return 2 * (mean - n * math.log(mean) + aside - m * math.log(aside))

        return float(optimize.minimize_scalar(at, bounds=(-12, 7), options={"xatol": 1e-9}).fun)

    if n - off > s:
        expected = 0.0
    elif n < off:
        expected = deviance(s) - deviance(0.0)
    else:
        saturated = 2 * ((n - n * math.log(n) if n else 0) + m - m * math.log(m))
        expected = deviance(s) - saturated
    assert float(q_tilde(s, n, off, relative**2 * off)) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@given(n=st.integers(0, 300), b=st.floats(0.5, 300), relative=st.floats(0.01, 0.5), level=st.floats(0.3, 0.99))
def test_interval_ends_where_the_deviance_has_risen(n: int, b: float, relative: float, level: float) -> None:
    low, high = signal_interval(n, b, relative * b, level)
    assert low < n - b < high
    per_tau = np.asarray(relative**2 * b)
    rise = [float(deviance(end, np.asarray(float(n)), np.asarray(b), per_tau)) for end in (low, high)]
    assert rise == pytest.approx([stats.chi2.ppf(level, 1)] * 2, rel=1e-6)


def test_interval_of_many_events_is_that_of_gauss() -> None:
    low, high = signal_interval([1_010_000, 999_000], 1e6, [0.0, 1000.0])
    assert low == pytest.approx([10_000 - 1005, -1000 - 1414], rel=2e-3)
    assert high == pytest.approx([10_000 + 1005, -1000 + 1414], rel=3e-3)


def test_interval_of_the_likelihood_of_iminuit() -> None:
    """MINOS on the same two Poisson counts: n = 60 on, 25 off at τ = 0.5, so b = 50 ± 10."""
    iminuit = pytest.importorskip("iminuit")

    def cost(s: float, b: float) -> float:
        return 2 * (s + b - 60 * math.log(s + b) + 0.5 * b - 25 * math.log(0.5 * b))

    fit = iminuit.Minuit(cost, s=10, b=50)
    fit.errordef = 1
    fit.limits["b"] = (1, None)
    fit.migrad()
    fit.minos("s")
    ends = [fit.values["s"] + fit.merrors["s"].lower, fit.values["s"] + fit.merrors["s"].upper]
    assert [float(end) for end in signal_interval(60, 50, 10)] == pytest.approx(ends, rel=1e-2)


def test_interval_stops_where_nothing_is_expected() -> None:
    low, high = signal_interval(0, [3.0, 0.0])
    assert low == pytest.approx([-3.0, 0.0], abs=1e-9)
    assert high == pytest.approx([-2.5, 0.5], rel=1e-9)  # 2 (s + b) = 1


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0, 1, 2])
@pytest.mark.parametrize("error", [0.0, 10.0])
def test_coverage(strength: float, error: float) -> None:
    """Of 20,000 counts of a signal of 100 on 400, the latter known or measured off; discreteness takes up to half a per cent."""
    rng, toys = np.random.default_rng(5), 20_000
    n = rng.poisson(100 * strength + 400, toys)
    tau = 400 / error**2 if error else math.inf
    off = rng.poisson(400 * tau, toys) / tau if error else np.full(toys, 400.0)
    for level in (0.6827, 0.95):
        low, high = signal_interval(n, off, np.sqrt(off / tau), level)
        held = float(np.mean((low <= 100 * strength) & (100 * strength <= high)))
        assert held == pytest.approx(level, abs=0.005 + 3 * math.sqrt(level * (1 - level) / toys))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: signal_interval(-1, 3), "unlike -1"),
        (lambda: signal_interval(2, 0, 1), "a background of zero"),
        (lambda: signal_interval(2, 1, level=68), "between 0 and 1"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
