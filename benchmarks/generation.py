"""Making events: fivesigma's simulation against a bare loop over Pythia with the same card, and two workers against one."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from table import print_row

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.generate import Generation

__all__ = ["compare_generations"]

REPEATS = 3
CARDS = {"higgs-4l": "zz", "dijet-anomaly": "qcd", "stop-four-body": "T2DegStop_450_420"}
SHARED = "dijet-anomaly"
LOOP = str(Path(__file__).parent / "sides" / "pythia_loop.py")


def compare_generations() -> None:
    """Print events a second as ratios: all that we do with them against Pythia alone, and two workers against one."""
    for recipe, name in CARDS.items():
        ours, batches, nothing = medians(partial(ours_and_bare, recipe, name))
        print_row(f"events of {name}", ours, batches, against="Pythia's nextBatch alone", unit="/s")
        print_row("  the same", ours, nothing, against="Pythia's next alone", unit="/s")
    two, one = medians(two_and_one)
    print_row(f"events of {CARDS[SHARED]}, two workers", two, one, against="one worker", unit="/s")


def medians(rates: Callable[[int], tuple[float, ...]]) -> list[float]:
    """Return the median of each of several rates, which are taken in turns with a seed of each turn."""
    return [statistics.median(column) for column in zip(*map(rates, range(REPEATS)), strict=True)]


def ours_and_bare(recipe: str, name: str, seed: int) -> tuple[float, float, float]:
    """Return generated events a second of one chunk of ours, detected, selected and written, and of two bare loops.

    All generate the same card's events, so their ratios are those of selected events a second too.
    """
    events, seconds = made(recipe, name, seed, workers=1)
    return events / seconds, *(events / looped(call, recipe, name, events, seed) for call in ("nextBatch", "next"))


def looped(call: str, recipe: str, name: str, events: int, seed: int) -> float:
    """Return how many seconds a bare loop takes, in a process of its own as ours is."""
    start = time.perf_counter()
    command = [sys.executable, LOOP, call, recipe, name, str(events), str(seed + 1)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def two_and_one(seed: int) -> tuple[float, float]:
    """Return generated events a second with two workers, a chunk each, and with one."""
    return tuple(n / s for n, s in (made(SHARED, CARDS[SHARED], seed, workers=workers) for workers in (2, 1)))


def made(recipe: str, name: str, seed: int, *, workers: int) -> tuple[int, float]:
    """Return how many events one chunk for each worker holds before selection, and how many seconds they took."""
    process = RECIPES[recipe].process(name).sliced()[0]
    with tempfile.TemporaryDirectory(prefix="fivesigma-bench-") as folder:
        generation = Generation(process=process, seed=seed, stream="benchmark", directory=Path(folder), workers=workers)
        start = time.perf_counter()
        chunks = generation.chunks(1)  # the first wave is a chunk for each worker, of which the first is returned
        seconds = time.perf_counter() - start
    return workers * chunks[0].generated, seconds
