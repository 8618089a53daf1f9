"""Pythia's event record to dressed leptons."""

from __future__ import annotations

import awkward as ak
import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.kinematics import delta_r, eta_of, phi_of, pt_of
from fivesigma.simulation.detector import Leptons

__all__ = ["dressed_leptons"]


def dressed_leptons(events: ak.Array, *, first: int, min_pt: float, dressing: float) -> Leptons:
    """Return the final electrons and muons of events as ``Pythia.nextBatch`` gives them.

    Each photon is added to the nearest lepton if that is nearer than ``dressing`` in ΔR.

    Parameters
    ----------
    events
        The events, with the particles in field ``prt``.
    first
        Number of the first event; the others follow.
    min_pt
        Leptons of less pt, in GeV and before dressing, are left out.
    dressing
        Largest ΔR between a photon and its lepton.
    """
    final = events.prt[events.prt.status > 0]
    kind = np.abs(final.id)
    leptons = final[((kind == 11) | (kind == 13)) & (np.hypot(final.p.px, final.p.py) > min_pt)]
    number = np.repeat(np.arange(len(events)), ak.num(leptons).to_numpy())
    momenta = _momenta(leptons)
    _add_photons(momenta, number, final[kind == 22], dressing)
    pdg = ak.flatten(leptons.id).to_numpy().astype(np.int64)
    return Leptons(
        event=first + number,
        pt=pt_of(momenta),
        eta=eta_of(momenta),
        phi=phi_of(momenta),
        type=np.abs(pdg),
        charge=-np.sign(pdg),
    )


def _momenta(particles: ak.Array) -> Floats:
    """Return (E, px, py, pz), shape (4, n), of all particles of all events in a row."""
    return np.stack([ak.flatten(particles.p[name]).to_numpy() for name in ("e", "px", "py", "pz")])


def _add_photons(momenta: Floats, number: Ints, photons: ak.Array, dressing: float) -> None:
    """Add to each lepton, in place, the photons that belong to it; ``number`` says which event a lepton is of."""
    photon_momenta = _momenta(photons)
    photon_event = np.repeat(np.arange(len(photons)), ak.num(photons).to_numpy())
    start, end = np.searchsorted(number, photon_event, "left"), np.searchsorted(number, photon_event, "right")
    eta, phi = eta_of(momenta), phi_of(momenta)
    photon_eta, photon_phi = eta_of(photon_momenta), phi_of(photon_momenta)
    nearest, distance = np.zeros(len(start), dtype=np.int64), np.full(len(start), np.inf)
    for step in range(int((end - start).max(initial=0))):
        here = np.flatnonzero(start + step < end)
        lepton = start[here] + step
        separation = delta_r(eta[lepton], phi[lepton], photon_eta[here], photon_phi[here])
        nearer = separation < distance[here]
        distance[here[nearer]], nearest[here[nearer]] = separation[nearer], lepton[nearer]
    close = distance < dressing
    for component, photon in zip(momenta, photon_momenta, strict=True):
        np.add.at(component, nearest[close], photon[close])
