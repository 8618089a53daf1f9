"""What one task of a scan costs with the number of events: seconds, memory, and bytes of its result.

python benchmarks/scan_tasks.py 70000 1000000 10000000
"""

import multiprocessing
import sys
import time

import numpy as np
from memory import peak_megabytes

from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.weak_training import TrainingTask, train_members
from fivesigma.searches.anomaly.windows import mass_windows


def main() -> None:
    """Print a line for each number of events, measured in a process of its own."""
    print("    events   arrays [MB]   seconds   memory beyond [MB]   result [MB]")
    for events in map(int, sys.argv[1:] or ["70000", "1000000"]):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            arrays, seconds, memory, result = pool.apply(measured, (events,))
        print(f"{events:10} {arrays:13.1f} {seconds:9.2f} {memory:20.0f} {result:13.2f}", flush=True)


def measured(events: int) -> tuple[float, float, float, float]:
    """Train one estimator of one window; return the arrays' size, seconds, memory beyond them, and its result's size, in MB."""
    generator = np.random.default_rng(1)
    shared = {
        "mass": np.minimum(2600 + generator.exponential(700, events), 8599.0),
        "X": generator.standard_normal((events, 4), dtype=np.float32),
        "fold": (np.arange(events) % 5).astype(np.int8),
    }
    options = ScanOptions(range=(2600.0, 8600.0))
    (window,) = mass_windows([3500.0], width=400, sideband=400, within=options.range)
    train_members(
        TrainingTask(window=window, jobs=((0, 0),), options=options), {k: v[:20_000] for k, v in shared.items()}
    )
    before, start = peak_megabytes(), time.perf_counter()
    (member,) = train_members(TrainingTask(window=window, jobs=((0, 0),), options=options), shared)
    seconds = time.perf_counter() - start
    size = sum(array.nbytes for array in shared.values())
    return size / 1e6, seconds, peak_megabytes() - before, member.score.nbytes / 1e6


if __name__ == "__main__":
    main()
