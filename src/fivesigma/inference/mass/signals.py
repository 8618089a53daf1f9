"""Shapes of a peak, and their fit to simulated signal alone.

A Gaussian core and on one side or both a power law from ``alpha`` widths on, joined with a continuous slope: the Crystal Ball
function, M. Oreglia, SLAC-R-236 (1980), and its double-sided kin, as in ATLAS, arXiv:1407.6583.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
from iminuit import Minuit

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.inference.mass.costs import poisson_deviance
from fivesigma.inference.mass.nodes import Nodes
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["SignalFamily", "SignalShape", "fit_signal_shape", "require_signal_family"]

SignalFamily: TypeAlias = Literal["gaussian", "crystal_ball", "double_crystal_ball"]
"""Which shape a peak has."""
_TAILS: Mapping[str, tuple[str, ...]] = {
    "gaussian": (),
    "crystal_ball": ("low",),
    "double_crystal_ball": ("low", "high"),
}
_ALPHA, _POWER = (0.3, 5.0), (1.05, 100.0)  # where a tail may begin, in widths, and how steep it may be
_CORE = (0.25, 0.5, 0.75)
_QUARTILE = 1.349  # distance of the quartiles of a Gaussian in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalShape:
    """A peak.

    Attributes
    ----------
    family
        Its kind.
    parameters
        ``mean`` and ``width`` in the unit of the mass, and of each tail where it begins, in widths (``alpha_low``), and its power
        (``power_low``).
    errors
        Their standard deviations from the simulation's statistics.
    """

    family: SignalFamily
    parameters: Mapping[str, float]
    errors: Mapping[str, float] = field(default_factory=dict)

    def at(self, mean: float) -> SignalShape:
        """Return the same peak elsewhere."""
        return SignalShape(family=self.family, parameters={**self.parameters, "mean": mean})

    def fractions(self, edges: Floats) -> Floats:
        """Return the part of the peak in each bin, shape (n,), of what lies between the first and last of the ``edges``.

        Raises
        ------
        FivesigmaError
            If nothing of it does.
        """
        nodes = Nodes.of(edges)
        integrals = nodes.integrals(np.exp(_log_density(nodes.points, self.family, self.parameters)))
        total = float(integrals.sum())
        if not total > 0:
            mean = self.parameters["mean"]
            raise FivesigmaError(f"a peak at {mean:g} lies outside {edges[0]:g} to {edges[-1]:g}")
        return integrals / total


def require_signal_family(family: str) -> None:
    """Raise FivesigmaError if there is no such shape."""
    known = get_args(SignalFamily)
    if family not in known:
        raise FivesigmaError(f"no signal shape {family!r}{suggestion(family, known)}; there are: {', '.join(known)}")


def fit_signal_shape(spectrum: Spectrum, family: SignalFamily) -> SignalShape:
    """Return the shape fitted to a spectrum of simulated signal, by scaled Poisson likelihood (arXiv:1309.1287) with MIGRAD.

    Raises
    ------
    FivesigmaError
        If there is no signal in the range, no such shape, or the fit does not converge.
    """
    require_signal_family(family)
    if not spectrum.total > 0:
        low, high = spectrum.range
        raise FivesigmaError(f"{spectrum.name}: no simulated signal between {low:g} and {high:g}; is the range right?")
    start, limits = _start(spectrum, family)
    nodes, scale = Nodes.of(spectrum.edges), spectrum.scale
    counts = np.maximum(spectrum.sum_w, 0.0) / scale

    def deviance(values: Floats) -> float:
        density = np.exp(_log_density(nodes.points, family, dict(zip(start, values, strict=True))))
        integrals = nodes.integrals(density)
        # with its own total free, a multinomial likelihood: the yield needs no parameter
        expected = integrals / max(integrals.sum(), 1e-300) * spectrum.total / scale
        return poisson_deviance(counts, np.maximum(expected, 1e-12))

    minuit = Minuit(deviance, list(start.values()), name=list(start))
    minuit.errordef, minuit.strategy = 1.0, 1
    minuit.limits = [limits[name] for name in start]
    minuit.migrad(ncall=5000)
    if not minuit.valid:
        minuit.simplex().migrad(ncall=5000)
    if not minuit.valid and not minuit.fmin.edm < 1e-2:
        raise FivesigmaError(
            f"{spectrum.name}: the {family.replace('_', ' ')} does not fit the simulated signal (distance to the minimum"
            f" {minuit.fmin.edm:.2g}); try another shape, a wider range, or finer bins"
        )
    errors = dict(zip(start, map(float, minuit.errors), strict=True))
    return SignalShape(
        family=family, parameters=dict(zip(start, map(float, minuit.values), strict=True)), errors=errors
    )


def _start(spectrum: Spectrum, family: SignalFamily) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    centres = (spectrum.edges[1:] + spectrum.edges[:-1]) / 2
    low, middle, high = weighted_quantile(centres, np.asarray(_CORE), np.maximum(spectrum.sum_w, 0.0))
    bin_width, span = float(np.diff(spectrum.edges).min()), spectrum.edges[-1] - spectrum.edges[0]
    start = {"mean": float(middle), "width": float(max((high - low) / _QUARTILE, bin_width))}
    limits = {"mean": spectrum.range, "width": (bin_width / 5, float(span))}
    for side in _TAILS[family]:
        start |= {f"alpha_{side}": 1.5, f"power_{side}": 5.0}
        limits |= {f"alpha_{side}": _ALPHA, f"power_{side}": _POWER}
    return start, limits


def _log_density(mass: Floats, family: SignalFamily, parameters: Mapping[str, float]) -> Floats:
    """Return ln of the density, not normalised, of any shape."""
    t = (mass - parameters["mean"]) / parameters["width"]
    out = -np.square(t) / 2
    for side in _TAILS[family]:
        alpha, power = parameters[f"alpha_{side}"], parameters[f"power_{side}"]
        distance = t if side == "high" else -t
        # (1 - α/n (α - t))⁻ⁿ e^{-α²/2}: value and slope are those of the Gaussian at t = α
        tail = -(alpha**2) / 2 - power * np.log1p(np.maximum(distance - alpha, 0.0) * alpha / power)
        out = np.where(distance > alpha, tail, out)
    return np.asarray(out)
