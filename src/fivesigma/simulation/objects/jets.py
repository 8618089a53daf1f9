"""What a detector makes of jets: acceptance, energy resolution, and a score that tells bottom quarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.kinematics import delta_r, eta_of, mass_of, phi_of, pt_of
from fivesigma.simulation.objects.measured import Measured
from fivesigma.simulation.objects.pairing import nearest, pairs
from fivesigma.simulation.objects.particles import Batch, Particles

if TYPE_CHECKING:  # FastJet may not be installed where the table of the detector is only read
    from fivesigma.simulation.objects.clustering import Clusters

__all__ = ["BottomTagging", "JetResponse", "Jets", "detect_jets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Jets(Measured):
    """Jets of many events, in the order of the events: what `Measured` has, and more arrays of shape (n,).

    Attributes
    ----------
    mass
        In GeV.
    flavour
        5 with a bottom hadron in it, 4 with a charm hadron and no bottom one, 0 otherwise: the truth.
    score
        Between 0 and 1, the larger the more like a bottom quark's; 0 beyond the tracker.
    cluster
        Position of the jet among the clusters it was made from.
    """

    mass: Floats
    flavour: Ints
    score: Floats
    cluster: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class BottomTagging:
    """How well a score tells the jets of bottom quarks.

    Attributes
    ----------
    thresholds
        Cuts on the score that are published, rising.
    bottom, charm, light
        Fraction of jets of each flavour above each of them. Between the thresholds scores are spread evenly.
    max_eta
        |η| up to which jets have a score.
    min_hadron_pt, matching
        Smallest pt in GeV of a hadron that gives its flavour to a jet, and the largest ΔR between the two.
    """

    thresholds: tuple[float, ...]
    bottom: tuple[float, ...]
    charm: tuple[float, ...]
    light: tuple[float, ...]
    max_eta: float
    min_hadron_pt: float = 5.0
    matching: float = 0.4

    def scores(self, flavour: Ints, eta: Floats, random: np.random.Generator) -> Floats:
        """Return scores of jets, drawn so that the published fractions are above the published thresholds."""
        luck = random.random(len(flavour))
        score = np.zeros(len(flavour))
        for code, above in ((5, self.bottom), (4, self.charm), (0, self.light)):
            mine = (flavour == code) & (np.abs(eta) < self.max_eta)
            below = 1.0 - np.array([1.0, *above, 0.0])
            score[mine] = np.interp(luck[mine], below, (0.0, *self.thresholds, 1.0))
        return score


@dataclass(frozen=True, slots=True, kw_only=True)
class JetResponse:
    """What the detector makes of a jet.

    Attributes
    ----------
    max_eta
        Acceptance: largest |η|.
    noise, stochastic, constant
        Relative resolution of pt: noise/pt ⊕ stochastic/√pt ⊕ constant, in GeV; the mass is scaled with it.
    mass
        Relative resolution of the mass, beyond what it has of pt.
    """

    max_eta: float
    noise: float
    stochastic: float
    constant: float
    mass: float = 0.0

    def resolution_at(self, pt: Floats) -> Floats:
        """Return σ(pt)/pt."""
        return np.asarray(np.sqrt(np.square(self.noise / pt) + self.stochastic**2 / pt + self.constant**2))


def detect_jets(
    clusters: Clusters, batch: Batch, response: JetResponse, tagging: BottomTagging, random: np.random.Generator
) -> Jets:
    """Return the jets within the acceptance, with measured pt and mass, flavour and score.

    They stay in the order of the clusters: not quite in falling order of the measured pt.
    """
    pt, eta, phi = pt_of(clusters.momentum), eta_of(clusters.momentum), phi_of(clusters.momentum)
    shift = np.maximum(1 + response.resolution_at(pt) * random.standard_normal(len(pt)), 0.01)
    blur = np.maximum(1 + response.mass * random.standard_normal(len(pt)), 0.01)
    flavour = np.zeros(len(pt), dtype=np.int64)
    for code, hadrons in ((4, batch.charm), (5, batch.bottom)):
        flavour[_near(clusters.event, eta, phi, hadrons, tagging)] = code
    jets = Jets(
        event=clusters.event,
        pt=pt * shift,
        eta=eta,
        phi=phi,
        mass=mass_of(clusters.momentum) * shift * blur,
        flavour=flavour,
        score=tagging.scores(flavour, eta, random),
        true_pt=pt,
        cluster=np.arange(len(pt)),
    )
    return jets.where(np.abs(eta) < response.max_eta)


def _near(event: Ints, eta: Floats, phi: Floats, hadrons: Particles, tagging: BottomTagging) -> Ints:
    """Return the positions of the jets with such a hadron near; each hadron belongs to the nearest jet."""
    hadrons = hadrons.where(hadrons.pt > tagging.min_hadron_pt)
    hadron, jet = pairs(hadrons.event, event)
    distance = delta_r(hadrons.eta[hadron], hadrons.phi[hadron], eta[jet], phi[jet])
    near = nearest(hadron, distance)
    return jet[near[distance[near] < tagging.matching]]
