"""Parameters after a fit: where they ended, how well they are known, and what they were before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.inference.engine import Fit, Model

__all__ = ["FittedParameter", "Pulls", "fitted_parameters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedParameter:
    """A parameter after the fit.

    Attributes
    ----------
    name, group
        What it is called, and under what its cost on the strength is counted.
    value, error
        Fitted value, and standard deviation from the Fisher information.
    nominal, width
        Where its constraint is centred, and the constraint's standard deviation; None for what is free.
    """

    name: str
    group: str
    value: float
    error: float
    nominal: float
    width: float | None

    @property
    def pull(self) -> float | None:
        """Shift in units of the constraint; None for what is free or without uncertainty."""
        return (self.value - self.nominal) / self.width if self.width else None

    @property
    def constraint(self) -> float | None:
        """Error after the fit over error before; None for what is free or without uncertainty."""
        return self.error / self.width if self.width else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """The constrained parameters after a fit; ``expected`` if it was one to Asimov data at μ = 1."""

    parameters: tuple[FittedParameter, ...]
    expected: bool


def fitted_parameters(model: Model, fit: Fit) -> tuple[FittedParameter, ...]:
    """Return all parameters after a fit, errors from the Fisher information."""
    errors = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0))
    return tuple(
        FittedParameter(
            name=parameter.name,
            group=parameter.group,
            value=float(value),
            error=float(error),
            nominal=parameter.nominal,
            width=parameter.width,
        )
        for parameter, value, error in zip(model.parameters, fit.values, errors, strict=True)
    )
