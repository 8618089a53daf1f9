"""Counting: the expected limits of 1,000 cuts, bands included, against pyhf's own root finding for a single one."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pyhf
from pyhf.infer.intervals.upper_limits import upper_limit as pyhf_limit
from table import print_row

from fivesigma.core.arrays import Floats
from fivesigma.inference.counting_scan import METHODS, Method, counting_scan

__all__ = ["compare_counts"]

CUTS, FEW, REPEATS = 1000, 10, 3
UNCERTAINTY = 0.1


def compare_counts() -> None:
    """Print times as ratios; stop if the asymptotic limits differ by more than a part in a thousand."""
    signal, background = np.linspace(60, 2, CUTS), np.geomspace(1000, 10, CUTS)
    some = slice(None, None, CUTS // FEW)
    bare = partial(looped, signal[some], background[some])
    ours = scanned("asymptotic", signal[some], background[some])
    np.testing.assert_allclose(ours, bare(), rtol=1e-3)
    one = seconds(bare) / FEW
    for method in METHODS:
        mine = min(seconds(partial(scanned, method, signal, background)) for _ in range(REPEATS))
        print_row(f"1,000 expected limits, {method}", 1e3 * mine, 1e3 * one, against="one by pyhf", unit="ms")


def scanned(method: Method, signal: Floats, background: Floats) -> Floats:
    """Return the band of each cut, shape (5, cuts), from one call."""
    return counting_scan(signal, background, background_uncertainty=UNCERTAINTY, method=method).limit_expected


def looped(signal: Floats, background: Floats) -> Floats:
    """Return the same from pyhf, cut by cut."""
    bands = []
    for s, b in zip(signal.tolist(), background.tolist(), strict=True):
        model = pyhf.simplemodels.uncorrelated_background([s], [b], [UNCERTAINTY * b])
        # data at the nominal background, so that profiling on them leaves it there
        _, band = pyhf_limit([b, *model.config.auxdata], model, None, level=0.05)
        bands.append([float(limit) for limit in band])
    return np.array(bands).T


def seconds(call: Callable[[], object]) -> float:
    """Return how much of a processor's time a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    compare_counts()
