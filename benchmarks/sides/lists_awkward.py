"""The tree with lists, read by a loop over awkward arrays."""

import awkward as ak
import numpy as np
import uproot

EDGES = np.linspace(0, 300, 61)


def work(path: str) -> np.ndarray:
    """Return the histogram of the leading jet's transverse momentum."""
    total = np.zeros(len(EDGES) - 1)
    for events in uproot.iterate(f"{path}:Events", ["jet_pt", "weight"]):
        left = events[ak.sum(events.jet_pt > 25, axis=1) >= 4]
        total += np.histogram(ak.to_numpy(left.jet_pt[:, 0]), EDGES, weights=ak.to_numpy(left.weight))[0]
    return total
