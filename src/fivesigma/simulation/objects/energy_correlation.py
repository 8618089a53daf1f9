"""Energy correlation in jets: D2, which is small where a jet has two hard parts."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.kinematics import delta_phi, phi_of, pt_of
from fivesigma.simulation.objects.clustering import Clusters
from fivesigma.simulation.objects.particles import Particles

__all__ = ["d2"]

_AT_ONCE = 64


def d2(clusters: Clusters, particles: Particles) -> Floats:
    """Return D2 of jets for β = 1, shape (m,): arXiv:1409.6298, eq. 3, with the correlators of arXiv:1305.0007, eq. 1.

    D2 = ECF3 · ECF1³ / ECF2³, where ECF2 = Σ pt pt ΔR over the pairs and ECF3 = Σ pt pt pt ΔR ΔR ΔR over the triples of the
    jet's particles, and ΔR is in rapidity and azimuth. A jet of one particle has no D2: it gets 0, as one of two does.

    Parameters
    ----------
    clusters
        The jets.
    particles
        What they are made of.
    """
    size = np.bincount(clusters.jet, minlength=len(clusters))
    first = np.cumsum(size) - size
    result = np.zeros(len(clusters))
    by_size = np.argsort(size, kind="stable")
    for jets in np.split(by_size, range(_AT_ONCE, len(by_size), _AT_ONCE)):
        width = np.arange(size[jets].max(initial=0))
        there = width < size[jets, np.newaxis]
        members = clusters.particle[np.where(there, first[jets, np.newaxis] + width, 0)]
        momentum = particles.momentum[:, members]
        result[jets] = _d2(
            np.where(there, pt_of(momentum), 0.0), np.arctanh(momentum[3] / momentum[0]), phi_of(momentum)
        )
    return result


def _d2(pt: Floats, rapidity: Floats, phi: Floats) -> Floats:
    """Return D2 of jets whose particles have these coordinates, shapes (m, k); those of no pt do not count.

    With the matrix M = √(pt pt) ΔR the sum over triples is tr(M³)/6: every triple is met six times, and none with itself.
    """
    distance = np.hypot(
        rapidity[:, :, np.newaxis] - rapidity[:, np.newaxis], delta_phi(phi[:, :, np.newaxis], phi[:, np.newaxis])
    )
    root = np.sqrt(pt)
    matrix = root[:, :, np.newaxis] * distance * root[:, np.newaxis]
    pairs = np.einsum("ai,aij,aj->a", root, matrix, root) / 2
    triples = np.einsum("aij,aij->a", matrix @ matrix, matrix) / 6
    result = np.zeros(len(pt))
    np.divide(triples * pt.sum(axis=1) ** 3, pairs**3, out=result, where=pairs > 0)
    return result
