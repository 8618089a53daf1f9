"""Two leptons of opposite charge and missing transverse momentum, selected much as in arXiv:1808.09054 (H → WW*, ATLAS)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Ints
from fivesigma.core.kinematics import mass_of
from fivesigma.simulation.objects.beside import jets_beside
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.isolation import isolated_leptons, opposite_pairs
from fivesigma.simulation.objects.leptons import measured_beside
from fivesigma.simulation.objects.missing_momentum import missing_momentum
from fivesigma.simulation.objects.particles import Batch

__all__ = ["DILEPTON_COLUMNS", "dilepton"]

_MIN_LEPTON_PT = 10.0
_MIN_PT = (22.0, 15.0)
_MIN_MASS = 10.0
_MIN_MISSING = 20.0
_RADIUS = 0.4
_MIN_CLUSTER_PT = 12.0
_MIN_JET_PT = 30.0
_MIN_BOTTOM_PT = 20.0
_MAX_BOTTOM_ETA = 2.5

_LEPTON: Mapping[str, type[np.generic]] = {
    "pt": np.float32,
    "eta": np.float32,
    "phi": np.float32,
    "type": np.int32,
    "charge": np.int32,
}
DILEPTON_COLUMNS = (
    *(f"lep_{kind}_{rank}" for kind in _LEPTON for rank in range(2)),
    "met",
    "met_phi",
    "njet",
    "nbjet",
)
"""``lep_pt_0`` ... ``lep_charge_1``, the leptons in falling order of pt; then the missing transverse momentum and the jets."""


def dilepton(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with two leptons and missing momentum: their numbers in the batch, shape (m,), and their columns.

    Kept are events with exactly two isolated electrons or muons of pt > 10 GeV, of any flavours and opposite charge, with
    pt > 22 and 15 GeV, a mass above 10 GeV, and at least 20 GeV of missing transverse momentum.

    Columns: ``lep_pt_*`` (GeV), ``lep_eta_*``, ``lep_phi_*``, ``lep_type_*`` (11, 13) and ``lep_charge_*`` of the two
    leptons; ``met`` (GeV) and ``met_phi``, size and azimuth of the missing transverse momentum; ``njet``, anti-kt jets of
    radius 0.4 with pt > 30 GeV and |η| < 4.7; ``nbjet``, such jets with pt > 20 GeV that pass the medium working
    point of the bottom tagging, which reaches to |η| = 2.4.
    """
    leptons, found = isolated_leptons(batch, detector, random, min_pt=_MIN_LEPTON_PT, at_least=2)
    pair = opposite_pairs(leptons, events=batch.events, min_pt=_MIN_PT)
    heavy = mass_of(pair[0].momentum + pair[1].momentum) > _MIN_MASS
    leading, second = (each.where(heavy) for each in pair)
    selected = np.zeros(batch.events, dtype=np.bool_)
    selected[leading.event] = True
    leptons = leptons.where(selected[leptons.event])
    clustered = selected[batch.visible.event]
    jets = jets_beside(
        leptons, found, batch, detector, random, clustered=clustered, radius=_RADIUS, min_pt=_MIN_CLUSTER_PT
    )
    missing, missing_phi = missing_momentum(batch, measured_beside(leptons, found), jets, detector.missing, random)
    kept = missing[leading.event] > _MIN_MISSING
    event = leading.event[kept]
    columns: dict[str, NDArray[np.generic]] = {
        f"lep_{kind}_{rank}": getattr(lepton, kind)[kept].astype(dtype)
        for kind, dtype in _LEPTON.items()
        for rank, lepton in enumerate((leading, second))
    }
    columns["met"] = missing[event].astype(np.float32)
    columns["met_phi"] = missing_phi[event].astype(np.float32)
    tagged = (jets.pt > _MIN_BOTTOM_PT) & (np.abs(jets.eta) < _MAX_BOTTOM_ETA)
    tagged &= jets.score > detector.bottom.thresholds[1]
    for name, counted in (("njet", jets.pt > _MIN_JET_PT), ("nbjet", tagged)):
        columns[name] = np.bincount(jets.event[counted], minlength=batch.events)[event].astype(np.int32)
    return event, columns
