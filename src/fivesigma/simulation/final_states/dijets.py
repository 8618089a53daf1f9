"""Two fat jets, in the columns of the LHC Olympics 2020 (arXiv:2101.08320): momenta, masses and N-subjettiness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.jets import Jets, detect_jets
from fivesigma.simulation.objects.pairing import ranked
from fivesigma.simulation.objects.particles import Batch
from fivesigma.simulation.objects.substructure import n_subjettiness

__all__ = ["DIJET_COLUMNS", "LEADING_PT", "MAX_ETA", "MIN_PT", "RADIUS", "dijets"]

RADIUS = 1.0
"""Of the jets."""

LEADING_PT = 1200.0
"""Smallest pt in GeV of the leading jet."""

MIN_PT = 200.0
"""Smallest pt in GeV of the other jet."""

MAX_ETA = 2.5
"""Largest |η| of both."""

_KINDS = ("px", "py", "pz", "m", "tau1", "tau2", "tau3")
DIJET_COLUMNS = tuple(f"{kind}j{rank}" for rank in (1, 2) for kind in _KINDS)
"""``pxj1`` ... ``tau3j1``, ``pxj2`` ... ``tau3j2``; j1 is the jet of larger pt."""

_MARGIN = 0.7  # a true pt so much below what is wanted is never measured as enough


def dijets(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with two fat jets: their numbers in the batch, shape (m,), and the columns of the leading two.

    Momenta and masses are measured ones, in GeV. τ1, τ2, τ3 are of the true particles and without a dimension: divided by
    Σ pt · R, see ``substructure``. So they are in the LHC Olympics' public files, but for jets near φ = ±π: there those
    files count distances the long way round, so that their τ reach 6 where 1 is about the largest that is possible. A jet
    of one particle, say a photon, has τ1 = 0: ratios of τ have to reckon with that, here as there.
    """
    particles = batch.visible.where(batch.visible.pt > detector.fat_jet_particle)
    particles = particles.where(np.abs(particles.eta) < MAX_ETA + RADIUS)
    clusters = anti_kt(particles, radius=RADIUS, min_pt=_MARGIN * MIN_PT)
    jets = detect_jets(clusters, batch, detector.fat_jet, detector.bottom, random)
    event, leading = _leading_two(jets, batch.events)
    chosen, back = np.unique(leading.cluster, return_inverse=True)
    taus = n_subjettiness(clusters.where(chosen), particles, radius=RADIUS, highest=3)[:, back]
    return event, _columns(leading, taus)


def _leading_two(jets: Jets, events: int) -> tuple[Ints, Jets]:
    """Return the events that pass, and their jets: the leading ones of all, then the others."""
    jets = jets.where((jets.pt > MIN_PT) & (np.abs(jets.eta) < MAX_ETA))
    leading, present = ranked(jets.event, jets.pt, events=events, count=2)
    two = np.flatnonzero(present[1])
    passing = two[jets.pt[leading[0, two]] > LEADING_PT]
    return passing, jets.where(leading[:, passing].ravel())


def _columns(jets: Jets, taus: Floats) -> dict[str, NDArray[np.generic]]:
    _, *momentum = four_momentum(jets.pt, jets.eta, jets.phi)
    values = np.stack([*momentum, jets.mass, *taus]).reshape(len(_KINDS), 2, -1).swapaxes(0, 1)
    return dict(zip(DIJET_COLUMNS, values.reshape(len(DIJET_COLUMNS), -1).astype(np.float32), strict=True))
