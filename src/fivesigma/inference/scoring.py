"""Maximum likelihood for binned counts by Fisher scoring: a Newton method with the expected curvature.

A fit of counts whose derivatives are known needs a handful of steps, where a general minimiser without them takes
thousands of calls. Each step solves ``I(θ) δ = -∇`` with the Fisher information I, halves δ until the deviance falls,
and leaves out parameters that press against a bound (McCullagh and Nelder, Generalized Linear Models, section 2.5).
Where that fails MIGRAD is asked; where it fails too, a `FivesigmaError` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from iminuit import Minuit
from scipy import special

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.errors import FivesigmaError

__all__ = ["Likelihood", "Minimum", "minimise"]

_STEPS, _HALVINGS = 60, 40
_CLOSE = 1e-13  # predicted fall of the deviance below which the last step is taken
_CLOSE_ENOUGH = 1e-9  # the same where steps are many, as in models that are far from linear
_EMPTY_CURVATURE = (
    1.1  # of an empty bin, which has none of its own: a step takes it most of the way to zero, never beyond
)
_STUCK = 1e-5  # the same where rounding, or a bin about to turn negative, ends the search
_LEAST_EXPECTED = 1e-10  # counts; below it a bin is as good as negative
_SINGULAR = 1e-5
_PARALLEL, _LARGEST_RATIO, _STRETCHES = 0.9, 0.9, (0.1, 10.0)  # of steps that lie along one another
_CURVATURE = (0.5, 2.0)  # observed over expected curvature of a bin, held near one so that far-off starts converge


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Poisson counts times normal constraints.

    Attributes
    ----------
    counts
        Poisson counts, shape (n,).
    expected
        Parameters -> (expected counts of shape (n,), their derivatives of shape (n, k)).
    normal
        Indices of the normally constrained parameters, shape (c,).
    centre, width
        Of their constraints, shape (c,).
    low, high
        Bounds of all parameters, shape (k,).
    """

    counts: Floats
    expected: Callable[[Floats], tuple[Floats, Floats]]
    normal: Ints
    centre: Floats
    width: Floats
    low: Floats
    high: Floats

    def deviance(self, values: Floats, expected: Floats) -> float:
        """Return ``-2 ln(L / L_saturated)`` (Baker and Cousins, NIM 221 (1984) 437); infinite where a bin turns negative."""
        if np.any((expected < _LEAST_EXPECTED) & ((expected != 0) | (self.counts > 0))):
            return np.inf
        pulls = (values[self.normal] - self.centre) / self.width
        return float(2 * special.kl_div(self.counts, expected).sum() + pulls @ pulls)

    def gradient(self, values: Floats, expected: Floats, jacobian: Floats) -> Floats:
        """Return half the gradient of the deviance, shape (k,)."""
        gradient = jacobian.T @ (1 - self._per_expected(self.counts, expected))
        gradient[self.normal] += (values[self.normal] - self.centre) / self.width**2
        return np.asarray(gradient)

    def information(self, expected: Floats, jacobian: Floats, *, observed: bool = False) -> Floats:
        """Return the Fisher information, shape (k, k); with ``observed`` bins count nearer to their observed curvature."""
        weight = self._per_expected(np.ones_like(expected), expected)
        if observed:
            curvature = np.clip(self._per_expected(self.counts, expected), *_CURVATURE)
            weight = weight * np.where(self.counts > 0, curvature, _EMPTY_CURVATURE)
        matrix = jacobian.T @ (weight[:, None] * jacobian)
        matrix[self.normal, self.normal] += 1 / self.width**2
        return np.asarray(matrix)

    @staticmethod
    def _per_expected(numerator: Floats, expected: Floats) -> Floats:
        return np.asarray(np.divide(numerator, expected, out=np.zeros_like(expected), where=expected > 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Where the deviance is least, how large it is, and the covariance from the Fisher information there."""

    values: Floats
    deviance: float
    covariance: Floats


def minimise(
    likelihood: Likelihood, start: Floats, free: Bools, names: Sequence[str], *, otherwise: Floats | None = None
) -> Minimum:
    """Return the minimum of the deviance over the ``free`` parameters, shape (k,), inside their bounds.

    Where a search from ``start`` leads nowhere, as from a place at which a bin expects less than nothing, it is begun anew from
    ``otherwise``.

    Raises
    ------
    FivesigmaError
        If neither scoring nor MIGRAD converges; it names the parameters at their bounds and what to try.
    """
    start = np.where(free, np.clip(start, likelihood.low, likelihood.high), start)
    values = _score(likelihood, start, free)
    if values is None and otherwise is not None:
        start = np.where(free, np.clip(otherwise, likelihood.low, likelihood.high), start)
        values = _score(likelihood, start, free)
    if values is None:
        values = _migrad(likelihood, start, free, names)
    expected, jacobian = likelihood.expected(values)
    covariance = _inverse(likelihood.information(expected, jacobian), free)
    return Minimum(values=values, deviance=likelihood.deviance(values, expected), covariance=covariance)


def _score(likelihood: Likelihood, values: Floats, free: Bools) -> Floats | None:
    expected, jacobian = likelihood.expected(values)
    deviance = likelihood.deviance(values, expected)
    before, taken, fall = np.zeros_like(values), 1.0, np.inf
    for _ in range(_STEPS):
        if not np.isfinite(deviance):
            return None
        gradient = likelihood.gradient(values, expected, jacobian)
        pressed = ((values <= likelihood.low) & (gradient > 0)) | ((values >= likelihood.high) & (gradient < 0))
        information = likelihood.information(expected, jacobian, observed=True)
        step = -_inverse(information, free & ~pressed) @ gradient
        fall = -float(gradient @ step)
        taken = _stretch(step, before, taken, information)
        for halving in range(_HALVINGS):
            trial = np.clip(values + step * (taken / 2**halving), likelihood.low, likelihood.high)
            trial = np.where(free, trial, values)
            with np.errstate(over="ignore", invalid="ignore"):  # a step too far: infinite, and so it is halved
                expected, jacobian = likelihood.expected(trial)
                reached = likelihood.deviance(trial, expected)
            if reached <= deviance + 1e-12 * (1 + deviance):
                break
        else:
            return values if fall < _STUCK else None
        values, deviance, before, taken = trial, reached, step, taken / 2**halving
        if fall < _CLOSE:
            return values
    return values if fall < _CLOSE_ENOUGH else None


def _stretch(step: Floats, before: Floats, taken: float, information: Floats) -> float:
    """Return by what to multiply a step that lies along the one before, of which ``taken`` was taken.

    The expected curvature is not the true one in some directions of a model far from linear; there each whole step is a
    part r of the one before, back or forth, and all that are to come add up to 1 / (1 - r) of it (Aitken).
    """
    along, own, last = step @ information @ before, step @ information @ step, before @ information @ before
    if not (last > 0 and abs(along) > _PARALLEL * np.sqrt(own * last)):
        return 1.0
    ratio = min(float(along / last), _LARGEST_RATIO)
    return float(np.clip(taken / (1 - ratio), *_STRETCHES))


def _migrad(likelihood: Likelihood, start: Floats, free: Bools, names: Sequence[str]) -> Floats:
    def deviance(values: Floats) -> float:
        value = likelihood.deviance(values, likelihood.expected(values)[0])
        return value if np.isfinite(value) else 1e100

    def gradient(values: Floats) -> Floats:
        return 2 * likelihood.gradient(values, *likelihood.expected(values))

    minuit = Minuit(deviance, start, grad=gradient, name=list(names))
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 1, 1e-4
    minuit.limits = list(zip(likelihood.low, likelihood.high, strict=True))
    minuit.fixed = list(~free)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite counts as 1e100
        minuit.migrad()
    values = np.asarray(minuit.values)
    if not minuit.valid:
        bound = [
            n for n, v, lo, hi in zip(names, values, likelihood.low, likelihood.high, strict=True) if v in (lo, hi)
        ]
        raise FivesigmaError(
            f"the fit of {int(free.sum())} parameters did not converge ({_status(minuit)}, distance to the minimum {minuit.fmin.edm:.2g}, "
            f"deviance {minuit.fval:.6g}); parameters at a bound: {', '.join(bound) or 'none'}. "
            "Try wider bins with more background in each, and look for systematics that move nothing"
        )
    return values


def _status(minuit: Minuit) -> str:
    """Return in words why MIGRAD gave up."""
    if minuit.fmin.has_reached_call_limit:
        return "status: call limit reached"
    if not minuit.fmin.has_posdef_covar:
        return "status: no positive-definite curvature"
    return "status: above the tolerated distance" if minuit.fmin.is_above_max_edm else "status: no valid minimum"


def _inverse(information: Floats, free: Bools) -> Floats:
    """Return the inverse over the free parameters that move anything; zero elsewhere."""
    inverse = np.zeros_like(information)
    scale = np.sqrt(np.diag(information))
    moving = np.flatnonzero(free & (scale > 0))
    if len(moving):
        unit = np.outer(scale[moving], scale[moving])
        inverse[np.ix_(moving, moving)] = _inverted(information[np.ix_(moving, moving)] / unit) / unit
    return inverse


def _inverted(correlation: Floats) -> Floats:
    """Return the inverse, or the pseudo-inverse, which takes five times as long, of what is nearly singular."""
    try:
        least = np.diag(np.linalg.cholesky(correlation)).min()
    except np.linalg.LinAlgError:
        least = 0.0
    return np.asarray(np.linalg.inv(correlation) if least > _SINGULAR else np.linalg.pinv(correlation, hermitian=True))
