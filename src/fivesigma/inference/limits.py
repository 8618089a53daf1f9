"""CLs upper limits on the signal strength in the asymptotic approximation, and the curve they are read from.

The ±1, ±2 σ band needs no more fits than the median: each of its limits is where one curve, ``√q_A(μ)`` of background-only Asimov
data, reaches a threshold of its own (`fivesigma.statistics.asymptotic_cls`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.display import Entry, band, facts
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.engine import Data, Model
from fivesigma.inference.profile import Profile, nominal_asimov, profiled_asimov, rising_root
from fivesigma.statistics.asymptotic_cls import band_thresholds, expected_cls, observed_cls
from fivesigma.statistics.bands import BAND, Band, band_of
from fivesigma.statistics.poisson_limits import require_level

__all__ = [
    "Band",
    "CLsCurve",
    "NamedLimit",
    "Nuisances",
    "UpperLimit",
    "cls_limit",
    "cls_values",
    "discovery_significance",
    "expected_discovery",
]

Nuisances: TypeAlias = Literal["nominal", "profiled"]

_BEYOND = 1.15  # the curve is drawn this much beyond the largest limit
_POINTS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class CLsCurve:
    """CLs against the signal strength.

    Attributes
    ----------
    mu
        Signal strengths, shape (n,).
    expected
        CLs at -2, -1, 0, +1, +2 σ of what background alone gives, shape (5, n).
    observed
        CLs of what was seen, shape (n,); None while blind.
    limit_expected, limit_observed
        Where the curves cross ``1 - level``.
    level
        Confidence level of the limits.
    """

    mu: Floats
    expected: Floats
    observed: Floats | None
    limit_expected: Band
    limit_observed: float | None
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLimit:
    """A limit on the signal strength and whose it is, to set beside others."""

    name: str
    expected: Band
    observed: float | None
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperLimit:
    """An upper limit on the signal strength.

    Attributes
    ----------
    expected
        Limits at -2, -1, 0, +1, +2 σ of what background alone gives.
    observed
        Limit from what was seen; None while blind.
    level
        Confidence level.
    curve
        The CLs from which they are read.
    nuisances
        Whether the Asimov data of the expected limits have the nuisances at nominal, or profiled on the observed data.
    method
        How it was made, in words.
    """

    expected: Band
    observed: float | None
    level: float
    curve: CLsCurve
    nuisances: Nuisances
    method: str

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {"expected": band(self.expected), "observed": self.observed}
        return facts(f"Upper limit on μ at {self.level:.0%}", values, notes=[f"Made by {self.method}."]).html


def cls_limit(
    model: Model, data: Data | None = None, *, level: float = 0.95, nuisances: Nuisances = "nominal"
) -> UpperLimit:
    """Return expected and, with ``data``, observed CLs upper limits on the signal strength.

    Parameters
    ----------
    model
        The statistical model.
    data
        What was seen; None while blind.
    level
        Confidence level.
    nuisances
        "nominal": expected limits never depend on the data. "profiled": as in 1007.1727 and pyhf, the nuisances of
        the Asimov data are fitted to the data first. The observed limit is the same either way.

    Raises
    ------
    FivesigmaError
        If the level is not between 0 and 1, nuisances are to be profiled without data, a fit fails, or no strength is excluded.
    """
    require_level(level)
    seen = None if data is None else Profile(model, data)
    asimov = _asimov(model, seen, nuisances)
    band = band_of(np.asarray([_expected_limit(asimov, threshold) for threshold in band_thresholds(level)]))
    observed = None
    reference = asimov
    if seen is not None:
        reference = asimov if nuisances == "profiled" else _asimov(model, seen, "profiled")
        observed = _observed_limit(seen, reference, level)
    return UpperLimit(
        expected=band,
        observed=observed,
        level=level,
        curve=_curve(asimov, seen, reference, band, observed, level),
        nuisances=nuisances,
        method=f"CLs, asymptotic q̃_μ (arXiv:1007.1727), {nuisances} nuisances",
    )


def cls_values(
    model: Model, data: Data | None, strength: float, *, nuisances: Nuisances = "nominal"
) -> tuple[Floats, float | None]:
    """Return CLs at one signal strength: expected at -2 ... +2 σ, shape (5,), and observed, None without data."""
    seen = None if data is None else Profile(model, data)
    expected = expected_cls(_asimov(model, seen, nuisances).q_tilde(strength))
    if seen is None:
        return expected, None
    return expected, float(observed_cls(seen.q_tilde(strength), _asimov(model, seen, "profiled").q_tilde(strength)))


def discovery_significance(model: Model, data: Data | None = None, *, strength: float = 1.0) -> float:
    """Return Z of discovery, ``√q_0``: of what was seen, or the median one expected if μ = ``strength`` without data.

    arXiv:1007.1727 eqs. 12, 52 and 53. The expected one is at nominal nuisances and never depends on data. A deficit
    has Z = 0.
    """
    profile = Profile(model, nominal_asimov(model, strength), truth=strength) if data is None else Profile(model, data)
    return float(np.sqrt(profile.q_zero()))


def expected_discovery(
    model: Model, data: Data | None = None, *, strength: float = 1.0, nuisances: Nuisances = "nominal"
) -> Band:
    """Return the Z of discovery at -2, -1, 0, +1, +2 σ of what is expected if μ = ``strength``.

    ``√q_0`` of Asimov data and as many σ around it (arXiv:1007.1727 section 4.3); a Z below zero is a p-value above one half.

    Parameters
    ----------
    model
        The statistical model.
    data
        What was seen; needed only where nuisances are profiled on it.
    strength
        The strength that is expected.
    nuisances
        As in `cls_limit`.

    Raises
    ------
    FivesigmaError
        If nuisances are to be profiled without data, or a fit fails.
    """
    seen = None if data is None else Profile(model, data)
    z = float(np.sqrt(_asimov(model, seen, nuisances, strength).q_zero()))
    return band_of(z + np.asarray(BAND))


def _asimov(model: Model, seen: Profile | None, nuisances: Nuisances, strength: float = 0.0) -> Profile:
    if nuisances == "nominal":
        return Profile(model, nominal_asimov(model, strength), truth=strength)
    if seen is None:
        raise FivesigmaError("nuisances can be profiled on observed data only; while blind they are nominal")
    return Profile(model, profiled_asimov(seen, strength), truth=strength)


def _expected_limit(asimov: Profile, threshold: float) -> float:
    return rising_root(lambda mu: float(np.sqrt(asimov.q_tilde(mu))) - threshold, 0.0, asimov.error)


def _observed_limit(seen: Profile, asimov: Profile, level: float) -> float:
    def excluded(mu: float) -> float:
        return (1 - level) - float(observed_cls(seen.q_tilde(mu), asimov.q_tilde(mu)))

    return rising_root(excluded, max(seen.strength, 0.0), asimov.error)


def _curve(
    asimov: Profile, seen: Profile | None, reference: Profile, band: Band, limit: float | None, level: float
) -> CLsCurve:
    mus = np.linspace(0.0, _BEYOND * max(*band, limit or 0.0), _POINTS)

    def q_tilde(profile: Profile) -> Floats:
        return np.asarray([profile.q_tilde(float(mu)) for mu in mus])

    return CLsCurve(
        mu=mus,
        expected=expected_cls(q_tilde(asimov)),
        observed=None if seen is None else observed_cls(q_tilde(seen), q_tilde(reference)),
        limit_expected=band,
        limit_observed=limit,
        level=level,
    )
