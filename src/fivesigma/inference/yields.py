"""Expected events per sample and bin before and after a fit, with the uncertainty of their sum."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import Binning
from fivesigma.inference.engine import Model
from fivesigma.inference.templates import Templates

__all__ = ["ChannelYields", "prefit_covariance", "yields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelYields:
    """Expected and observed events of one region.

    Attributes
    ----------
    name, binning
        The region and its bins.
    samples
        Signal and background samples.
    values
        Expected events of each sample, shape (samples, bins).
    error, background_error
        Standard deviation of the sum of all samples, and of all background, in each bin, shape (bins,): simulation's
        statistics and systematics.
    total_error
        Standard deviation of the sum over samples and bins.
    strength
        The signal strength at which the signal samples are.
    observed
        Events seen, shape (bins,); None while blind.
    pseudo
        Whether what was "observed" is simulated.
    postfit
        Whether parameters are those of a fit to the data.
    """

    name: str
    binning: Binning
    samples: tuple[SampleInfo, ...]
    values: Floats
    error: Floats
    background_error: Floats
    total_error: float
    strength: float
    observed: Floats | None
    pseudo: bool
    postfit: bool

    @property
    def total(self) -> Floats:
        """Expected events of all samples, shape (bins,)."""
        return np.asarray(self.values.sum(axis=0))

    @property
    def background(self) -> Floats:
        """Expected events of all background, shape (bins,)."""
        return np.asarray(self.values[[s.kind == "background" for s in self.samples]].sum(axis=0))

    @property
    def signal(self) -> Floats:
        """Expected events of all signal, shape (bins,)."""
        return np.asarray(self.values[[s.kind == "signal" for s in self.samples]].sum(axis=0))


def yields(
    model: Model, templates: Templates, signal: Collection[str], values: Floats, covariance: Floats, *, postfit: bool
) -> tuple[ChannelYields, ...]:
    """Return the yields at parameters ``values`` of shape (k,), errors linearly propagated from ``covariance``, (k, k)."""
    expected = model.expected_by_sample(values)
    jacobian = model.jacobian(values)
    without = values.copy()
    without[model.poi] = 0.0
    background_jacobian = model.jacobian(without)
    background_jacobian[:, model.poi] = 0.0
    slices = model.channel_slices()
    result = []
    for channel in templates.channels:
        kept = [t.sample for t in channel.templates if t.kind == "background" or t.name in signal]
        where = slices[channel.name]
        rows = jacobian[where]
        summed = rows.sum(axis=0)
        result.append(
            ChannelYields(
                name=channel.name,
                binning=channel.binning,
                samples=tuple(kept),
                values=np.stack([expected[channel.name][sample.name] for sample in kept]),
                error=_propagated(rows, covariance),
                background_error=_propagated(background_jacobian[where], covariance),
                total_error=math.sqrt(max(float(summed @ covariance @ summed), 0.0)),
                strength=float(values[model.poi]),
                observed=channel.observed,
                pseudo=channel.pseudo,
                postfit=postfit,
            )
        )
    return tuple(result)


def prefit_covariance(model: Model) -> Floats:
    """Return the covariance of the nuisances before any fit, shape (k, k): their constraints; nothing for the strength."""
    return np.diag([0.0 if parameter.width is None else parameter.width**2 for parameter in model.parameters])


def _propagated(jacobian: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian), 0.0)))
