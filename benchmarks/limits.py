"""A limit with its band, observed and expected, against pyhf's own root finding on the same model, in the same run."""

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyhf
from table import print_row

from fivesigma.core.arrays import Floats
from fivesigma.inference.limits import cls_limit
from fivesigma.inference.pyhf_engine import PyhfModel

__all__ = ["compare_limits"]

BINS, SYSTEMATICS, REPEATS = 20, 5, 5
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def compare_limits() -> None:
    """Print the time of a limit as a ratio; stop if the limits differ."""
    workspace = model_of(BINS, SYSTEMATICS)
    counts = np.asarray(workspace["observations"][0]["data"])
    mine, limits = best_of(REPEATS, lambda: ours(workspace, counts))
    theirs, reference = best_of(1, lambda: pyhfs(workspace, limits))
    np.testing.assert_allclose(limits, reference, rtol=1e-3)
    count = BINS + SYSTEMATICS + 1
    what = f"observed limit and band, {BINS} bins, {count} parameters"
    print_row(what, mine * 1e3, theirs * 1e3, against="pyhf's root finding", unit="ms")


def model_of(bins: int, systematics: int) -> dict[str, Any]:
    """Return a workspace: shapes and normalisations, the statistics of the simulation, data of a seed."""
    rng = np.random.default_rng(1)
    background, signal = np.linspace(100, 10, bins), np.linspace(0.5, 8, bins)
    modifiers: list[dict[str, Any]] = []
    for number in range(systematics):
        if number % 2:
            tilt = rng.normal(0, 0.05, bins)
            data = {"hi_data": (background * (1 + tilt)).tolist(), "lo_data": (background * (1 - tilt)).tolist()}
            modifiers.append({"name": f"s{number}", "type": "histosys", "data": data})
        else:
            modifiers.append({"name": f"s{number}", "type": "normsys", "data": {"hi": 1.1, "lo": 0.92}})
    simulated = {"name": "simulated", "type": "staterror", "data": (0.3 * np.sqrt(background)).tolist()}
    strength = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "signal", "data": signal.tolist(), "modifiers": [strength]},
        {"name": "background", "data": background.tolist(), "modifiers": [*modifiers, simulated]},
    ]
    return {
        "version": "1.0.0",
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": rng.poisson(background).astype(float).tolist()}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }


def ours(workspace: dict[str, Any], counts: Floats) -> list[float]:
    """Return observed and expected limits, the model built anew."""
    model = PyhfModel(workspace)
    limit = cls_limit(model, model.data({"region": counts}), nuisances="profiled")
    return [float(limit.observed or 0.0), *limit.expected]


def pyhfs(workspace: dict[str, Any], near: list[float]) -> list[float]:
    """Return the same from pyhf, its bracket as wide as its users would have it."""
    read = pyhf.Workspace(workspace)
    model = read.model(modifier_settings=CODES)
    bounds = [(0, 10.0)] if max(near) > 5 else [(0, 5.0)]
    model.config.par_map["mu"]["paramset"].suggested_bounds = bounds
    observed, expected = pyhf.infer.intervals.upper_limits.upper_limit(read.data(model), model, level=0.05, rtol=1e-4)
    return [float(observed), *map(float, expected)]


def best_of(repeats: int, call: Callable[[], list[float]]) -> tuple[float, list[float]]:
    """Return the least processor time of several calls, and what they return."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        times.append(time.process_time() - start)
    return min(times), result


if __name__ == "__main__":
    logging.getLogger("pyhf").setLevel(logging.WARNING)
    # raised where pyhf itself validates a workspace: only pyhf can mend it, and it would stand between the rows
    warnings.filterwarnings("ignore", message="jsonschema.RefResolver is deprecated", category=DeprecationWarning)
    compare_limits()
