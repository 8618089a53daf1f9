from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import eta_of, four_momentum, phi_of, pt_of
from fivesigma.simulation.objects.detector import DETECTOR, ELECTRON, MISSING, MUON
from fivesigma.simulation.objects.dressing import dressed_leptons, outside_leptons
from fivesigma.simulation.objects.leptons import detect_leptons, measured_beside
from fivesigma.simulation.objects.particles import Batch, Particles

pytest.importorskip("fastjet")
from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.jets import detect_jets
from fivesigma.simulation.objects.missing_momentum import MissingMomentumResponse, missing_momentum

EXACT = MissingMomentumResponse(max_eta=5.0, soft=0.0)
PERFECT_JET = replace(DETECTOR.jet, noise=0.0, stochastic=0.0, constant=0.0)


def batch(*events):
    """A batch of events, each a list of (pdg, pt, eta, phi)."""
    rows = [(number, *each) for number, event in enumerate(events) for each in event]
    event, pdg, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 5).T
    visible = Particles(event=event.astype(int), pdg=pdg.astype(int), momentum=four_momentum(pt, eta, phi))
    none = visible.where(np.zeros(0, dtype=int))
    return Batch(events=len(events), visible=visible, bottom=none, charm=none)


def all_leptons(given):
    return dressed_leptons(given.visible, min_pt=1.0, dressing=0.1)


def jets(given, leptons, response=PERFECT_JET, seed=1):
    rest = given.visible.where(outside_leptons(leptons, given.visible, dressing=0.1))
    clusters = anti_kt(rest, radius=0.4, min_pt=15.0)
    return detect_jets(clusters, given, response, DETECTOR.bottom, np.random.default_rng(seed))


def missing(given, leptons, found, response=EXACT, seed=2):
    size, phi = missing_momentum(given, leptons, found, response, np.random.default_rng(seed))
    return size * np.cos(phi), size * np.sin(phi)


