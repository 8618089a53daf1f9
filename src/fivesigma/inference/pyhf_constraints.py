"""The constraint terms of a pyhf model as arrays: which parameter each auxiliary measurement is of, how, and how well."""

from __future__ import annotations

from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["Constraints"]


class Constraints:
    """The constraint terms of a pyhf model, in the order of its auxiliary data.

    Attributes
    ----------
    index
        Which parameter each measures, shape (measurements,).
    normal
        Whether the measurement is Gaussian; else it is a Poisson count, shape (measurements,).
    factor
        What the measurement is expected to be where the parameter is 1, shape (measurements,).
    width
        The standard deviation of the parameter that it stands for, shape (measurements,).
    nominal
        What was measured, shape (measurements,).
    """

    def __init__(self, model: Any) -> None:
        config = model.config
        index: list[int] = []
        normal: list[bool] = []
        factor: list[float] = []
        width: list[float] = []
        for name in config.auxdata_order:
            parameters = config.param_set(name)
            count = parameters.n_parameters
            index += list(range(config.npars))[config.par_slice(name)]
            normal += [parameters.pdf_type == "normal"] * count
            if parameters.pdf_type == "normal":
                factor += [1.0] * count
                width += [float(sigma) for sigma in getattr(parameters, "sigmas", None) or [1.0] * count]
            else:
                factor += [float(f) for f in parameters.factors]
                width += [float(f) ** -0.5 for f in parameters.factors]
        self.index = np.asarray(index, dtype=np.int64)
        self.normal = np.asarray(normal, dtype=np.bool_)
        self.factor = np.asarray(factor)
        self.width = np.asarray(width)
        self.nominal = np.asarray(config.auxdata, dtype=np.float64)

    def derivatives(self, count: int) -> Floats:
        """Return those of the measurements that are counts by the ``count`` parameters, shape (counts, parameters)."""
        rows = np.flatnonzero(~self.normal)
        derivatives = np.zeros((len(rows), count))
        derivatives[np.arange(len(rows)), self.index[rows]] = self.factor[rows]
        return derivatives
