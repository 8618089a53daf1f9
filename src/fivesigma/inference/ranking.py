"""Which nuisance parameters move the signal strength most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.display import Entry, table
from fivesigma.inference.engine import Data, Fit, Model
from fivesigma.inference.fitted_parameters import FittedParameter, fitted_parameters
from fivesigma.inference.profile import nominal_asimov
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.template_fit import TemplateFitResult

__all__ = ["Impact", "Ranking", "Shift", "rank_nuisances", "ranking"]

Shift: TypeAlias = tuple[float, float]
"""How far the strength moves as a parameter is held one standard deviation below, and above, where it was fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one nuisance parameter does to the strength.

    Attributes
    ----------
    parameter
        Where the fit left it.
    postfit
        Change of μ as it is held at its fitted value -1, +1 of the standard deviations that it has after the fit.
    prefit
        The same with the standard deviation of its constraint; None for what nothing constrains.
    """

    parameter: FittedParameter
    postfit: Shift
    prefit: Shift | None

    @property
    def size(self) -> float:
        """The larger of the two changes after the fit."""
        return max(map(abs, self.postfit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Nuisance parameters in the order of what they do to the strength, the largest first.

    Attributes
    ----------
    impacts
        Of each nuisance parameter, or of those that do most.
    strength, error
        The fitted strength and its standard deviation, against which impacts are to be seen.
    left_out
        How many parameters are not in ``impacts``; by the covariance of the fit each does less than those that are.
    expected
        Whether the fit was one to Asimov data at μ = 1.
    """

    impacts: tuple[Impact, ...]
    strength: float
    error: float
    left_out: int
    expected: bool

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            impact.parameter.name: {"Δμ down": impact.postfit[0], "Δμ up": impact.postfit[1]} for impact in self.impacts
        }
        return table(rows, "Impact on the strength").html


def ranking(model: Model, data: Data | None = None, *, most: int | None = None) -> Ranking:
    """Return what each nuisance parameter does to the strength, by fits with it held a standard deviation off.

    Parameters
    ----------
    model
        The statistical model.
    data
        What was seen; None while blind, for Asimov data at μ = 1 with nominal nuisances.
    most
        For how many parameters to fit, those that do most by the covariance of the fit (``C_μθ / σ_θ``, what the impact
        is in a linear model); all if None. Each takes four fits.

    Raises
    ------
    FivesigmaError
        If a fit does not converge.
    """
    seen = nominal_asimov(model, 1.0) if data is None else data
    best = model.fit(seen, start=model.nominal)
    fitted = fitted_parameters(model, best)
    error = np.array([parameter.error for parameter in fitted])
    nuisances = [i for i in np.flatnonzero(error) if i != model.poi]
    linear = np.abs(best.covariance[model.poi, nuisances]) / error[nuisances]
    moving = [nuisances[place] for place in np.argsort(-linear, kind="stable")]
    impacts = [_impact(model, seen, best, int(i), fitted[i]) for i in moving[:most]]
    return Ranking(
        impacts=tuple(sorted(impacts, key=lambda impact: -impact.size)),
        strength=float(best.values[model.poi]),
        error=fitted[model.poi].error,
        left_out=len(moving) - len(impacts),
        expected=data is None,
    )


def rank_nuisances(result: TemplateFitResult, *, most: int | None = 40) -> Ranking:
    """Return the ranking of a template fit, on its data or, where it was blind, expected for μ = 1; see `ranking`."""
    groups = {p.name.partition("[")[0]: p.group for p in result.parameters} | {
        p.name: p.group for p in result.parameters
    }
    model = PyhfModel(result.workspace, groups=groups)
    if result.mu is None:
        return ranking(model, most=most)
    counts = {entry["name"]: np.asarray(entry["data"], dtype=np.float64) for entry in result.workspace["observations"]}
    return ranking(model, model.data(counts), most=most)


def _impact(model: Model, data: Data, best: Fit, index: int, parameter: FittedParameter) -> Impact:
    return Impact(
        parameter=parameter,
        postfit=_shift(model, data, best, index, parameter.error),
        prefit=_shift(model, data, best, index, parameter.width) if parameter.width else None,
    )


def _shift(model: Model, data: Data, best: Fit, index: int, step: float) -> Shift:
    low, high = (_moved(model, data, best, index, sign * step) for sign in (-1, 1))
    return low, high


def _moved(model: Model, data: Data, best: Fit, index: int, step: float) -> float:
    """Return how far μ moves with a parameter held ``step`` from its best value, or at its bound if that is nearer."""
    parameter = model.parameters[index]
    value = float(np.clip(best.values[index] + step, parameter.low, parameter.high))
    fit = model.fit(data, fixed={index: value}, start=_conditional(best, index, value))
    return float(fit.values[model.poi] - best.values[model.poi])


def _conditional(best: Fit, index: int, value: float) -> Floats:
    """Return where the other parameters are in a linear model if one is held at ``value``: where to start the fit."""
    slope = best.covariance[index] / best.covariance[index, index]
    return np.asarray(best.values + slope * (value - best.values[index]))
