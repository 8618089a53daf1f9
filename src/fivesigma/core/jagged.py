"""Columns that hold a list for each event, as awkward arrays; only who meets one imports this module.

awkward (Pivarski et al., doi:10.5281/zenodo.4341376) is what the readers of files and physicists' own code hold such columns in.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Ints
from fivesigma.core.errors import ExpressionError
from fivesigma.core.lists import Lists, Value

__all__ = ["from_awkward", "order", "to_awkward"]


def from_awkward(name: str, column: Any) -> Value:
    """Return an awkward array of n numbers, of n lists of numbers or of n texts as an array or as lists.

    What is missing within a list, or in place of a number, is NaN; a missing list is an empty one.

    Raises
    ------
    ExpressionError
        If the array, named ``name`` in messages, holds something else.
    """
    array = ak.Array(column)
    if array.ndim == 1 and array.layout.purelist_parameter("__array__") == "string":
        return np.asarray([*ak.to_list(ak.fill_none(array, "")), None], dtype=object)[:-1]
    if array.ndim > 2 or not _holds_numbers(array.layout):
        raise ExpressionError(
            f"column {name!r} holds {array.type.content}; an expression takes numbers, lists of them, or texts"
        )
    if array.ndim == 1:
        return _numbers(array)
    array = ak.from_regular(array, axis=1)
    if array.layout.is_option:
        array = ak.fill_none(array, [], axis=0)
    layout = ak.to_packed(array).layout.to_ListOffsetArray64(True)
    return Lists(_numbers(ak.Array(layout.content)), np.asarray(layout.offsets))


def _holds_numbers(layout: Any) -> bool:
    """Return whether nothing but numbers, options and lists of them is in an array; of empty lists it is unknown, and fine."""
    if layout.is_option or layout.is_indexed or (layout.is_list and layout.parameter("__array__") is None):
        return _holds_numbers(layout.content)
    return bool(layout.is_unknown or (layout.is_numpy and layout.dtype.kind in "biuf"))


def _numbers(array: Any) -> NDArray[Any]:
    """Return n numbers as numpy's, None as NaN."""
    if array.layout.is_unknown:
        return np.empty(
            0, dtype=np.bool_
        )  # without elements there is no type: one that may stand for any number or condition
    if array.layout.is_option:
        array = ak.fill_none(ak.values_astype(array, np.float64), np.nan)
    return np.asarray(ak.to_numpy(array, allow_missing=False))


def to_awkward(lists: Lists) -> Any:
    """Return lists as an awkward array of n lists of numbers."""
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(lists.offsets), ak.contents.NumpyArray(lists.content)))


def order(lists: Lists, *, ascending: bool) -> Ints:
    """Return the positions in the content that sort each list; equals keep their order, NaN come last."""
    places = _order(lists, ascending=ascending)
    absent = np.isnan(lists.content[places])
    return places[_order(lists.like(absent), ascending=True)] if absent.any() else places


def _order(lists: Lists, *, ascending: bool) -> Ints:
    within = ak.argsort(to_awkward(lists), axis=1, ascending=ascending, stable=True)
    return np.asarray(ak.to_numpy(ak.flatten(within)) + np.repeat(lists.offsets[:-1], lists.lengths))
