"""The table of constants against what the papers that it imitates state."""

import math

import numpy as np
import pytest

from fivesigma.simulation.objects.detector import BOTTOM, DETECTOR, ELECTRON, FAT_JET, JET, MUON


def test_resolution_of_muons_is_the_published_one():
    # arXiv:1603.05598, abstract: 1.7 % for J/psi (pt around 10 GeV), 2.3 % for Z (around 45 GeV), 2.9 % at large eta
    pt, eta = np.array([10.0, 45.0, 20.0]), np.array([0.0, 0.0, 2.3])
    np.testing.assert_allclose(MUON.resolution_at(pt, eta), [0.017, 0.023, 0.029], atol=0.0005)


def test_muons_are_as_often_found_as_published():
    # arXiv:1603.05598, abstract: close to 99 % for |eta| < 2.5 and 5 < pt < 100 GeV
    np.testing.assert_allclose(MUON.efficiency_at(np.array([10.0, 50.0]), np.array([1.0, 2.0])), 0.99)


def test_electrons_are_as_often_found_as_published():
    # arXiv:1902.04655, abstract: loose identification 93 % efficient at 40 GeV
    assert ELECTRON.efficiency_at(np.array([40.0]), np.array([1.0])) == pytest.approx(0.93)


def test_resolution_of_jets_is_the_published_one():
    # arXiv:1607.03663, abstract: 15-20 % at 30 GeV, about 10 % at 100 GeV, 5 % at 1 TeV
    at_30, at_100, at_1000 = JET.resolution_at(np.array([30.0, 100.0, 1000.0]))
    assert 0.15 < at_30 < 0.21
    assert at_100 == pytest.approx(0.10, abs=0.005)
    assert at_1000 == pytest.approx(0.05, abs=0.003)


def test_resolution_of_fat_jets_is_the_published_one():
    # arXiv:1807.09477: 5 % of the energy and, with what the mass has of it, 9 % of the mass at 500 GeV
    (energy,) = FAT_JET.resolution_at(np.array([500.0]))
    assert energy == pytest.approx(0.05, abs=0.005)
    assert math.hypot(energy, FAT_JET.mass) == pytest.approx(0.09, abs=0.01)


def test_bottom_tagging_has_the_published_working_points():
    # arXiv:1712.07158, table 2, CSVv2: loose, medium and tight
    assert BOTTOM.thresholds == (0.5426, 0.8484, 0.9535)
    assert BOTTOM.bottom == (0.81, 0.63, 0.41)
    assert BOTTOM.charm == (0.37, 0.12, 0.022)
    assert BOTTOM.light == (0.089, 0.009, 0.001)


def test_the_detector_is_the_table():
    assert (DETECTOR.electron, DETECTOR.muon, DETECTOR.jet, DETECTOR.bottom) == (ELECTRON, MUON, JET, BOTTOM)
