"""How many parts a jet has: N-subjettiness, by FastJet's contributed package."""

from __future__ import annotations

from dataclasses import replace

from fivesigma.core.arrays import Floats
from fivesigma.simulation.objects.clustering import Clusters, n_jettiness
from fivesigma.simulation.objects.particles import Particles

__all__ = ["n_subjettiness"]


def n_subjettiness(clusters: Clusters, particles: Particles, *, radius: float, highest: int = 3) -> Floats:
    """Return τ1, τ2, ... of jets, shape (highest, m): how far their particles are from N axes.

    τN = Σ pt · min(ΔR to axis 1, ..., ΔR to axis N) / (Σ pt · R), arXiv:1011.2268, section 2.1, in rapidity and azimuth.
    The axes are the N subjets of the exclusive kt algorithm as they are, not moved to a minimum, so that τ(N+1) may be a
    little above τN. A jet of N particles or fewer has τN = 0.

    Parameters
    ----------
    clusters
        The jets.
    particles
        What they are made of.
    radius
        R, the radius the jets were made with.
    highest
        Largest N.
    """
    members = replace(particles.where(clusters.particle), event=clusters.jet)
    return n_jettiness(members, axes=highest, radius=radius)
