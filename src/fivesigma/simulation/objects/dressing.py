"""True leptons: the final electrons and muons with the photons around them, and what else lies close by."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import delta_r, eta_of, phi_of, pt_of
from fivesigma.simulation.objects.leptons import Leptons
from fivesigma.simulation.objects.pairing import nearest, pairs
from fivesigma.simulation.objects.particles import Particles

__all__ = ["cone_pt", "dressed_leptons", "outside_leptons"]


def dressed_leptons(visible: Particles, *, min_pt: float, dressing: float) -> Leptons:
    """Return the final electrons and muons of a batch, each with the photons that are nearest to it and near.

    Parameters
    ----------
    visible
        The particles of the batch.
    min_pt
        Leptons of less pt, in GeV and before dressing, are left out.
    dressing
        Largest ΔR between a photon and its lepton.
    """
    code = np.abs(visible.pdg)
    at = np.flatnonzero((code == 11) | (code == 13))
    at = at[pt_of(visible.momentum[:, at]) > min_pt]
    momenta = visible.momentum[:, at].copy()
    _add_photons(momenta, visible.event[at], visible.where(code == 22), dressing)
    pt = pt_of(momenta)
    return Leptons(
        event=visible.event[at],
        pt=pt,
        eta=eta_of(momenta),
        phi=phi_of(momenta),
        type=code[at],
        charge=-np.sign(visible.pdg[at]),
        true_pt=pt,
        particle=at,
    )


def cone_pt(leptons: Leptons, visible: Particles, *, radius: float, dressing: float) -> Floats:
    """Return the scalar sum of pt in GeV around each lepton, shape (n,): what isolation is about.

    Electrons, muons, and the photons that dress the lepton are not counted.
    """
    lepton, particle = pairs(leptons.event, visible.event)
    others = visible.where(particle)
    code = np.abs(others.pdg)
    distance = delta_r(leptons.eta[lepton], leptons.phi[lepton], others.eta, others.phi)
    counted = (distance < radius) & (code != 11) & (code != 13) & ~((code == 22) & (distance < dressing))
    return np.bincount(lepton[counted], weights=others.pt[counted], minlength=len(leptons)).astype(np.float64)


def outside_leptons(leptons: Leptons, visible: Particles, *, dressing: float) -> Bools:
    """Return which particles, shape (n,), are neither one of the leptons nor a photon that dresses one: jets are made of these."""
    outside = np.ones(len(visible), dtype=np.bool_)
    outside[leptons.particle] = False
    photons = np.flatnonzero(visible.pdg == 22)
    lepton, photon = pairs(leptons.event, visible.event[photons])
    photon = photons[photon]
    near = visible.where(photon)
    distance = delta_r(leptons.eta[lepton], leptons.phi[lepton], near.eta, near.phi)
    outside[photon[distance < dressing]] = False
    return outside


def _add_photons(momenta: Floats, event: Ints, photons: Particles, dressing: float) -> None:
    """Add to each lepton, in place, the photons that belong to it; ``event`` says which event a lepton is of."""
    photon, lepton = pairs(photons.event, event)
    eta, phi = eta_of(momenta), phi_of(momenta)
    near = photons.where(photon)
    distance = delta_r(eta[lepton], phi[lepton], near.eta, near.phi)
    close = nearest(photon, distance)
    close = close[distance[close] < dressing]
    for component, added in zip(momenta, photons.momentum[:, photon[close]], strict=True):
        np.add.at(component, lepton[close], added)