def balanced(seed, invisible, count=30):
    """An event of balanced transverse momentum, of which the first particles are invisible: the others, and minus their sum."""
    random = np.random.default_rng(seed)
    pt, phi = random.exponential(20, count), random.uniform(-np.pi, np.pi, count)
    momentum = four_momentum(pt, random.uniform(-3, 3, count), phi)
    rest = -momentum.sum(axis=1)
    pdg = [*random.choice([11, -13, 22, 211, 130], count), 211]
    pts, etas, phis = [*pt, np.hypot(*rest[1:3])], [*eta_of(momentum), 0.1], [*phi, np.arctan2(rest[2], rest[1])]
    event = list(zip(pdg, pts, etas, phis, strict=True))
    return event[invisible:], momentum[1:3, :invisible].sum(axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_measured_exactly_it_is_what_is_invisible(seed):
    events, hidden = zip(
        *(balanced(10 * seed + number, invisible) for number, invisible in enumerate([0, 1, 3])), strict=True
    )
    given = batch(*events)
    leptons = all_leptons(given)
    np.testing.assert_allclose(missing(given, leptons, jets(given, leptons)), np.transpose(hidden), atol=1e-6)


def test_size_and_azimuth_of_one_neutrino():
    given = batch([(211, 50, 0.5, 1.0)])
    leptons = all_leptons(given)
    size, phi = missing_momentum(given, leptons, jets(given, leptons), EXACT, np.random.default_rng(1))
    assert size[0] == pytest.approx(50)
    assert phi[0] == pytest.approx(1.0 - np.pi)


def test_a_lost_muon_is_missing_and_a_lost_electron_is_not():
    given = batch(*([(pdg, 40, 0.3, 0.5), (211, 40, -0.3, 0.5 - np.pi)] for pdg in (13, 11)))
    leptons = all_leptons(given)
    lost = leptons.where(np.zeros(len(leptons), dtype=bool))
    found = jets(given, leptons)
    np.testing.assert_allclose(np.hypot(*missing(given, leptons, found)), [0, 0], atol=1e-9)
    np.testing.assert_allclose(np.hypot(*missing(given, lost, found)), [40, 0], atol=1e-9)


def test_what_is_too_far_forward_is_missing():
    given = batch([(211, 30, 4.9, 0.0), (211, 30, 5.1, np.pi)])
    leptons = all_leptons(given)
    assert np.hypot(*missing(given, leptons, jets(given, leptons)))[0] == pytest.approx(30)


def test_what_flies_along_the_beam_takes_nothing_away():
    given = batch([(211, 30, 0.0, 0.0)])
    beam = Particles(
        event=np.zeros(1, dtype=int), pdg=np.array([2212]), momentum=np.array([[7.0], [0.0], [0.0], [7.0]])
    )
    both = Particles(
        event=np.zeros(2, dtype=int),
        pdg=np.array([211, 2212]),
        momentum=np.concatenate([given.visible.momentum, beam.momentum], axis=1),
    )
    given = replace(given, visible=both)
    leptons = all_leptons(given)
    assert np.hypot(*missing(given, leptons, jets(given, leptons)))[0] == pytest.approx(30)


def test_it_moves_with_what_was_measured_of_leptons_and_jets():
    events = [balanced(seed, 0)[0] for seed in range(20)]
    given = batch(*events)
    leptons = detect_leptons(all_leptons(given), ELECTRON, MUON, np.random.default_rng(3))
    found = jets(given, leptons, DETECTOR.jet)
    assert len(leptons) > 20
    assert len(found) > 20
    px, py = missing(given, leptons, found)
    for event in range(20):
        expected = np.zeros(2)
        for i in np.flatnonzero(given.visible.event == event):
            if abs(given.visible.pdg[i]) != 13 or i in leptons.particle:
                expected -= given.visible.momentum[1:3, i]
        for measured in (leptons, found):
            for i in np.flatnonzero(measured.event == event):
                shift = measured.pt[i] - measured.true_pt[i]
                expected -= shift * np.array([np.cos(measured.phi[i]), np.sin(measured.phi[i])])
        assert [px[event], py[event]] == pytest.approx(expected, abs=1e-9)


def test_the_rest_is_blurred_as_stated_in_each_component():
    n = 10_000
    given = batch(*([(211, 100, 0.0, 0.0)] for _ in range(n)))
    leptons = all_leptons(given)
    px, py = missing(given, leptons, jets(given, leptons), MISSING)
    for component, mean in ((px, -100), (py, 0)):
        assert component.mean() == pytest.approx(mean, abs=4 * MISSING.soft / np.sqrt(n))
        assert component.std() == pytest.approx(MISSING.soft, rel=4 / np.sqrt(2 * n))


@pytest.mark.parametrize("events", [(), ([],), ([], [(211, 5, 0, 0)], [])], ids=["none", "empty", "sparse"])
def test_events_without_anything_have_nothing_missing(events):
    given = batch(*events)
    leptons = all_leptons(given)
    size, phi = missing_momentum(given, leptons, jets(given, leptons), EXACT, np.random.default_rng(1))
    assert size.shape == phi.shape == (len(events),)
    np.testing.assert_allclose(size, [5.0 if event else 0.0 for event in events])


def test_a_jet_that_is_measured_twice_as_hard_leaves_as_much_missing():
    given = batch([(211, 50, 0.0, 0.0), (211, 50, 0.0, np.pi)])
    leptons = all_leptons(given)
    found = jets(given, leptons)
    first = pt_of(given.visible.momentum)[0]
    doubled = replace(found, pt=np.where(np.abs(found.phi) < 1, 2 * found.pt, found.pt))
    px, _ = missing(given, leptons, doubled)
    assert px[0] == pytest.approx(-first)
    assert phi_of(given.visible.momentum)[0] == 0


def test_a_muon_within_a_jet_is_neither_missing_nor_counted_twice():
    """It was found with a wrong pt, but does not stand alone: the jet has it, and what was found of it says nothing more."""
    given = batch([(211, 60, 0.3, 0.5), (13, 20, 0.35, 0.55), (211, 80, -0.3, 0.5 - np.pi)])
    true = all_leptons(given)
    found = replace(true, pt=2 * true.pt)
    alone = found.where(np.zeros(len(found), dtype=bool))
    balance = missing(given, measured_beside(alone, found), jets(given, alone))
    np.testing.assert_allclose(balance, -given.visible.momentum[1:3].sum(axis=1)[:, np.newaxis], atol=1e-9)
    # the faults that this is about: as if the muon were lost, and as if it stood alone
    for wrong in (alone, found):
        assert np.hypot(*np.subtract(missing(given, wrong, jets(given, alone)), balance))[0] == pytest.approx(
            20, rel=0.01
        )
