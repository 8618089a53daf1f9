"""Samples to one `Dataset`, as models see it."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.expression_text import CONSTANTS
from fivesigma.core.expressions import Expression
from fivesigma.core.sample import NOMINAL, Sample, Variation

__all__ = ["dataset"]


def dataset(
    samples: Sequence[Sample],
    *,
    inputs: Mapping[str, str] | Sequence[str],
    observables: Mapping[str, str] | Sequence[str] = (),
    missing: bool = False,
    variation: Variation = NOMINAL,
) -> Dataset:
    """Return the samples as one dataset.

    Parameters
    ----------
    samples
        The samples, whose order the events keep.
    inputs
        Features that models may see: expressions by name, or names of columns.
    observables
        Columns kept from the models, such as a mass to be fitted; likewise.
    missing
        Whether an event may lack a value (NaN).
    variation
        Which systematic variation the samples are.

    Raises
    ------
    DataError
        If a simulated sample has no events, two samples bear one name, a name is both input and observable, an observable is an
        input under another name, a value is infinite, missing where none may be, or an input is missing in every event.
    """
    features, kept = _named(inputs), _named(observables)
    _check_names(samples, features, kept)
    columns = [_evaluated(sample, {**features, **kept}, missing=missing) for sample in samples]
    if missing and variation == NOMINAL:
        _require_somewhere(samples, columns, features)
    X = np.concatenate([np.stack([c[name] for name in features], axis=1).astype(np.float32) for c in columns])
    return Dataset(
        X=X,
        inputs=tuple(features),
        observables={name: np.concatenate([c[name] for c in columns]) for name in kept},
        weight=np.concatenate([sample.weight for sample in samples]),
        id=np.concatenate([sample.id for sample in samples]),
        sample=np.repeat(np.arange(len(samples), dtype=np.int16), [len(sample) for sample in samples]),
        samples=tuple(sample.info for sample in samples),
        weights=_weights(samples),
        variation=variation,
    )


def _weights(samples: Sequence[Sample]) -> dict[Variation, Floats]:
    """Return the weights of all events in each variation; a sample that it does not move keeps its own."""
    variations = dict.fromkeys(variation for sample in samples for variation in sample.weights)
    return {v: np.concatenate([sample.weights.get(v, sample.weight) for sample in samples]) for v in variations}


def _named(columns: Mapping[str, str] | Sequence[str]) -> dict[str, Expression]:
    pairs = columns.items() if isinstance(columns, Mapping) else ((name, _as_written(name)) for name in columns)
    return {name: Expression(text) for name, text in pairs}


def _as_written(name: str) -> str:
    """Return the name of a column as expressions have it: in backticks where it would mean something else, as ``pi`` does."""
    plain = name.isidentifier() and not keyword.iskeyword(name) and name not in CONSTANTS
    return name if plain else f"`{name}`"


def _check_names(
    samples: Sequence[Sample], inputs: Mapping[str, Expression], observables: Mapping[str, Expression]
) -> None:
    names = [sample.name for sample in samples]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise DataError(f"two samples are called {min(doubled)!r}")
    if not inputs:
        raise DataError("no inputs for the models")
    if both := set(inputs) & set(observables):
        raise DataError(f"{min(both)!r} is an input and an observable; what is fitted must be kept from the models")
    for name, expression in observables.items():
        for other, text in inputs.items():
            if _squeezed(text) == _squeezed(expression):
                raise DataError(
                    f"input {other!r} is the observable {name!r} ({expression}); what is fitted must be kept from the models"
                )
    for sample in samples:
        if sample.kind != "data" and not len(sample):
            raise DataError(_empty(sample))
        if sample.kind != "data" and len(sample) > 1 and (sample.id == sample.id[0]).all():
            raise DataError(
                f"sample {sample.name!r}: all {len(sample)} events have one identifier, and would lie in one fold;"
                " `events.id` names columns that tell them apart"
            )


def _empty(sample: Sample) -> str:
    """Return what left a sample without events: its files, or the first cut after which none is there."""
    variation = sample.variation
    varied = "" if variation == NOMINAL else f", {variation.systematic} {variation.label},"
    who = f"sample {sample.name!r}{varied}"
    step = next((row.step for row in sample.cutflow if not row.events), None)
    if sample.cutflow and step == sample.cutflow[0].step:
        return f"{who} has no events: its files hold none"
    return f"{who} has no events left after {step or 'the selection'!r}"


def _squeezed(expression: Expression) -> str:
    return "".join(expression.text.split())


def _require_somewhere(
    samples: Sequence[Sample], columns: Sequence[Mapping[str, Floats]], inputs: Mapping[str, Expression]
) -> None:
    """Raise DataError if no simulated event has an input: nothing can be learnt of it."""
    simulated = [column for sample, column in zip(samples, columns, strict=True) if sample.kind != "data"]
    for name, expression in inputs.items():
        if simulated and all(np.isnan(column[name]).all() for column in simulated):
            raise DataError(f"input {name!r} ({expression}) is missing in every simulated event")


def _evaluated(sample: Sample, expressions: Mapping[str, Expression], *, missing: bool) -> dict[str, Floats]:
    values = {}
    for name, expression in expressions.items():
        column = expression.values(sample.events, len(sample))
        unusable = ~(np.abs(column) <= np.finfo(np.float32).max)
        if missing:
            unusable &= ~np.isnan(column)
        if wrong := int(np.count_nonzero(unusable)):
            row = int(np.flatnonzero(unusable)[0])
            raise DataError(
                f"sample {sample.name!r}: {name!r} ({expression}) is NaN or infinite in {wrong} of {len(sample)} events,"
                f" the first of them the selected event {row}"
            )
        values[name] = column
    return values
