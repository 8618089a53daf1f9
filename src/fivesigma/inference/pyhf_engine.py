"""HistFactory models of pyhf behind the room's interface.

pyhf reads and checks the workspace and knows its parameters, constraints and likelihood; expected yields with their
derivatives come from `fivesigma.inference.histfactory`, so fits are done by `fivesigma.inference.scoring` and take a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.engine import Data, Fit, Parameter
from fivesigma.inference.histfactory import HistFactory
from fivesigma.inference.pyhf_constraints import Constraints
from fivesigma.inference.pyhf_workspace import has_shapes, numpy_backend, read_model
from fivesigma.inference.scoring import Likelihood, minimise

__all__ = ["PyhfModel"]

_LEAST_BACKGROUND = 0.1  # part of a bin's background that a negative signal leaves over
_SIGMAS = 3.0  # how far nuisances may be off meanwhile
_MAXIMUM_STRENGTH = 1e9


class PyhfModel:
    """A pyhf model with one signal strength, or with none.

    Parameters
    ----------
    workspace
        A HistFactory workspace as pyhf JSON.
    groups
        The group of each parameter by name; a parameter's own name where none is given.
    measurement
        Which of its measurements is taken; the first if None.
    poi
        Which parameter is the signal strength; the measurement's if None.

    Raises
    ------
    FivesigmaError
        If pyhf finds the workspace invalid, or there is no such measurement or parameter.
    """

    def __init__(
        self,
        workspace: Mapping[str, Any],
        *,
        groups: Mapping[str, str] | None = None,
        measurement: str | None = None,
        poi: str | None = None,
    ) -> None:
        self._pyhf = read_model(workspace, measurement, poi)
        config = self._pyhf.config
        self._yields = HistFactory(
            workspace["channels"],
            bins=config.channel_slices,
            parameters={name: config.par_slice(name) for name in config.par_order},
            smooth=has_shapes(workspace),
        )
        self._poi: int | None = config.poi_index
        self.nominal: Floats = np.asarray(config.suggested_init(), dtype=np.float64)
        self._fixed = np.asarray(config.suggested_fixed(), dtype=np.bool_)
        if self._poi is not None:
            self.nominal[self._poi], self._fixed[self._poi] = 1.0, False
        self._auxiliary = Constraints(self._pyhf)
        # what has no uncertainty pyhf holds fixed, and gives a width of 1 that means nothing
        self._errors: Floats = np.where(self._fixed[self._auxiliary.index], 0.0, self._auxiliary.width)
        self.parameters: tuple[Parameter, ...] = self._parameters(groups or {})
        self._low = np.asarray([parameter.low for parameter in self.parameters])
        self._high = np.asarray([parameter.high for parameter in self.parameters])
        self._counted = self._auxiliary.derivatives(len(self.nominal))

    @property
    def poi(self) -> int:
        """Which parameter is the signal strength.

        Raises
        ------
        FivesigmaError
            If there is none.
        """
        if self._poi is None:
            raise FivesigmaError(
                "the workspace has no signal strength: give a patch with a signal, or another measurement"
            )
        return self._poi

    @property
    def has_poi(self) -> bool:
        """Whether there is a signal strength; a background-only workspace has none."""
        return self._poi is not None

    def channel_slices(self) -> Mapping[str, slice]:
        """Return where in the bins each channel lies."""
        return dict(self._pyhf.config.channel_slices)

    def expected(self, values: Floats) -> Floats:
        """Return expected events, shape (bins,)."""
        return self._yields.expected(values)

    def expected_by_sample(self, values: Floats) -> dict[str, dict[str, Floats]]:
        """Return expected events by channel and sample, each of shape (bins of the channel,)."""
        with numpy_backend():
            table = np.asarray(self._pyhf.main_model.expected_data(values, return_by_sample=True))
        samples = self._pyhf.config.samples
        return {
            channel: {sample: table[row, where] for row, sample in enumerate(samples)}
            for channel, where in self.channel_slices().items()
        }

    def jacobian(self, values: Floats) -> Floats:
        """Return derivatives of the expected events by the parameters, shape (bins, parameters)."""
        return self._yields.expected_and_jacobian(values)[1]

    def data(self, counts: Mapping[str, Floats]) -> Data:
        """Return observed counts by channel, with the auxiliary measurements at their nominal values."""
        ordered = [np.asarray(counts[channel], dtype=np.float64) for channel in self.channel_slices()]
        return Data(counts=np.concatenate(ordered), auxiliary=self._auxiliary.nominal)

    def asimov(self, values: Floats) -> Data:
        """Return the data that are exactly what parameters ``values`` lead to expect, auxiliary ones included."""
        return Data(counts=self.expected(values), auxiliary=values[self._auxiliary.index] * self._auxiliary.factor)

    def toys(self, values: Floats, count: int, rng: np.random.Generator) -> tuple[Data, ...]:
        """Return data thrown from parameters ``values``: counts, and the auxiliary measurements around these values."""
        auxiliary, counted = self._auxiliary, ~self._auxiliary.normal
        centre = values[auxiliary.index] * auxiliary.factor
        thrown = rng.normal(centre, auxiliary.width, (count, len(centre)))
        thrown[:, counted] = rng.poisson(centre[counted], (count, int(counted.sum())))
        # what is fixed has no measurement: it stays where it is
        fixed = self._fixed[auxiliary.index]
        thrown[:, fixed] = auxiliary.nominal[fixed]
        expected = self.expected(values)
        counts = rng.poisson(expected, (count, len(expected))).astype(np.float64)
        return tuple(Data(counts=n, auxiliary=a) for n, a in zip(counts, thrown, strict=True))

    def log_likelihood(self, values: Floats, data: Data) -> float:
        """Return ln L as pyhf has it, constants included."""
        with numpy_backend():
            return float(self._pyhf.logpdf(values, np.concatenate([data.counts, data.auxiliary]))[0])

    def fit(self, data: Data, *, fixed: Mapping[int, float] | None = None, start: Floats | None = None) -> Fit:
        """Return the maximum of the likelihood, with some parameters held at given values.

        Raises
        ------
        FivesigmaError
            If the fit does not converge; see `fivesigma.inference.scoring.minimise`.
        """
        values = np.array(self.nominal if start is None else start)
        free = ~self._fixed
        for index, value in (fixed or {}).items():
            values[index], free[index] = value, False
        names = [parameter.name for parameter in self.parameters]
        likelihood = self._likelihood(data)
        found = minimise(likelihood, values, free, names, otherwise=self.nominal)
        edge = free & ((found.values <= likelihood.low) | (found.values >= likelihood.high))
        return Fit(
            values=found.values,
            covariance=found.covariance,
            deviance=found.deviance,
            at_bound=tuple(name for name, at in zip(names, edge, strict=True) if at),
        )

    def _likelihood(self, data: Data) -> Likelihood:
        auxiliary, normal = self._auxiliary, self._auxiliary.normal
        return Likelihood(
            counts=np.concatenate([data.counts, data.auxiliary[~normal]]),
            expected=self._all_expected,
            normal=auxiliary.index[normal],
            centre=data.auxiliary[normal],
            width=auxiliary.width[normal],
            low=self._low,
            high=self._high,
        )

    def _all_expected(self, values: Floats) -> tuple[Floats, Floats]:
        """Return expected counts, those of auxiliary measurements that are counts too, and their derivatives."""
        main, jacobian = self._yields.expected_and_jacobian(values)
        if not len(self._counted):
            return main, jacobian
        return np.concatenate([main, self._counted @ values]), np.concatenate([jacobian, self._counted])

    def _parameters(self, groups: Mapping[str, str]) -> tuple[Parameter, ...]:
        config = self._pyhf.config
        width: list[float | None] = [None] * config.npars
        for index, error in zip(self._auxiliary.index, self._errors, strict=True):
            width[index] = float(error)
        bounds = [(float(low), float(high)) for low, high in config.suggested_bounds()]
        if self._poi is not None:
            bounds[self._poi] = (self._least_strength(), _MAXIMUM_STRENGTH)
        owners = [name for name in config.par_order for _ in range(config.param_set(name).n_parameters)]
        return tuple(
            Parameter(name=name, group=groups.get(owner, owner), nominal=float(v), low=low, high=high, width=w)
            for name, owner, v, (low, high), w in zip(
                config.par_names, owners, self.nominal, bounds, width, strict=True
            )
        )

    def _least_strength(self) -> float:
        """Return the least strength at which every bin expects events, even with each nuisance 3 σ off at once."""
        ratio = self._background_per_signal(self.nominal)
        has = np.isfinite(ratio) & (ratio > 0)
        if not np.any(has):
            return 0.0
        worst = np.ones(int(has.sum()))
        bounds = self._pyhf.config.suggested_bounds()
        for index, error in zip(self._auxiliary.index, self._errors, strict=True):
            shifted = np.stack([self.nominal, self.nominal])
            shifted[:, index] = np.clip(shifted[:, index] + np.array([-1, 1]) * _SIGMAS * error, *bounds[index])
            both = np.stack([self._background_per_signal(values)[has] for values in shifted]) / ratio[has]
            worst *= np.clip(both.min(axis=0), _LEAST_BACKGROUND, 1.0)
        return float(-(1 - _LEAST_BACKGROUND) * np.min(ratio[has] * worst))

    def _background_per_signal(self, values: Floats) -> Floats:
        """Return expected background, zero at least, over signal at μ = 1, shape (bins,); infinite where there is no signal."""
        ends = np.stack([values, values])
        ends[:, self.poi] = [0.0, 1.0]
        background, both = self.expected(ends[0]), self.expected(ends[1])
        signal = both - background
        return np.divide(np.maximum(background, 0.0), signal, out=np.full_like(signal, np.inf), where=signal > 0)
