"""What a classifier stores of itself: of libraries that keep their numbers to themselves, the way to them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fivesigma.learning.classifiers import Classifier

__all__ = ["stored"]


@contextlib.contextmanager
def stored(estimator: Classifier) -> Iterator[Path]:
    """Give the file that a trained classifier writes; it is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="fivesigma-") as folder:
        path = Path(folder) / f"model{estimator.suffix}"
        estimator.save(path)
        yield path
