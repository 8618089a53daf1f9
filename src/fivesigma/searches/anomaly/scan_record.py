"""Scores of windows that are finished, kept on disk so that a scan that was killed goes on with the others."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats
from fivesigma.core.identity import digest
from fivesigma.core.provenance import code_digest, library_versions
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["ScanRecord", "events_digest"]


def events_digest(*arrays: NDArray[Any]) -> str:
    """Return a short digest of arrays, of their types, shapes and contents."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).view(np.uint8).data)
    return sha.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """A folder of finished windows of the events of a digest; keeps nothing if the folder is None."""

    folder: Path | None
    events: str

    def read(self, window: MassWindow | None, options: ScanOptions) -> tuple[Floats, float | None] | None:
        """Return the scores, shape (n,), and the loss of a window that was finished; None if it was not."""
        path = self._path(window, options)
        if path is None or not path.exists():
            return None
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                score, loss = file["score"].astype(np.float64), float(file["loss"])
        except (OSError, ValueError, EOFError, KeyError, RuntimeError, BadZipFile):  # cut off or damaged: made again
            return None
        return score, None if np.isnan(loss) else loss

    def keep(self, window: MassWindow | None, options: ScanOptions, score: Floats, loss: float | None) -> None:
        """Write the scores and the loss of a finished window, whole or not at all."""
        path = self._path(window, options)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, score=score, loss=np.float64(np.nan if loss is None else loss))
        part.replace(path)

    def _path(self, window: MassWindow | None, options: ScanOptions) -> Path | None:
        if self.folder is None:
            return None
        trained_by = (
            options.use,
            dict(options.parameters),
            options.prepare,
            options.folds,
            options.members,
            options.seed,
        )
        trained_with = code_digest(), library_versions()
        key = digest([self.events, None if window is None else asdict(window), trained_by, trained_with])
        return self.folder / f"window-{key}.npz"
