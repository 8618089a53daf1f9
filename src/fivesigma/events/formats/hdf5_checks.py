"""Whether the values of a dataset are there, and can be unpacked."""

from __future__ import annotations

import importlib
import math
from contextlib import suppress

import h5py

from fivesigma.core.errors import DataError

__all__ = ["check_filters", "check_written"]


def check_filters(where: str, dataset: h5py.Dataset) -> None:
    """Raise DataError if a dataset is compressed in a way that cannot be undone here."""
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(number) for number in range(made.get_nfilters())]
    if all(h5py.h5z.filter_avail(code) for code, *_ in filters):
        return
    with suppress(ModuleNotFoundError):
        importlib.import_module("hdf5plugin")  # which makes its filters known
    for code, _, _, name in filters:
        if not h5py.h5z.filter_avail(code):
            called = name.decode(errors="replace") or f"filter {code}"
            raise DataError(f"{where}: compressed with {called}, which needs hdf5plugin: pip install 'fivesigma[hdf5]'")


def check_written(where: str, dataset: h5py.Dataset) -> None:
    """Raise DataError if a dataset has more rows than were ever written: HDF5 gives zeros for the others without a word."""
    if dataset.is_virtual or dataset.external:
        return
    if dataset.chunks:
        due = math.prod(-(-size // chunk) for size, chunk in zip(dataset.shape, dataset.chunks, strict=True))
        there, unit = dataset.id.get_num_chunks(), "chunks"
    else:
        due, there, unit = dataset.nbytes, dataset.id.get_storage_size(), "bytes"
    if there < due:
        raise DataError(
            f"{where}: only {there} of {due} {unit} of {dataset.name} were ever written: "
            "damaged, or whoever wrote it was interrupted or left rows empty"
        )
