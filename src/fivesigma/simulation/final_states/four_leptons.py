"""Four leptons, in the columns of the ATLAS open data; thresholds and separations as in arXiv:2004.03447."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import delta_r, invariant_mass
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.dressing import dressed_leptons
from fivesigma.simulation.objects.leptons import Leptons, detect_leptons
from fivesigma.simulation.objects.pairing import ranked
from fivesigma.simulation.objects.particles import Batch

__all__ = ["LEADING_PT", "LEPTON_COLUMNS", "MIN_PT", "four_leptons"]

MIN_PT: Mapping[int, float] = {11: 7.0, 13: 5.0}
"""Smallest pt in GeV of an electron and of a muon."""

LEADING_PT = (20.0, 15.0, 10.0, 5.0)
"""Smallest pt in GeV of the leading lepton, the second, and so on."""

_MIN_DELTA_R = 0.1
_MIN_PAIR_MASS = 5.0  # keeps J/ψ and Υ decays out
_TRUTH_MARGIN = 0.6

_KINDS: Mapping[str, type[np.generic]] = {
    "pt": np.float32,
    "eta": np.float32,
    "phi": np.float32,
    "type": np.int32,
    "charge": np.int32,
}
LEPTON_COLUMNS = tuple(f"lep_{kind}_{rank}" for kind in _KINDS for rank in range(4))
"""``lep_pt_0`` ... ``lep_charge_3``, the leptons in falling order of pt."""


def four_leptons(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with four leptons or more: their numbers in the batch, shape (m,), and the leading four's columns.

    Neither flavours nor charges have to pair up: that is the analysis's cut to make.
    """
    lowest = _TRUTH_MARGIN * min(MIN_PT.values())
    true = dressed_leptons(batch.visible, min_pt=lowest, dressing=detector.dressing)
    leptons = detect_leptons(true, detector.electron, detector.muon, random)
    return _leading_four(leptons.where(leptons.pt > np.where(leptons.type == 11, MIN_PT[11], MIN_PT[13])), batch.events)


def _leading_four(leptons: Leptons, events: int) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    leading, present = ranked(leptons.event, leptons.pt, events=events, count=4)
    enough = np.flatnonzero(present[3])
    arrays = {kind: getattr(leptons, kind)[leading[:, enough]] for kind in _KINDS}
    kept = _passes(arrays)
    columns = {
        f"lep_{kind}_{rank}": arrays[kind][rank, kept].astype(dtype)
        for kind, dtype in _KINDS.items()
        for rank in range(4)
    }
    return enough[kept], columns


def _passes(leptons: Mapping[str, Floats]) -> Bools:
    """Return which events pass the requirements; the leptons' arrays have shape (4, n)."""
    passes: Bools = np.logical_and.reduce(leptons["pt"] > np.asarray(LEADING_PT)[:, np.newaxis])
    for a, b in combinations(range(4), 2):
        one, other = ({kind: values[i] for kind, values in leptons.items()} for i in (a, b))
        passes &= delta_r(one["eta"], one["phi"], other["eta"], other["phi"]) > _MIN_DELTA_R
        mass = invariant_mass(one["pt"], one["eta"], one["phi"], other["pt"], other["eta"], other["phi"])
        could_be_a_resonance = (one["type"] == other["type"]) & (one["charge"] == -other["charge"])
        passes &= ~could_be_a_resonance | (mass > _MIN_PAIR_MASS)
    return passes
