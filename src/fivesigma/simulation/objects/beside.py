"""Jets of what is left beside chosen leptons."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.dressing import outside_leptons
from fivesigma.simulation.objects.jets import Jets, detect_jets
from fivesigma.simulation.objects.leptons import Leptons
from fivesigma.simulation.objects.missing_momentum import lost_muons
from fivesigma.simulation.objects.particles import Batch

__all__ = ["jets_beside"]


def jets_beside(
    leptons: Leptons,
    found: Leptons,
    batch: Batch,
    detector: Detector,
    random: np.random.Generator,
    *,
    clustered: Bools,
    radius: float,
    min_pt: float,
) -> Jets:
    """Return the measured anti-kt jets of all but the leptons and the muons that were not found.

    Parameters
    ----------
    leptons, found
        Those that are in no jet, and all that were found.
    batch, detector, random
        The events, what sees them, and the source of its fluctuations.
    clustered
        Which of the visible particles may be in jets at all, shape (n,): it saves the time of events that are given up.
    radius, min_pt
        Of the jets; their smallest true pt is in GeV.
    """
    visible = batch.visible
    rest = clustered & outside_leptons(leptons, visible, dressing=detector.dressing) & ~lost_muons(found, visible)
    clusters = anti_kt(visible.where(rest), radius=radius, min_pt=min_pt)
    return detect_jets(clusters, batch, detector.jet, detector.bottom, random)
