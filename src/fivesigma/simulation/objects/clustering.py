"""Particles to jets, by FastJet (arXiv:1111.6097): the only module that imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import awkward as ak
import fastjet
import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.kinematics import pt_of
from fivesigma.simulation.objects.particles import Particles

__all__ = ["Clusters", "anti_kt", "kt", "n_jettiness"]

_FASTJET_NAMES = ("E", "px", "py", "pz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Jets of true particles, flat, in the order of the events and in each of falling pt.

    Attributes
    ----------
    event
        Number in the batch of the event that a jet belongs to, shape (m,).
    momentum
        (E, px, py, pz) in GeV, shape (4, m).
    jet, particle
        Which particle went into which jet: positions of jets and of the particles that were clustered, shape (k,),
        jet by jet.
    """

    event: Ints
    momentum: Floats
    jet: Ints
    particle: Ints

    def __len__(self) -> int:
        return len(self.event)

    def where(self, positions: Ints) -> Clusters:
        """Return the jets at these rising positions."""
        mine = np.isin(self.jet, positions)
        return Clusters(
            event=self.event[positions],
            momentum=self.momentum[:, positions],
            jet=np.searchsorted(positions, self.jet[mine]),
            particle=self.particle[mine],
        )


def anti_kt(particles: Particles, *, radius: float, min_pt: float) -> Clusters:
    """Return the anti-kt jets (arXiv:0802.1189) of each event above a pt in GeV."""
    return _clusters(particles, fastjet.JetDefinition(fastjet.antikt_algorithm, radius), min_pt)


def kt(particles: Particles, *, radius: float, min_pt: float) -> Clusters:
    """Return the kt jets (hep-ph/9305266) of each event above a pt in GeV: what soft radiation gathers in."""
    return _clusters(particles, fastjet.JetDefinition(fastjet.kt_algorithm, radius), min_pt)


def n_jettiness(events: Particles, *, axes: int, radius: float) -> Floats:
    """Return the normalised N-jettiness, β = 1, of each event that has a particle for N = 1 ... axes, shape (axes, m).

    The axes are N exclusive kt jets; see ``substructure``, which takes jets for events.
    """
    if not len(events):
        return np.zeros((axes, 0))
    sequence = _sequence(events, fastjet.JetDefinition(fastjet.kt_algorithm, radius))
    taus = sequence.njettiness("NormalizedMeasure", "KT_Axes", list(range(1, axes + 1)), 1.0, radius)
    return np.ascontiguousarray(taus.to_numpy().T)


def _sequence(particles: Particles, definition: fastjet.JetDefinition) -> Any:
    count = np.unique(particles.event, return_counts=True)[1]
    fields = dict(zip(_FASTJET_NAMES, particles.momentum, strict=True))
    events = ak.zip({name: ak.unflatten(values, count) for name, values in fields.items()}, with_name="Momentum4D")
    return fastjet.ClusterSequence(events, definition)


def _clusters(particles: Particles, definition: fastjet.JetDefinition, min_pt: float) -> Clusters:
    events, first = np.unique(particles.event, return_index=True)
    if not len(events):
        none = np.zeros(0, dtype=np.int64)
        return Clusters(event=none, momentum=np.zeros((4, 0)), jet=none, particle=none)
    sequence = _sequence(particles, definition)
    jets = sequence.inclusive_jets(min_pt=min_pt)
    members = sequence.constituent_index(min_pt=min_pt)
    per_event, per_jet = ak.num(jets.px).to_numpy(), ak.flatten(ak.num(members, axis=2)).to_numpy()
    event = np.repeat(np.arange(len(events)), per_event)
    momentum = np.stack([ak.flatten(jets[name]).to_numpy() for name in _FASTJET_NAMES])
    order = np.lexsort((-pt_of(momentum), event))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    jet = np.repeat(place, per_jet)
    particle = ak.flatten(members, axis=None).to_numpy() + np.repeat(first[event], per_jet)
    by_jet = np.argsort(jet, kind="stable")
    return Clusters(event=events[event[order]], momentum=momentum[:, order], jet=jet[by_jet], particle=particle[by_jet])
