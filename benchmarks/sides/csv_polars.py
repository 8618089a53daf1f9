"""The table, read by a lazy scan of polars."""

import numpy as np
import polars as pl

EDGES = np.linspace(300, 2300, 41)


def work(path: str) -> np.ndarray:
    """Return the histogram of the mass in GeV."""
    left = (
        pl.scan_csv(path)
        .filter(pl.col("fatjet_pt") > 250e3, pl.col("Zll_mass") > 76e3, pl.col("Zll_mass") < 106e3)
        .select("reco_zv_mass", "FullEventWeight")
        .collect(engine="streaming")
    )
    return np.histogram(left["reco_zv_mass"] / 1000, EDGES, weights=left["FullEventWeight"])[0]
