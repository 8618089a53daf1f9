"""Which events trained which estimator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, UInts, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import LeakError
from fivesigma.core.identity import ids_from_columns, text_key

__all__ = ["Ledger", "event_keys"]


def event_keys(dataset: Dataset) -> UInts:
    """Return one key per event, shape (n,), from its sample's name and its identifier; variations share the nominal key."""
    names = np.array([text_key(info.name) for info in dataset.samples], dtype=np.uint64)
    return ids_from_columns([names[dataset.sample], dataset.id])


@dataclass(frozen=True, slots=True)
class Ledger:
    """The events, by sorted key, that any estimator used, and which ones did.

    Attributes
    ----------
    keys
        Sorted keys, shape (m,), see `event_keys`.
    used
        Whether the estimator of each fold used the event, for training, stopping or its scale: shape (m, folds).
    """

    keys: UInts
    used: NDArray[np.bool_]

    def __post_init__(self) -> None:
        require_length(len(self.keys), used=self.used)

    @classmethod
    def of(cls, keys: UInts, used: NDArray[np.bool_]) -> Ledger:
        """Return the ledger of events of keys (m,) and their use (m, folds); an event given twice was used if either was."""
        unique, place = np.unique(keys, return_inverse=True)
        merged = np.zeros((len(unique), used.shape[1]), dtype=np.bool_)
        np.logical_or.at(merged, place, used)
        return cls(unique, merged)

    def joined(self, other: Ledger) -> Ledger:
        """Return the ledger of the events of both."""
        return Ledger.of(np.concatenate([self.keys, other.keys]), np.concatenate([self.used, other.used]))

    def saw(self, keys: UInts, fold: NDArray[np.integer]) -> Bools:
        """Return whether the estimator of each event's ``fold``, shape (n,), used the event."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.bool_)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.asarray((self.keys[place] == keys) & self.used[place, fold])

    def require_unseen(self, dataset: Dataset, fold: NDArray[np.integer], model: str) -> None:
        """Raise LeakError if an event would be scored by an estimator that used it."""
        seen = self.saw(event_keys(dataset), fold)
        if leaks := int(np.count_nonzero(seen)):
            names = sorted({dataset.samples[i].name for i in np.unique(dataset.sample[seen])})
            raise LeakError(
                f"model {model!r}: {leaks} of {len(dataset)} events ({', '.join(names)}) would be scored by an estimator that saw them"
            )
