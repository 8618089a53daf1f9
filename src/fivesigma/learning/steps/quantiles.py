"""Inputs to a normal distribution, whatever theirs is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtri

from fivesigma.core.arrays import Floats
from fivesigma.statistics.weighted import empirical_cdf

__all__ = ["Quantile"]

_ANCHORS = 1000
_FAR = 1e-9
"""No event lies further out than this fraction of a normal distribution, which is six deviations."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A rising map of each input, linear between anchors ``raw`` → ``normal``, (1000, k) each, and flat beyond them.

    An anchor is a value of the training events; it goes to where a normal distribution has as much below it as they have below
    that value, half of those at it among them. Of more values than anchors, those are chosen that go to points equally far from
    each other, so that tails are followed as far as there are events. Of fewer, the last anchor is repeated.
    """

    mixes: ClassVar[bool] = False
    raw: Floats
    normal: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Quantile:
        """Return the map of what is there; an input that always is missing goes to 0."""
        there = ~np.isnan(X)
        anchors = [_anchors(X[there[:, i], i], weight[there[:, i]]) for i in range(X.shape[1])]
        raw, normal = (np.stack(columns, axis=1) for columns in zip(*anchors, strict=True))
        return cls(raw, normal)

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of a normal distribution; what is missing stays so."""
        mapped = np.empty_like(X)
        for i in range(X.shape[1]):
            mapped[:, i] = np.interp(X[:, i], self.raw[:, i], self.normal[:, i])
        return mapped


def _anchors(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    if not len(values):
        return np.zeros(_ANCHORS), np.zeros(_ANCHORS)
    cdf = empirical_cdf(values, weight)
    normal = ndtri(np.clip((cdf.below + cdf.up_to) / 2, _FAR, 1 - _FAR))
    chosen = np.arange(len(normal))
    if len(normal) > _ANCHORS:
        chosen = np.searchsorted(normal, np.linspace(normal[0], normal[-1], _ANCHORS))
    chosen = np.pad(np.unique(chosen), (0, _ANCHORS), mode="edge")[:_ANCHORS]
    return cdf.points[chosen], normal[chosen]
