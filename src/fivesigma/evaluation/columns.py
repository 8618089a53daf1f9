"""Inputs and observables of a dataset by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = ["columns_of"]


def columns_of(dataset: Dataset, names: Sequence[str] | None = None) -> Mapping[str, Floats]:
    """Return the values, shape (n,), of the inputs and observables of these names, all if None: then each when it is asked for.

    Raises
    ------
    FivesigmaError
        If there is no such input or observable.
    """
    there = dataset.columns()
    if names is None:
        return there
    for name in names:
        if name not in there:
            raise FivesigmaError(f"no input or observable {name!r}{suggestion(name, there)}")
    return {name: there[name] for name in names}
