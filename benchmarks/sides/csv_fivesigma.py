"""The table, read by fivesigma."""

import numpy as np

import fivesigma.events.formats.csv_files  # noqa: F401 - the library loads what reads a format when it meets a file of it
from fivesigma.events.read import read

EDGES = np.linspace(300, 2300, 41)


def work(path: str) -> np.ndarray:
    """Return the histogram of the mass in GeV."""
    events = read(path).select("fatjet_pt > 250e3", "76e3 < Zll_mass < 106e3").weigh("FullEventWeight")
    return events.histogram("reco_zv_mass / 1000", EDGES).values
