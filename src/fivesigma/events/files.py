"""The columns and events of ROOT, Parquet and CSV files, flat columns only, each format read by its own library."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, suggestion

__all__ = ["find_files", "flat_columns", "read_columns"]

Columns = dict[str, NDArray[Any]]


def find_files(patterns: str | Path | Sequence[str | Path], folder: Path = Path()) -> tuple[Path, ...]:
    """Return the files that names or glob patterns stand for, relative to ``folder``, each once, in the order given.

    Raises
    ------
    DataError
        If a name or pattern finds nothing; names of the folder like it are offered.
    """
    found: dict[Path, None] = {}
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        matches = [str(folder / pattern)]
        if not Path(matches[0]).is_file():
            matches = sorted(glob.glob(matches[0], recursive=True))  # noqa: PTH207 - absolute patterns too
        if not matches:
            place = (folder / pattern).parent
            there = [p.name for p in place.iterdir() if p.is_file()] if place.is_dir() else []
            hint = suggestion(Path(pattern).name, there) if there else f"; the folder {place} is empty or not there"
            raise DataError(f"no file {folder / pattern}{hint}")
        found |= dict.fromkeys(map(Path, matches))
    return tuple(found)


def flat_columns(path: Path, tree: str | None = None) -> tuple[str, ...]:
    """Return the names of a file's columns that hold one number per event.

    Parameters
    ----------
    path
        A ``.root``, ``.parquet``, ``.csv`` or ``.csv.gz`` file.
    tree
        Name of the TTree in a ROOT file; its only one if None.

    Raises
    ------
    DataError
        If the file is missing, is not what its suffix says, or has no such tree.
    """
    return _reader(path)(path, tree, None)[0]


def read_columns(path: Path, names: Iterable[str], tree: str | None = None) -> tuple[Columns, int]:
    """Return the named columns, each of shape (n,), and the number n of events.

    Raises
    ------
    DataError
        As for `flat_columns`, and if a column is missing (the nearest names are offered) or holds no numbers.
    """
    wanted = sorted(set(names))
    there, columns, length = _reader(path)(path, tree, wanted)
    for name in wanted:
        if name not in there:
            raise DataError(f"{path}: no column {name!r}{suggestion(name, there)}")
        if not length:
            columns[name] = np.empty(0)
        if columns[name].dtype.kind not in "biuf":
            raise DataError(f"{path}: column {name!r} holds no numbers, but {columns[name].dtype}")
    return columns, length


_BROKEN = (ValueError, OSError, EOFError, IndexError, KeyError, AssertionError, NotImplementedError, OverflowError)
"""What uproot raises besides its own error for bytes that are no ROOT file."""

_Read = tuple[tuple[str, ...], Columns, int]


def _reader(path: Path) -> Callable[[Path, str | None, Sequence[str] | None], _Read]:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    suffix = ".csv" if path.name.endswith(".csv.gz") else path.suffix.lower()
    if suffix not in _READERS:
        raise DataError(f"{path}: no reader for {suffix or 'a name without suffix'!r}{suggestion(suffix, _READERS)}")
    return _READERS[suffix]


def _read_root(path: Path, tree: str | None, names: Sequence[str] | None) -> _Read:
    import uproot

    try:
        with uproot.open(path) as file:
            found = _tree(path, file, tree)
            there = tuple(name for name, branch in found.items() if _is_flat(branch))
            wanted = [name for name in names or () if name in there]
            columns = found.arrays(wanted, library="np") if wanted else {}
            return there, {name: _native(columns[name]) for name in wanted}, int(found.num_entries)
    except (*_BROKEN, uproot.deserialization.DeserializationError) as error:
        raise DataError(
            f"{path}: not a readable ROOT file (damaged, truncated, or something else): {_first_line(error)}"
        ) from error


def _tree(path: Path, file: Any, name: str | None) -> Any:
    kinds = {key.split(";")[0]: kind for key, kind in file.classnames().items()}
    trees = [key for key, kind in kinds.items() if kind == "TTree"]
    if not trees and "ROOT::RNTuple" in kinds.values():
        raise DataError(f"{path}: holds RNTuples, which are not read yet; write a TTree (in uproot: mktree)")
    if name is None and len(trees) == 1:
        return file[trees[0]]
    if name is None:
        raise DataError(f"{path}: which tree? `tree` is not given{suggestion('', trees) or '; there are none'}")
    if name not in trees:
        raise DataError(f"{path}: no tree {name!r}{suggestion(name, trees)}")
    return file[name]


def _is_flat(branch: Any) -> bool:
    dtype = getattr(branch.interpretation, "to_dtype", None)
    return isinstance(dtype, np.dtype) and dtype.shape == () and dtype.kind in "biuf"


def _read_parquet(path: Path, _tree: str | None, names: Sequence[str] | None) -> _Read:
    import polars as pl

    return _from_polars(path, "Parquet", lambda: pl.scan_parquet(path, glob=False), names)


def _read_csv(path: Path, _tree: str | None, names: Sequence[str] | None) -> _Read:

    return _from_polars(path, "CSV", lambda: _scan_csv(path), names)


def _scan_csv(path: Path) -> Any:
    """Return a lazy frame; the types of the columns are those of all rows, for one fraction below makes a column of numbers."""
    import polars as pl

    return pl.scan_csv(path, glob=False, infer_schema_length=None)


def _from_polars(path: Path, kind: str, scan: Callable[[], Any], names: Sequence[str] | None) -> _Read:
    import polars as pl

    try:
        frame = scan()
        schema = frame.collect_schema()
        there = tuple(name for name, dtype in schema.items() if dtype.is_numeric() or dtype == pl.Boolean)
        # a text column is named so that the caller can say what it holds
        wanted = [name for name in names or () if name in schema and not schema[name].is_nested()]
        table = frame.select(wanted).collect() if wanted else None
        length = len(table) if table is not None else int(frame.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not a readable {kind} file: {_first_line(error)}") from error
    columns = {name: _native(table[name].to_numpy()) for name in wanted} if table is not None else {}
    return tuple(dict.fromkeys((*there, *wanted))), columns, length


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array in this machine's byte order (ROOT's is big-endian)."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


_READERS: dict[str, Callable[[Path, str | None, Sequence[str] | None], _Read]] = {
    ".root": _read_root,
    ".parquet": _read_parquet,
    ".csv": _read_csv,
}
