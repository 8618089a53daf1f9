"""The flat tree, read by fivesigma."""

import numpy as np

import fivesigma.events.formats.root_files  # noqa: F401 - the library loads what reads a format when it meets a file of it
from fivesigma.events.read import read

EDGES = np.linspace(-3, 3, 61)


def work(path: str) -> np.ndarray:
    """Return the histogram of a column."""
    return read(path).select("x0 > 0", "abs(x1) < 2").weigh("weight").histogram("x2", EDGES).values
