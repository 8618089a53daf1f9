"""What the room asks of a statistical model. An engine that answers this can take pyhf's place and nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["Data", "Fit", "Model", "Parameter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a model.

    Attributes
    ----------
    name
        What it is called.
    group
        Under what its cost on the signal strength is counted.
    nominal
        Its value before any fit.
    low, high
        Its bounds.
    width
        Standard deviation of what constrains it; None if nothing does.
    """

    name: str
    group: str
    nominal: float
    low: float
    high: float
    width: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Counts in all bins, shape (bins,), and the measurements that constrain the nuisances, shape (auxiliary,)."""

    counts: Floats
    auxiliary: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a fit found.

    Attributes
    ----------
    values
        Parameters at the minimum, shape (parameters,).
    covariance
        From the Fisher information there, shape (parameters, parameters); zero for what was held fixed.
    deviance
        ``-2 ln(L / L_saturated)`` at the minimum.
    at_bound
        Names of the parameters that ended on a bound.
    """

    values: Floats
    covariance: Floats
    deviance: float
    at_bound: tuple[str, ...]


class Model(Protocol):
    """Expected events as a function of parameters, the first of interest being the signal strength."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in their order."""

    @property
    def poi(self) -> int:
        """Which parameter is the signal strength."""

    @property
    def nominal(self) -> Floats:
        """Parameters before any fit, shape (parameters,)."""

    def expected(self, values: Floats) -> Floats:
        """Return expected events, shape (bins,)."""

    def expected_by_sample(self, values: Floats) -> Mapping[str, Mapping[str, Floats]]:
        """Return expected events by channel and sample, each of shape (bins of the channel,)."""

    def jacobian(self, values: Floats) -> Floats:
        """Return derivatives of the expected events by the parameters, shape (bins, parameters)."""

    def channel_slices(self) -> Mapping[str, slice]:
        """Return where in the bins each channel lies."""

    def data(self, counts: Mapping[str, Floats]) -> Data:
        """Return observed counts by channel, with the auxiliary measurements at their nominal values."""

    def asimov(self, values: Floats) -> Data:
        """Return the data that are exactly what parameters ``values`` lead to expect, auxiliary ones included."""

    def toys(self, values: Floats, count: int, rng: np.random.Generator) -> Sequence[Data]:
        """Return data thrown from parameters ``values``: counts, and the auxiliary measurements around these values."""

    def log_likelihood(self, values: Floats, data: Data) -> float:
        """Return ln L, constants included."""

    def fit(self, data: Data, *, fixed: Mapping[int, float] | None = None, start: Floats | None = None) -> Fit:
        """Return the maximum of the likelihood, with some parameters held at given values."""
