"""What can be wrong with events before any model sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from fivesigma.core.arrays import UInts
from fivesigma.core.finding import Finding
from fivesigma.core.identity import ids_from_columns
from fivesigma.core.sample import Sample
from fivesigma.statistics.weighted import effective_events

__all__ = ["check_samples"]

_NOTABLE = 0.01
"""A fraction of negative weight that a reader should know of."""
_DIFFERENT = 1e-3
"""Relative difference of a sum of weights from the declared one that a reader should know of."""
_DISTINCT = 0.9
"""Part of the events whose content must differ before equal content means the same event."""
_FEW = 100
"""Effective events below which a sample hardly trains or tests anything."""


def check_samples(
    samples: Sequence[Sample],
    *,
    without_duplicates: Collection[str] = (),
    grid: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Return what is notable in samples: what was noticed in reading, events there twice, weights, too few effective events.

    Parameters
    ----------
    samples
        The samples of an analysis.
    without_duplicates
        Names of those whose duplicates were removed.
    grid
        The signal grid that samples are points of, by name: points may share events.
    """
    found = [finding for sample in samples for finding in sample.findings]
    for sample in samples:
        if sample.name not in without_duplicates:
            found += _duplicates(sample)
        found += [*_sums(sample), *_check(sample)]
    return (*found, *_shared(samples, grid or {}), *_not_independent(samples))


def _shared(samples: Sequence[Sample], grid: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each two data samples, or two simulated ones, that hold the same events."""
    keys = [np.unique(_keys(sample)) for sample in samples]
    for i, j in combinations(_held_twice(keys), 2):
        one, two = samples[i], samples[j]
        if (one.kind == "data") != (two.kind == "data") or (one.name in grid and grid[one.name] == grid.get(two.name)):
            continue
        if shared := len(np.intersect1d(keys[i], keys[j], assume_unique=True)):
            yield Finding(
                code="shared-events",
                severity="serious",
                subject=f"{one.name} and {two.name}",
                message=f"{shared} events are in {one.name} and in {two.name}, and count twice",
                evidence={"shared": shared},
            )


def _held_twice(keys: Sequence[UInts]) -> list[int]:
    """Return which of many sets, each without repetitions, have something in common with another."""
    values = np.concatenate([np.zeros(0, dtype=np.uint64), *keys])
    whose = np.repeat(np.arange(len(keys)), [len(each) for each in keys])
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(values[order][1:] == values[order][:-1])
    return sorted({*whose[order][same].tolist(), *whose[order][same + 1].tolist()})


def _not_independent(samples: Sequence[Sample]) -> Iterator[Finding]:
    """Yield a finding for each sample of pseudo-data that holds events of the simulation it is compared with."""
    for pseudo in (sample for sample in samples if sample.info.pseudo):
        content = np.unique(_content(pseudo))
        if len(content) < _DISTINCT * len(pseudo):  # of a few whole numbers any two events may hold the same
            continue
        for other in (sample for sample in samples if sample.kind != "data"):
            if shared := len(np.intersect1d(content, _content(other))):
                yield Finding(
                    code="pseudo-data-not-independent",
                    severity="warning",
                    subject=f"{pseudo.name} and {other.name}",
                    message=f"{shared:,} events of the pseudo-data {pseudo.name} are events of {other.name} too: what is fitted to them"
                    " fluctuates less than data would",
                    evidence={"shared": shared},
                )


def _content(sample: Sample) -> UInts:
    flat = [column for column in sample.events.values() if getattr(column, "dtype", None) is not None]
    return ids_from_columns(flat) if flat and len(sample) else np.zeros(0, dtype=np.uint64)


def _keys(sample: Sample) -> UInts:
    """Return what two entries of one event share: the identifier, and for simulation, whose numbers may start anew, all else."""
    if sample.kind == "data":
        return sample.id
    return ids_from_columns([sample.id, _content(sample)]) if sample.events else sample.id


def _sums(sample: Sample) -> Iterator[Finding]:
    """Yield a finding for each declared sum of generator weights that the files do not hold."""
    for declared, found in sample.generated:
        if declared is None or abs(found - declared) <= _DIFFERENT * abs(declared):
            continue
        yield Finding(
            code="sum-of-weights",
            severity="serious",
            subject=sample.name,
            message=f"the sum of weights of {sample.name} is declared as {declared:.8g}, its files hold {found:.8g}"
            f" ({100 * (found / declared - 1):+.2g} %); `skimmed: true` says that they hold only a part of what was generated",
            evidence={"declared": declared, "found": found},
        )


def _duplicates(sample: Sample) -> Iterator[Finding]:
    repeated = len(sample) - len(np.unique(_keys(sample)))
    if repeated:
        yield Finding(
            code="duplicate-events",
            severity="serious" if sample.kind == "data" else "warning",
            subject=sample.name,
            message=f"{repeated} of {len(sample)} events of {sample.name} bear the identifier of another; `duplicates: remove` keeps one",
            evidence={"repeated": repeated, "events": len(sample)},
        )


def _check(sample: Sample) -> Iterator[Finding]:
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
    effective = effective_events(weight)
    if effective < _FEW:
        yield Finding(
            code="few-effective-events",
            severity="warning",
            subject=sample.name,
            message=f"{sample.name} is worth {effective:.0f} events after selection, too few to train or judge a classifier",
            evidence={"effective_events": effective},
        )
