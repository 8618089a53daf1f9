from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.correlation import correlations


def test_each_class_has_its_matrix_and_what_does_not_vary_has_none(make):
    dataset, _ = make()
    constant = dataset.X.copy()
    constant[:, 2] = 11
    signal, background, _ = correlations(replace(dataset, X=constant))
    assert (signal.name, background.name) == ("signal", "background")
    assert signal.features == ("useful", "flat", "type")
    assert_allclose(signal.matrix[0][0], 1)
    assert signal.matrix[2] == (None, None, None)
    mask = dataset.background
    expected = np.corrcoef(dataset.X[mask, 0], dataset.X[mask, 1])[0, 1]
    assert_allclose(background.matrix[0][1], expected, rtol=1e-4)


def test_observables_may_be_among_the_features_and_names_are_checked(toy):
    dataset, _ = toy
    signal, background, _ = correlations(dataset, features=["useful", "follower"])
    assert signal.features == ("useful", "follower")
    mask = dataset.background
    expected = np.corrcoef(dataset.X[mask, 0], dataset.observables["follower"][mask])[0, 1]
    assert_allclose(background.matrix[0][1], expected, rtol=1e-4)
    with pytest.raises(FivesigmaError, match="no input or observable 'folower'; did you mean follower"):
        correlations(dataset, features=["folower"])


def test_the_difference_of_the_classes_is_that_of_their_matrices(toy):
    dataset, _ = toy
    signal, background, difference = correlations(dataset, features=["useful", "follower", "mass"])
    assert difference.name == "signal − background"
    assert_allclose(difference.matrix, np.array(signal.matrix) - np.array(background.matrix))
    assert difference.matrix[1][1] == pytest.approx(0, abs=1e-12)
