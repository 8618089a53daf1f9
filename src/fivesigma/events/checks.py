"""What can be wrong with events before any model sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from fivesigma.core.finding import Finding
from fivesigma.core.sample import Sample

__all__ = ["check_samples"]

_NOTABLE = 0.01
"""A fraction of negative weight that a reader should know of."""
_FEW = 100
"""Effective events below which a sample hardly trains or tests anything."""


def check_samples(samples: Sequence[Sample]) -> tuple[Finding, ...]:
    """Return what is notable in samples: events there twice, negative weights, too few effective events."""
    return tuple(finding for sample in samples for finding in _check(sample)) + tuple(_shared(samples))


def _shared(samples: Sequence[Sample]) -> Iterator[Finding]:
    """Yield a finding for each two data samples that hold the same events."""
    data = [sample for sample in samples if sample.kind == "data"]
    for one, two in combinations(data, 2):
        if shared := len(np.intersect1d(one.id, two.id)):
            yield Finding(
                code="shared-events",
                severity="serious",
                subject=f"{one.name} and {two.name}",
                message=f"{shared} events are in {one.name} and in {two.name}, and count twice",
                evidence={"shared": shared},
            )


def _check(sample: Sample) -> Iterator[Finding]:
    repeated = len(sample) - len(np.unique(sample.id))
    if repeated:
        yield Finding(
            code="duplicate-events",
            severity="serious" if sample.kind == "data" else "warning",
            subject=sample.name,
            message=f"{repeated} of {len(sample)} events of {sample.name} bear the identifier of another; `duplicates: remove` keeps one",
            evidence={"repeated": repeated, "events": len(sample)},
        )
    if sample.kind == "data" or not len(sample):
        return
    weight = sample.weight
    negative = float(-weight[weight < 0].sum() / np.abs(weight).sum())
    if negative > _NOTABLE:
        yield Finding(
            code="negative-weights",
            severity="info",
            subject=sample.name,
            message=f"{100 * negative:.1f} % of the weight of {sample.name} is negative; yields keep it, training uses its absolute value",
            evidence={"fraction": negative},
        )
    effective = float(weight.sum() ** 2 / np.square(weight).sum())
    if effective < _FEW:
        yield Finding(
            code="few-effective-events",
            severity="warning",
            subject=sample.name,
            message=f"{sample.name} is worth {effective:.0f} events after selection, too few to train or judge a classifier",
            evidence={"effective_events": effective},
        )
