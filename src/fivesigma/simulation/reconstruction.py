"""Detected leptons to the columns of a four-lepton analysis, named as in the ATLAS open data."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import delta_r, invariant_mass
from fivesigma.simulation.detector import Detector, Leptons

__all__ = ["LEPTON_COLUMNS", "four_leptons"]

_KINDS: Mapping[str, type[np.generic]] = {
    "pt": np.float32,
    "eta": np.float32,
    "phi": np.float32,
    "type": np.int32,
    "charge": np.int32,
}
LEPTON_COLUMNS = tuple(f"lep_{kind}_{rank}" for kind in _KINDS for rank in range(4))
"""``lep_pt_0`` ... ``lep_charge_3``, the leptons in falling order of pt."""


def four_leptons(leptons: Leptons, detector: Detector) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with four leptons or more: their numbers, shape (m,), and the columns of the leading four.

    Neither flavours nor charges have to pair up: that is the analysis's cut to make.
    """
    order = np.lexsort((-leptons.pt, leptons.event))
    events, first, count = np.unique(leptons.event[order], return_index=True, return_counts=True)
    enough = count >= 4
    leading = order[first[enough] + np.arange(4)[:, np.newaxis]]
    arrays = {kind: getattr(leptons, kind)[leading] for kind in _KINDS}
    kept = _passes(arrays, detector)
    columns = {
        f"lep_{kind}_{rank}": arrays[kind][rank, kept].astype(dtype)
        for kind, dtype in _KINDS.items()
        for rank in range(4)
    }
    return events[enough][kept], columns


def _passes(leptons: Mapping[str, Floats], detector: Detector) -> Bools:
    """Return which events pass the detector's requirements; the leptons' arrays have shape (4, n)."""
    passes: Bools = np.logical_and.reduce(leptons["pt"] > np.asarray(detector.leading_pt)[:, np.newaxis])
    for a, b in combinations(range(4), 2):
        one, other = ({kind: values[i] for kind, values in leptons.items()} for i in (a, b))
        passes &= delta_r(one["eta"], one["phi"], other["eta"], other["phi"]) > detector.min_delta_r
        mass = invariant_mass(one["pt"], one["eta"], one["phi"], other["pt"], other["eta"], other["phi"])
        could_be_a_resonance = (one["type"] == other["type"]) & (one["charge"] == -other["charge"])
        passes &= ~could_be_a_resonance | (mass > detector.min_pair_mass)
    return passes
