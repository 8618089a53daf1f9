"""How the uncertainty of a counted signal strength falls with luminosity, purity and number of events, and what reaches a target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.strength_uncertainty import StrengthUncertainty, strength_uncertainty
from fivesigma.statistics.quadrature import quadrature
from fivesigma.statistics.requirements import require

__all__ = [
    "PrecisionScan",
    "Quantity",
    "Systematics",
    "luminosity_factor_for",
    "purity_for",
    "scan_events",
    "scan_luminosity",
    "scan_purity",
]

Quantity: TypeAlias = Literal["luminosity factor", "purity", "events"]
"""What a scan varies: α, that multiplies signal and background; f_S = S/n at the same n; n at the same f_S."""
_PURITIES = np.linspace(0.01, 1, 199)


class Systematics(TypedDict, total=False):
    """The uncertainties that `~fivesigma.inference.strength_uncertainty.strength_uncertainty` takes, 0 where not given."""

    luminosity: float
    signal_efficiency: float
    background_efficiency: float
    detector: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionScan:
    """The uncertainty of the signal strength against what is varied.

    Attributes
    ----------
    quantity
        What is varied.
    values
        Its values, shape (m,).
    uncertainty
        What the strength costs at each.
    nominal, nominal_total
        Where the analysis stands, and its total uncertainty there.
    target, reached
        A total uncertainty that is asked for and the value that reaches it; None if not asked, or not to be reached.
    """

    quantity: Quantity
    values: Floats
    uncertainty: StrengthUncertainty
    nominal: float
    nominal_total: float
    target: float | None = None
    reached: float | None = None


def scan_luminosity(
    signal: float,
    background: float,
    *,
    factors: ArrayLike | None = None,
    target: float | None = None,
    **systematics: Unpack[Systematics],
) -> PrecisionScan:
    """Return the uncertainty of the strength against a factor α on the luminosity.

    Signal, background and the change by the detector grow with α, so only the statistics fall, as ``1/√α``: relative systematics
    are a floor. ``signal``, ``background`` and the systematics are those of
    `~fivesigma.inference.strength_uncertainty.strength_uncertainty`, in which a FivesigmaError is raised as there.

    Parameters
    ----------
    factors
        Values of α, above zero, shape (m,); 301 from 0.1 to 100, or to what reaches the target, if None.
    target
        A total uncertainty to reach.
    """
    reached = None if target is None else luminosity_factor_for(target, signal, background, **systematics)
    values = _positive("luminosity factor", _factors(reached) if factors is None else factors)
    return PrecisionScan(
        quantity="luminosity factor",
        values=values,
        uncertainty=_grown(signal, background, values, systematics),
        nominal=1.0,
        nominal_total=_total(signal, background, systematics),
        target=target,
        reached=reached,
    )


def scan_events(
    signal: float,
    background: float,
    *,
    events: ArrayLike | None = None,
    target: float | None = None,
    **systematics: Unpack[Systematics],
) -> PrecisionScan:
    """Return the uncertainty of the strength against the number of events n at the same purity: `scan_luminosity` in other units.

    Parameters
    ----------
    events
        Numbers of events, above zero, shape (m,); from 0.1 to 100 times those there are, or to what reaches the target, if None.
    target
        A total uncertainty to reach.
    """
    nominal_total, n = _total(signal, background, systematics), float(signal) + float(background)
    factor = None if target is None else luminosity_factor_for(target, signal, background, **systematics)
    values = _positive("number of events", n * _factors(factor) if events is None else events)
    return PrecisionScan(
        quantity="events",
        values=values,
        uncertainty=_grown(signal, background, values / n, systematics),
        nominal=n,
        nominal_total=nominal_total,
        target=target,
        reached=None if factor is None else factor * n,
    )


def scan_purity(
    signal: float,
    background: float,
    *,
    purities: ArrayLike | None = None,
    target: float | None = None,
    **systematics: Unpack[Systematics],
) -> PrecisionScan:
    """Return the uncertainty of the strength against the purity ``f_S = S/n`` at the same number of events n.

    What a better selection would bring that turns background into signal. The change of n by the detector is held.

    Parameters
    ----------
    purities
        Values of f_S in (0, 1], shape (m,); 199 from 0.01 to 1 if None.
    target
        A total uncertainty to reach.
    """
    nominal_total, n = _total(signal, background, systematics), float(signal) + float(background)
    values = _positive("purity", _PURITIES if purities is None else purities)
    require(values <= 1, values, "the purity is {0}; it is 1 at most")
    return PrecisionScan(
        quantity="purity",
        values=values,
        uncertainty=strength_uncertainty(values * n, (1 - values) * n, **systematics),
        nominal=float(signal) / n,
        nominal_total=nominal_total,
        target=target,
        reached=None if target is None else purity_for(target, signal, background, **systematics),
    )


def luminosity_factor_for(
    target: float, signal: float, background: float, **systematics: Unpack[Systematics]
) -> float | None:
    """Return the factor α on the luminosity at which the total uncertainty of the strength is ``target``.

    ``α = σ_stat² / (target² - σ_syst²)``; None if the systematics alone are as large as the target: no luminosity reaches it.
    """
    now = strength_uncertainty(signal, background, **systematics)
    room = _target(target) ** 2 - float(now.systematic) ** 2
    return float(now.statistics) ** 2 / room if room > 0 else None


def purity_for(target: float, signal: float, background: float, **systematics: Unpack[Systematics]) -> float | None:
    """Return the purity f_S at which, with the same number of events, the total uncertainty of the strength is ``target``.

    With relative uncertainties ε of the signal, β of the background, λ of the luminosity and a change δ of n events, the variance
    ``1/(f² n) + ε² + β² (1 - f)²/f² + λ²/f² + δ²/(f n)²`` falls with f, and is the target's square at the root of a quadratic
    equation. None if a sample without any background would miss the target.
    """
    _total(signal, background, systematics)  # refuses what is no number of events
    pure = float(signal) + float(background)
    if _total(pure, 0.0, systematics) > _target(target):
        return None
    of_background = systematics.get("background_efficiency", 0.0) ** 2
    free = target**2 - systematics.get("signal_efficiency", 0.0) ** 2 - of_background
    fixed = quadrature(
        1 / math.sqrt(pure), systematics.get("luminosity", 0.0), abs(systematics.get("detector", 0.0)) / pure
    )
    constant = float(fixed) ** 2 + of_background
    # the form of the root in which nothing cancels; it is right for either sign of ``free``
    return min(constant / (of_background + math.sqrt(max(of_background**2 + free * constant, 0.0))), 1.0)


def _factors(reached: float | None) -> Floats:
    return np.asarray(np.geomspace(0.1, max(100.0, 2 * (reached or 0.0)), 301))


def _grown(signal: float, background: float, factors: Floats, systematics: Systematics) -> StrengthUncertainty:
    return strength_uncertainty(
        factors * signal,
        factors * background,
        luminosity=systematics.get("luminosity", 0.0),
        signal_efficiency=systematics.get("signal_efficiency", 0.0),
        background_efficiency=systematics.get("background_efficiency", 0.0),
        detector=factors * systematics.get("detector", 0.0),
    )


def _total(signal: float, background: float, systematics: Systematics) -> float:
    return float(strength_uncertainty(signal, background, **systematics).total)


def _target(target: float) -> float:
    if not (math.isfinite(target) and target > 0):
        raise FivesigmaError(f"the uncertainty to reach is {target:g}; it must be finite and above zero")
    return target


def _positive(name: str, numbers: ArrayLike) -> Floats:
    array = np.atleast_1d(np.asarray(numbers, dtype=np.float64))
    require(np.isfinite(array) & (array > 0), array, f"the {name} is {{0}}; it must be finite and above zero")
    return array
