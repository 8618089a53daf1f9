"""The table, its four columns read by pandas."""

import numpy as np
import pandas as pd

EDGES = np.linspace(300, 2300, 41)


def work(path: str) -> np.ndarray:
    """Return the histogram of the mass in GeV."""
    events = pd.read_csv(path, usecols=["fatjet_pt", "Zll_mass", "reco_zv_mass", "FullEventWeight"])
    left = events[(events.fatjet_pt > 250e3) & (events.Zll_mass > 76e3) & (events.Zll_mass < 106e3)]
    return np.histogram(left.reco_zv_mass / 1000, EDGES, weights=left.FullEventWeight)[0]
