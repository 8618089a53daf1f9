"""Merging cells for the largest expected significance, against brute force and closed forms."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.sensitivity_binning import Cells, best_mergings, expected_significance, settled
from fivesigma.statistics.significance import asimov_significance

cells_of = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 50), st.floats(0.1, 5)), min_size=2, max_size=7).filter(
    lambda parts: sum(s for s, _, _ in parts) > 0.1
)


def made(parts) -> Cells:
    signal, background, variances = np.asarray(parts, dtype=np.float64).T
    return Cells(signal=signal, background=background, variances=variances)


def brute_force(cells: Cells, count: int, floor: float, uncertainty: float) -> float | None:
    """Return the largest significance of all ways to merge cells into ``count`` bins; None if no way holds the floor."""
    best = None
    for inner in combinations(range(1, len(cells.signal)), count - 1):
        merged = cells.merged(np.array([0, *inner, len(cells.signal)]))
        if np.all((merged.background > 0) & (merged.background**2 >= floor * merged.variances)):
            z = float(expected_significance(merged.signal, merged.background, merged.variances, uncertainty))
            best = z if best is None else max(best, z)
    return best


@given(parts=cells_of, floor=st.floats(0.5, 30))
@settings(max_examples=60, deadline=None)
def test_the_merging_is_the_best_of_all(parts, floor):
    cells = made(parts)
    if brute_force(cells, 1, floor, 0.0) is None:
        with pytest.raises(FivesigmaError, match="below the"):
            best_mergings(cells, 4, floor=floor)
        return
    found = {merging.bins: merging for merging in best_mergings(cells, 4, floor=floor)}
    for count in range(1, 5):
        best = brute_force(cells, count, floor, 0.0)
        assert (best is None) == (count not in found)
        if best is not None:
            assert found[count].z == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_with_a_common_uncertainty_it_is_the_best_of_all_too(seed):
    generator = np.random.default_rng(seed)
    background = generator.uniform(5, 60, 7)
    variances = background * generator.uniform(
        0.05, 3, 7
    )  # uneven, or the uncertainty costs the same however one merges
    cells = Cells(signal=generator.uniform(0, 1, 7) * background, background=background, variances=variances)
    for merging in best_mergings(cells, 3, floor=10, background_uncertainty=0.3):
        assert merging.z == pytest.approx(brute_force(cells, merging.bins, 10, 0.3), rel=1e-6)


def test_one_bin_without_uncertainty_is_the_asimov_formula():
    z = expected_significance(np.array([20.0]), np.array([50.0]), np.array([100.0]))
    assert z == pytest.approx(1.482, rel=1e-3)  # G. Cowan's note of 2012, eq. 20, for 20 on 50 ± 10


def test_a_common_uncertainty_is_the_profile_likelihood():
    signal, background, relative = np.array([4.0, 15.0]), np.array([200.0, 40.0]), 0.15
    count = signal + background

    def twice_negative_log_ratio(shift):
        mean = background * (1 + shift[0])
        return 2 * np.sum(mean - count + count * np.log(count / mean)) + (shift[0] / relative) ** 2

    least = minimize(twice_negative_log_ratio, [0.0], tol=1e-12).fun
    known = np.full(2, 1e-12)  # of the simulation nothing is uncertain
    assert expected_significance(signal, background, known, relative) == pytest.approx(np.sqrt(least), rel=1e-6)


def test_cutting_a_flat_score_into_pieces_gains_nothing_against_a_common_uncertainty():
    one = expected_significance(np.array([20.0]), np.array([400.0]), np.array([1e-9]), 0.1)
    ten = expected_significance(np.full(10, 2.0), np.full(10, 40.0), np.full(10, 1e-9), 0.1)
    assert ten == pytest.approx(float(one), rel=1e-6)
    independent = np.sqrt(10 * asimov_significance(2.0, 40.0, 4.0) ** 2)  # the same 10 %, of each bin by itself
    assert independent > 1.5 * one


def test_bins_of_negative_signal_bring_nothing():
    z = expected_significance(np.array([-5.0, 20.0]), np.array([50.0, 50.0]), np.array([1.0, 1.0]))
    assert z == pytest.approx(float(asimov_significance(20.0, 50.0, 1.0)))


def test_no_bin_more_than_it_gains():
    background = np.full(20, 50.0)
    flat = Cells(signal=np.full(20, 1.0), background=background, variances=background / 100)
    assert settled(best_mergings(flat, 8)).bins == 1
    steep = Cells(signal=np.linspace(0, 4, 20) ** 2, background=background, variances=background / 100)
    mergings = best_mergings(steep, 8)
    chosen = settled(mergings)
    assert 1 < chosen.bins < 8
    assert mergings[chosen.bins].z < 1.01 * chosen.z
    assert chosen.z >= 1.01 * mergings[chosen.bins - 2].z
    assert settled(mergings, gain=0).bins == 8


@pytest.mark.parametrize("uncertainty", [0.0, 0.1])
@pytest.mark.parametrize("signal", [0.0, -0.1])
def test_without_signal_there_is_one_bin(signal, uncertainty):
    cells = Cells(signal=np.full(5, signal), background=np.full(5, 50.0), variances=np.full(5, 2.0))
    chosen = settled(best_mergings(cells, 4, background_uncertainty=uncertainty))
    assert (chosen.bins, chosen.z) == (1, 0)


def test_no_bins_are_refused():
    ones = np.ones(3)
    with pytest.raises(FivesigmaError, match="one bin or more, not 0"):
        best_mergings(Cells(signal=ones, background=ones, variances=ones), 0)
