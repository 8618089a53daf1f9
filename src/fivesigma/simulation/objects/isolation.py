"""Leptons that stand alone: measured, with little else around them, and two of them in an event."""

from __future__ import annotations

import numpy as np

from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.dressing import cone_pt, dressed_leptons
from fivesigma.simulation.objects.leptons import Leptons, detect_leptons
from fivesigma.simulation.objects.pairing import ranked
from fivesigma.simulation.objects.particles import Batch

__all__ = ["isolated_leptons", "opposite_pairs"]

_TRUTH_MARGIN = 0.6
_CONE = 0.3
_MAX_FRACTION = 0.15


def isolated_leptons(
    batch: Batch, detector: Detector, random: np.random.Generator, *, min_pt: float, at_least: int
) -> tuple[Leptons, Leptons]:
    """Return the detected leptons with less than 15 % of their pt in other particles within ΔR < 0.3, and all detected ones.

    Much as the loose isolation of arXiv:1603.05598, section 6.

    Parameters
    ----------
    batch, detector, random
        The events, what sees them, and the source of its fluctuations.
    min_pt
        Smallest measured pt in GeV.
    at_least
        Events with fewer true leptons near this pt are not looked at.
    """
    true = dressed_leptons(batch.visible, min_pt=_TRUTH_MARGIN * detector.muon.min_pt, dressing=detector.dressing)
    hard = true.event[true.pt > _TRUTH_MARGIN * min_pt]
    true = true.where(np.bincount(hard, minlength=batch.events)[true.event] >= at_least)
    found = detect_leptons(true, detector.electron, detector.muon, random)
    leptons = found.where(found.pt > min_pt)
    around = cone_pt(leptons, batch.visible, radius=_CONE, dressing=detector.dressing)
    return leptons.where(around < _MAX_FRACTION * leptons.pt), found


def opposite_pairs(leptons: Leptons, *, events: int, min_pt: tuple[float, float]) -> tuple[Leptons, Leptons]:
    """Return the leading and the second lepton of each event with exactly two, of opposite charge and above these pt in GeV."""
    at, present = ranked(leptons.event, leptons.pt, events=events, count=3)
    exactly_two = present[1] & ~present[2]
    leading, second = (leptons.where(at[rank, exactly_two]) for rank in range(2))
    kept = (leading.pt > min_pt[0]) & (second.pt > min_pt[1]) & (leading.charge == -second.charge)
    return leading.where(kept), second.where(kept)
