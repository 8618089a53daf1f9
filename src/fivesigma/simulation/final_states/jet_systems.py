"""What the leading jets of an event make together: pairs, triplets, and sums over them.

Definitions are those of the searches for tt̄Z in arXiv:1901.03584, as the ATLAS open data's exercise about it spells them out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import delta_r, eta_of, four_momentum, mass_of, phi_of, pt_of
from fivesigma.simulation.objects.jets import Jets
from fivesigma.simulation.objects.pairing import ranked

__all__ = [
    "JetTable",
    "best_tagged",
    "boson_pair_count",
    "centrality",
    "closest_pair_mass",
    "leading_jets",
    "mean_separation",
    "top_candidate_count",
    "unlikely_tagged",
    "w_mass_average",
]

_BOSON_MASS, _BOSON_WINDOW = 85.0, 30.0
_W_MASS, _TOP_MASS, _TOP_WINDOW = 80.0, 172.5, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JetTable:
    """The leading k jets of n events, in falling order of pt; zeros where an event has fewer.

    Attributes
    ----------
    momentum
        (E, px, py, pz) in GeV, shape (4, k, n).
    present
        Whether there is such a jet, shape (k, n).
    score
        Bottom-tagging score, shape (k, n); below that of any jet where there is none.
    tagged
        Whether a jet counts as one of a bottom quark, shape (k, n).
    """

    momentum: Floats
    present: Bools
    score: Floats
    tagged: Bools

    def where(self, events: Bools | Ints) -> JetTable:
        """Return the jets of the events that a mask or a list of positions picks."""
        return JetTable(
            momentum=self.momentum[:, :, events],
            present=self.present[:, events],
            score=self.score[:, events],
            tagged=self.tagged[:, events],
        )

    @property
    def pairs(self) -> Bools:
        """Which pairs of ranks there are, each once, shape (k, k, n)."""
        upper = np.triu(np.ones((len(self.present),) * 2, dtype=np.bool_), 1)
        return np.asarray(upper[:, :, np.newaxis] & self.present[:, np.newaxis] & self.present)

    @property
    def pair_mass(self) -> Floats:
        """Mass in GeV of each pair, shape (k, k, n)."""
        return mass_of(self.momentum[:, :, np.newaxis] + self.momentum[:, np.newaxis])

    @property
    def separation(self) -> Floats:
        """ΔR of each pair, shape (k, k, n); without meaning where there is no such pair."""
        eta, phi = np.zeros(self.present.shape), np.zeros(self.present.shape)
        eta[self.present] = eta_of(self.momentum[:, self.present])
        phi[self.present] = phi_of(self.momentum[:, self.present])
        return delta_r(eta[:, np.newaxis], phi[:, np.newaxis], eta, phi)

    def at(self, rank: Ints) -> Floats:
        """Return the momenta of the jets of these ranks, shape (4, ...), from ranks of shape (..., n)."""
        return np.asarray(self.momentum[:, rank, np.arange(rank.shape[-1])])


def leading_jets(jets: Jets, *, events: int, count: int, threshold: float) -> JetTable:
    """Return so many leading jets of each event; those above a threshold of the score are tagged."""
    at, present = ranked(jets.event, jets.pt, events=events, count=count)
    momentum, score = np.zeros((4, *at.shape)), np.full(at.shape, -1.0)
    found = jets.where(at[present])
    momentum[:, present] = four_momentum(found.pt, found.eta, found.phi, found.mass)
    score[present] = found.score
    return JetTable(momentum=momentum, present=present, score=score, tagged=score > threshold)


def boson_pair_count(jets: JetTable) -> Ints:
    """Return the number of pairs within 30 GeV of 85 GeV, between the masses of W and Z, shape (n,)."""
    near = np.abs(jets.pair_mass - _BOSON_MASS) < _BOSON_WINDOW
    return np.asarray(np.count_nonzero(near & jets.pairs, axis=(0, 1)))


def top_candidate_count(jets: JetTable) -> Ints:
    """Return the number of triplets of one tagged jet and two others that look like a top quark, shape (n,).

    The triplet is within 15 GeV of 172.5 GeV, the two others are within 15 GeV of 80 GeV.
    """
    pair = jets.momentum[:, :, np.newaxis] + jets.momentum[:, np.newaxis]
    light = jets.pairs & ~jets.tagged[:, np.newaxis] & ~jets.tagged & (np.abs(mass_of(pair) - _W_MASS) < _TOP_WINDOW)
    triplet = mass_of(jets.momentum[:, :, np.newaxis, np.newaxis] + pair[:, np.newaxis])
    top = jets.tagged[:, np.newaxis, np.newaxis] & light & (np.abs(triplet - _TOP_MASS) < _TOP_WINDOW)
    return np.asarray(np.count_nonzero(top, axis=(0, 1, 2)))


def closest_pair_mass(jets: JetTable) -> Floats:
    """Return the mass in GeV of the pair with the smallest ΔR, shape (n,); every event needs two jets."""
    count, events = jets.present.shape
    distance = np.where(jets.pairs, jets.separation, np.inf).reshape(count**2, events)
    return np.asarray(jets.pair_mass.reshape(count**2, events)[np.argmin(distance, axis=0), np.arange(events)])


def mean_separation(jets: JetTable) -> Floats:
    """Return the mean ΔR of all pairs, shape (n,); every event needs two jets."""
    return np.asarray(np.mean(jets.separation, axis=(0, 1), where=jets.pairs))


def centrality(jets: JetTable) -> Floats:
    """Return the scalar sum of pt over the sum of energies, shape (n,); every event needs a jet."""
    return np.asarray(pt_of(jets.momentum).sum(axis=0) / jets.momentum[0].sum(axis=0))


def best_tagged(jets: JetTable) -> Ints:
    """Return the ranks of the two jets of largest score, shape (2, n); every event needs two jets."""
    return np.argsort(-jets.score, axis=0, kind="stable")[:2]


def unlikely_tagged(jets: JetTable) -> Ints:
    """Return the ranks of the leading two of all but the jets of `best_tagged`, shape (2, n); every event needs four jets."""
    best = np.zeros(jets.present.shape, dtype=np.bool_)
    np.put_along_axis(best, best_tagged(jets), True, axis=0)
    return np.argsort(best, axis=0, kind="stable")[:2]


def w_mass_average(jets: JetTable) -> Floats:
    """Return the mean in GeV of the two likest pair masses of two three-jet systems, shape (n,); 0 with fewer than six jets.

    The first system is the leading jet and the two nearest to it; the second is the leading one of the rest and the two
    of the rest that are nearest to that. One pair is of the first, the other of the second system.
    """
    events = np.arange(jets.present.shape[1])
    free, distance, mass = jets.present.copy(), jets.separation, jets.pair_mass
    systems = []
    for _ in range(2):
        first = np.argmax(free, axis=0)
        members = [first]
        free[first, events] = False
        for _ in range(2):
            members.append(np.argmin(np.where(free, distance[first, :, events].T, np.inf), axis=0))
            free[members[-1], events] = False
        a, b, c = members
        systems.append(np.stack([mass[i, j, events] for i, j in ((a, b), (a, c), (b, c))]))
    one, other = systems[0][:, np.newaxis], systems[1][np.newaxis]
    likest = np.argmin(np.abs(one - other).reshape(9, -1), axis=0)
    average = ((one + other) / 2).reshape(9, -1)[likest, events]
    return np.where(np.count_nonzero(jets.present, axis=0) >= 6, average, 0.0)
