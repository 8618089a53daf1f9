"""CLs of a count against the signal strength, from limits at many levels: the limit at level 1 - p is the strength whose CLs is p."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.inference.counting import CountingResult
from fivesigma.inference.counting_scan import CountingScan, Method, counting_scan
from fivesigma.inference.limits import CLsCurve

__all__ = ["counting_curve"]

_CLS = np.concatenate([np.linspace(0.98, 0.1, 20), np.geomspace(0.08, 1e-6, 30)])
_BEYOND = 1.15  # the curve is drawn this much beyond the largest limit
_POINTS = 61
_MANY_EVENTS = 10_000


def counting_curve(result: CountingResult, *, method: Method = "exact") -> CLsCurve:
    """Return CLs against the signal strength, expected with its band and of what was seen.

    Between some fifty values of CLs, or a dozen where events are many, exact or asymptotic as the limits are, the logarithm is linear in the strength; the limit's own is
    among them, so that curves cross it where the limits are.

    Parameters
    ----------
    result
        A count.
    method
        How its limits were made.

    Raises
    ------
    FivesigmaError
        As `fivesigma.inference.counting_scan.counting_scan`.
    """
    # sums over many events take time, and a curve of many events is smooth
    chosen = _CLS if result.background < _MANY_EVENTS else _CLS[::4]
    values = np.sort(np.append(chosen, 1 - result.level))[::-1]
    scans = [_at(result, method, float(value)) for value in values]
    expected = np.array([scan.limit_expected for scan in scans])  # shape (values, 5)
    seen = None if result.observed is None else np.array([scan.limit_observed for scan in scans], dtype=np.float64)
    largest = max(*result.limit_expected, result.limit_observed or 0.0)
    mu = np.linspace(0, _BEYOND * largest, _POINTS)
    # the fewer events the background gives, the smaller are limits: -2 σ comes first in both
    return CLsCurve(
        mu=mu,
        expected=np.stack([_curve(mu, limits, values) for limits in expected.T]),
        observed=None if seen is None else _curve(mu, seen, values),
        limit_expected=result.limit_expected,
        limit_observed=result.limit_observed,
        level=result.level,
    )


def _at(result: CountingResult, method: Method, value: float) -> CountingScan:
    relative = result.background_error / result.background if result.background > 0 else 0.0
    return counting_scan(
        result.signal,
        result.background,
        background_uncertainty=relative,
        observed=result.observed,
        method=method,
        level=1 - value,
    )


def _curve(mu: Floats, limits: Floats, values: Floats) -> Floats:
    """Return CLs at each strength; 1 without signal, and on beyond the last value as it fell before."""
    strengths, logs = np.append(0.0, limits), np.append(0.0, np.log(values))
    slope = (logs[-1] - logs[-2]) / (strengths[-1] - strengths[-2])
    inside = np.interp(mu, strengths, logs)
    curve: Floats = np.exp(np.where(mu > strengths[-1], logs[-1] + slope * (mu - strengths[-1]), inside))
    return curve
