"""Jets without their soft parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fivesigma.core.kinematics import pt_of
from fivesigma.simulation.objects.clustering import Clusters, kt
from fivesigma.simulation.objects.particles import Particles

__all__ = ["trimmed"]


def trimmed(clusters: Clusters, particles: Particles, *, radius: float, fraction: float) -> Clusters:
    """Return jets without those of their kt subjets that have less than a fraction of their pt (arXiv:0912.1342).

    They stay where they were: not quite in falling order of their new pt. A jet of so many parts that none has that
    fraction stays as it is.

    Parameters
    ----------
    clusters, particles
        The jets, and what they are made of.
    radius
        Of the subjets.
    fraction
        Smallest part of the jet's pt that a subjet needs to stay.
    """
    members = replace(particles.where(clusters.particle), event=clusters.jet)
    subjets = kt(members, radius=radius, min_pt=0.0)
    hard = pt_of(subjets.momentum) > fraction * pt_of(clusters.momentum)[subjets.event]
    hard |= np.bincount(subjets.event, weights=hard, minlength=len(clusters))[subjets.event] == 0
    kept = np.sort(subjets.particle[hard[subjets.jet]])
    jet = clusters.jet[kept]
    momentum = [np.bincount(jet, weights=each[kept], minlength=len(clusters)) for each in members.momentum]
    return Clusters(event=clusters.event, momentum=np.stack(momentum), jet=jet, particle=clusters.particle[kept])
