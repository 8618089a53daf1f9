from dataclasses import replace

import numpy as np
import pytest

from fivesigma.simulation.objects.detector import ELECTRON, MUON
from fivesigma.simulation.objects.leptons import Leptons, detect_leptons


def leptons(n, *, pt=40.0, eta=0.5, kind=13, charge=1):
    return Leptons(
        event=np.arange(n),
        pt=np.full(n, float(pt)),
        eta=np.full(n, float(eta)),
        phi=np.linspace(-3, 3, n),
        type=np.full(n, kind),
        charge=np.full(n, charge),
        true_pt=np.full(n, float(pt)),
        particle=np.arange(n),
    )


def seen(given, seed=1):
    return detect_leptons(given, ELECTRON, MUON, np.random.default_rng(seed))


def test_resolution_in_closed_form():
    # sqrt(0.1^2 / (40 cosh 0.5) + 0.007^2) and sqrt(0.0165^2 + (3.6e-4 * 45)^2)
    one = np.ones(1)
    assert ELECTRON.resolution_at(40 * one, 0.5 * one)[0] == pytest.approx(0.016453, rel=1e-4)
    assert MUON.resolution_at(45 * one, 0 * one)[0] == pytest.approx(0.023124, rel=1e-4)


@pytest.mark.parametrize(("kind", "response"), [(11, ELECTRON), (13, MUON)])
def test_measured_pt_has_the_mean_and_width_of_the_resolution(kind, response):
    n = 40_000
    found = seen(leptons(n, kind=kind))
    width = response.resolution_at(np.array([40.0]), np.array([0.5]))[0]
    pull = (found.pt / found.true_pt - 1) / width
    assert (found.true_pt == 40).all()
    assert pull.mean() == pytest.approx(0, abs=4 / np.sqrt(len(found)))
    assert pull.std() == pytest.approx(1, abs=4 / np.sqrt(2 * len(found)))


@pytest.mark.parametrize(
    ("kind", "pt", "eta", "efficiency"),
    [(11, 40, 0.5, 0.93), (11, 30, 2.0, 0.905), (11, 500, 0.0, 0.95), (13, 40, 0.5, 0.99), (13, 40, 0.05, 0.693)],
)
def test_found_fraction_is_the_efficiency(kind, pt, eta, efficiency):
    n = 20_000
    fraction = len(seen(leptons(n, kind=kind, pt=pt, eta=eta))) / n
    assert fraction == pytest.approx(efficiency, abs=4 * np.sqrt(efficiency * (1 - efficiency) / n))


@pytest.mark.parametrize(
    ("kind", "pt", "eta", "some"),
    [
        (11, 40, 2.46, True),
        (11, 40, 2.48, False),
        (13, 40, -2.69, True),
        (13, 40, -2.71, False),
        (11, 4.0, 0.5, False),
        (11, 6.0, 0.5, True),
        (13, 3.0, 0.5, False),
        (13, 4.0, 0.5, True),
    ],
)
def test_acceptance(kind, pt, eta, some):
    assert (len(seen(leptons(200, kind=kind, pt=pt, eta=eta))) > 0) == some


def test_thresholds_are_in_the_measured_pt():
    found = seen(leptons(4000, kind=11, pt=5.0))
    assert found.pt.min() > 5
    assert len(found) == pytest.approx(4000 * 0.5 * 0.6, rel=0.1)


def test_charge_is_wrong_as_often_as_stated_and_never_for_muons():
    n = 50_000
    edge = seen(leptons(n, kind=11, eta=2.0))
    wrong = np.mean(edge.charge == -1)
    assert wrong == pytest.approx(0.02, abs=4 * np.sqrt(0.02 / len(edge)))
    assert (seen(leptons(n, charge=-1)).charge == -1).all()


def test_directions_and_the_given_leptons_stay():
    given = leptons(100)
    before = given.pt.copy()
    found = seen(given)
    np.testing.assert_array_equal(given.pt, before)
    np.testing.assert_array_equal(found.phi, given.phi[found.event])
    np.testing.assert_array_equal(found.particle, found.event)


def test_a_seed_fixes_what_is_seen():
    assert seen(leptons(500), seed=3).pt.tolist() == seen(leptons(500), seed=3).pt.tolist()
    assert seen(leptons(500), seed=3).pt.tolist() != seen(leptons(500), seed=4).pt.tolist()


def test_no_leptons_are_no_leptons():
    assert len(seen(leptons(0))) == 0


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="pt has shape"):
        replace(leptons(3), pt=np.ones(2))
