"""Who an event is: identifiers, folds, seeds and digests.

A fold is a function of the identifier and the seed alone, so it does not depend on which columns are read,
on chunking or on cuts. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import UInts
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.texts import Texts, as_texts

__all__ = [
    "derive_seed",
    "digest",
    "entry_ids",
    "file_digest",
    "fold_of",
    "ids_from_columns",
    "text_key",
    "text_keys",
    "ticket_of",
]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 1 << 20
_LARGEST_WHOLE = 2.0**53
_MOST_FOLDS = np.iinfo(np.int8).max


def _mix(values: UInts) -> UInts:
    """Scramble 64-bit integers so that every input bit reaches every output bit."""
    mixed = values + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def text_key(text: str) -> np.uint64:
    """Return 64 bits that stand for a text."""
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:8], "little"))


def text_keys(texts: Texts) -> UInts:
    """Return 64 bits that stand for each of some texts, shape (n,); the same in every process and on every machine."""
    keys = {text: text_key(text) for text in set(texts)}
    return np.fromiter((keys[text] for text in texts), dtype=np.uint64, count=len(texts))


def ids_from_columns(columns: Sequence[NDArray[Any]]) -> UInts:
    """Return one identifier per event, shape (n,), from its identifying columns (run, lumi, event; or all of its content).

    Whole numbers count by their value whatever the type of their column, other numbers by their bits: a column whose type
    changes because another event holds a fraction identifies its events as before. Texts count by their letters.
    """
    ids = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        ids = _mix(ids ^ _mix(_bits(column)))
    return ids


def _bits(column: NDArray[Any]) -> UInts:
    if column.dtype.kind in "biu":
        return column.astype(np.uint64) if column.dtype.kind == "u" else column.astype(np.int64).view(np.uint64)
    if (texts := as_texts(column)) is not None:
        return text_keys(texts)
    value = column.astype(np.float64)
    whole = (value == np.rint(value)) & (np.abs(value) < _LARGEST_WHOLE)
    return np.where(whole, np.where(whole, value, 0).astype(np.int64).view(np.uint64), value.view(np.uint64))


def entry_ids(file_key: str, entries: NDArray[np.integer[Any]]) -> UInts:
    """Return identifiers, shape (n,), for events that bear none: from their file's digest and their entry number."""
    return _mix(text_key(file_key) ^ _mix(entries.astype(np.uint64)))


def fold_of(ids: UInts, *, seed: int, folds: int) -> NDArray[np.int8]:
    """Return the fold, shape (n,) in 0 ... folds-1, of each event: a hash of identifier and seed, modulo ``folds``.

    Raises
    ------
    FivesigmaError
        If there is no fold, or more than 127: their numbers are kept in a byte.
    """
    if not 1 <= folds <= _MOST_FOLDS:
        raise FivesigmaError(f"events are split into 1 to {_MOST_FOLDS} folds, not {folds}")
    key = text_key(f"folds {seed}")
    return (_mix(ids ^ key) % np.uint64(folds)).astype(np.int8)


def ticket_of(ids: UInts, *, seed: int, draw: str) -> UInts:
    """Return a ticket, shape (n,), for each event in a draw: whoever holds the smallest is drawn, whatever else is read."""
    return _mix(ids ^ text_key(f"draw {draw} {seed}"))


def derive_seed(seed: int, *names: object) -> int:
    """Return the seed, in 0 ... 2³¹-1, of one consumer, named so that no two share a stream."""
    return int(text_key("/".join(map(str, (seed, *names)))) >> np.uint64(33))


def digest(value: object) -> str:
    """Return a short digest of anything JSON can hold, the same for the same content whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return a short digest of a file's content; that of a file that has not changed since is remembered."""
    status = path.stat()
    return _digest_of(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=1024)
def _digest_of(path: Path, _size: int, _changed: int, _inode: int) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()[:16]
