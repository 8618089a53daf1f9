"""Reading event files: fivesigma against what one would type instead, each side in a process of its own, in turns."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import event_files
import numpy as np
from table import print_row

__all__ = ["compare_readers"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
REPEATS = 7


@dataclass(frozen=True)
class Cost:
    """What a side took: the median of its times, and the largest of its peaks of memory."""

    seconds: float
    megabytes: float


def compare_readers() -> None:
    """Print times and peak memory as ratios, reading three kinds of files that are made for it."""
    with tempfile.TemporaryDirectory(prefix="fivesigma-bench-") as folder:
        table, tenfold, flat, jagged = (Path(folder) / name for name in ("2m.csv", "20m.csv", "flat.root", "jets.root"))
        event_files.write_table(table)
        mine, polars, pandas = costs(table, ["csv_fivesigma", "csv_polars", "csv_pandas"])
        what = "2M rows of CSV, 2 cuts, weighted histogram"
        compare(what, mine, polars, "polars' lazy scan")
        compare(what, mine, pandas, "pandas")
        event_files.write_tenfold(tenfold, table)
        (large,) = costs(tenfold, ["csv_fivesigma"], repeats=1)
        tenfold.unlink()
        compare("20M rows of CSV, the same", large, mine, "ours of 2M rows")
        event_files.write_flat_tree(flat)
        compare("5M events of flat ROOT, the same", *costs(flat, ["flat_fivesigma", "flat_uproot"]), "uproot.iterate")
        event_files.write_jagged_tree(jagged)
        sides = costs(jagged, ["lists_fivesigma", "lists_awkward"])
        compare("500k events with lists, count(...) >= 4", *sides, "uproot and awkward")


def costs(path: Path, sides: Sequence[str], repeats: int = REPEATS) -> list[Cost]:
    """Return what each side takes, each time in a fresh process; all must find the same histogram."""
    taken = [[measured(side, path) for side in sides] for _ in range(repeats)]
    for one in taken[0][1:]:
        # sums in single precision, as numpy makes them of such weights, lose digits
        np.testing.assert_allclose(one["histogram"], taken[0][0]["histogram"], rtol=1e-3)
    return [
        Cost(statistics.median(one["seconds"] for one in mine), max(one["megabytes"] for one in mine))
        for mine in zip(*taken, strict=True)
    ]


def measured(side: str, path: Path) -> dict:
    """Return what a side measured of itself in a fresh process with one thread."""
    command = [sys.executable, str(Path(__file__).with_name("measure.py")), side, str(path)]
    environment = os.environ | dict.fromkeys(THREADS, "1")
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout)


def compare(what: str, ours: Cost, baseline: Cost, against: str) -> None:
    """Print the ratios of two costs."""
    print_row(what, ours.seconds * 1e3, baseline.seconds * 1e3, against=against, unit="ms")
    print_row("  peak memory", ours.megabytes, baseline.megabytes, against=against, unit="MB")
