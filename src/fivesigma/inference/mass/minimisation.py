"""Where a model of a spectrum fits best: likelihoods by Fisher scoring, a weighted χ² by least squares."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.model import SpectrumModel
from fivesigma.inference.scoring import Likelihood, Minimum, minimise

__all__ = ["least_squares", "maximum_likelihood"]

_FLOOR = 1e-9  # events in each bin beside the model's: what falls so fast that it is none is no negative one
_POSITIVE = 1e-7  # events that a bin may have at least where the yield is at its least


def maximum_likelihood(model: SpectrumModel, begin: Floats, scale: Floats) -> Minimum:
    """Return the most likely parameters of Poisson counts Σw over ``scale``, shape (n,).

    Where the least lies at parameters that make the events of a bin negative (a negative yield, a polynomial), the best of those that
    do not is sought along that edge.

    Raises
    ------
    FivesigmaError
        If neither converges.
    """
    likelihood = _likelihood(model, scale)
    try:
        return minimise(likelihood, begin, model.free, model.names)
    except FivesigmaError as error:
        if (edge := _along_the_edge(model, likelihood, begin, scale)) is not None:
            return edge
        of = model.background
        raise FivesigmaError(
            f"{model.spectrum.name}: the {of.family.replace('_', ' ')} background of order {of.order} could not be fitted; try a lower order,"
            f" another family or a narrower range. {error}"
        ) from error


def _likelihood(model: SpectrumModel, scale: Floats) -> Likelihood:
    used, size = model.use, len(model.names)
    constraint = None if model.peak is None else model.peak.constraint
    normal = np.array([] if constraint is None else [size - 1], dtype=np.int64)

    def expected(values: Floats) -> tuple[Floats, Floats]:
        events, jacobian = model.expected(values)
        return (events / scale)[used] + _FLOOR, (jacobian / scale[:, None])[used]

    return Likelihood(
        counts=(np.maximum(model.spectrum.sum_w, 0.0) / scale)[used],
        expected=expected,
        normal=normal,
        centre=np.zeros(len(normal)),
        width=np.full(len(normal), constraint or 1.0),
        low=model.low,
        high=np.full(size, np.inf),
    )


def _along_the_edge(model: SpectrumModel, likelihood: Likelihood, begin: Floats, scale: Floats) -> Minimum | None:
    """Return the minimum under the condition that no bin expects fewer than nearly zero events, by sequential quadratic programming.

    The curvature there is that of no minimum; errors are those that the background alone would leave.
    """
    free = model.free

    def all_values(moved: Floats) -> Floats:
        values = begin.copy()
        values[free] = moved
        return values

    def deviance(moved: Floats) -> tuple[float, Floats]:
        values = all_values(moved)
        events, jacobian = likelihood.expected(values)
        inside = np.maximum(events, _POSITIVE / 2)
        return likelihood.deviance(values, inside), 2 * likelihood.gradient(values, inside, jacobian)[free]

    condition = {
        "type": "ineq",
        "fun": lambda moved: likelihood.expected(all_values(moved))[0] - _POSITIVE,
        "jac": lambda moved: likelihood.expected(all_values(moved))[1][:, free],
    }
    bounds = [(low if np.isfinite(low) else None, None) for low in model.low[free]]
    found = optimize.minimize(
        deviance,
        begin[free],
        jac=True,
        method="SLSQP",
        bounds=bounds,
        constraints=[condition],
        options={"maxiter": 300, "ftol": 1e-9},
    )
    values = all_values(found.x)
    events, jacobian = likelihood.expected(values)
    if not found.success or events.min() <= 0:
        return None
    alone = np.maximum((model.parts(values)[0] / scale)[model.use], events)
    information = likelihood.information(alone, jacobian)
    covariance = np.zeros((len(values), len(values)))
    covariance[np.ix_(free, free)] = np.linalg.pinv(information[np.ix_(free, free)], hermitian=True)
    return Minimum(values=values, deviance=likelihood.deviance(values, events), covariance=covariance)


def least_squares(model: SpectrumModel, begin: Floats) -> Minimum:
    """Return the parameters of least ``Σ (Σw - μ)² / Σw²`` over the bins that have weights.

    Raises
    ------
    FivesigmaError
        If the search does not converge.
    """
    spectrum, free = model.spectrum, model.free
    used = model.use & (spectrum.sum_w2 > 0)
    sigma, low = np.sqrt(spectrum.sum_w2[used]), model.low[free]

    def all_values(moved: Floats) -> Floats:
        values = begin.copy()
        values[free] = moved
        return values

    def residuals(moved: Floats) -> Floats:
        return np.asarray((model.expected(all_values(moved))[0] - spectrum.sum_w)[used] / sigma)

    def jacobian(moved: Floats) -> Floats:
        return np.asarray(model.expected(all_values(moved))[1][used][:, free] / sigma[:, None])

    inside = np.maximum(begin[free], np.where(np.isfinite(low), low + 1e-12, low))
    found = optimize.least_squares(
        residuals, inside, jac=jacobian, bounds=(low, np.inf), x_scale="jac", xtol=1e-12, ftol=1e-12, gtol=1e-12
    )
    if not found.success:
        raise FivesigmaError(f"{spectrum.name}: the weighted χ² fit did not converge: {found.message}")
    rows = jacobian(found.x)
    covariance = np.zeros((len(begin), len(begin)))
    covariance[np.ix_(free, free)] = np.linalg.pinv(rows.T @ rows, hermitian=True)
    return Minimum(values=all_values(found.x), deviance=2 * float(found.cost), covariance=covariance)
