"""The tree with lists, read by fivesigma."""

import numpy as np

import fivesigma.core.jagged
import fivesigma.events.formats.root_files  # noqa: F401 - the library loads what reads a format when it meets a file of it
from fivesigma.events.read import read

EDGES = np.linspace(0, 300, 61)


def work(path: str) -> np.ndarray:
    """Return the histogram of the leading jet's transverse momentum."""
    events = read(path).select("count(jet_pt > 25) >= 4").weigh("weight")
    return events.histogram("first(jet_pt)", EDGES).values
