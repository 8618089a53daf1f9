"""Recipes on files of the originals' size, made by repeating the events that come with them.

    python benchmarks/originals.py heavy-higgs 6800000
    python benchmarks/originals.py dijet-anomaly 1000000

Prints how long the run takes from files to page, and the most memory that its processes hold together.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import psutil

from fivesigma.analysis.recipes import find_analysis

SETTINGS = {
    "heavy-higgs": (),
    # the trainings of pseudo-experiments are as many again for each of them
    "dijet-anomaly": ("inference.scan.null_experiments=0",),
}


def main() -> None:
    """Write the files, run the recipe on them, and print time and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=SETTINGS)
    parser.add_argument("rows", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], help="as `fivesigma run` takes it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = write(asked.recipe, asked.rows, Path(folder) / "data")
        command = [sys.executable, "-m", "fivesigma", "run", asked.recipe, "--data", f"{folder}/data"]
        command += ["--output", f"{folder}/run", "--workers", str(asked.workers)]
        command += [part for setting in (*SETTINGS[asked.recipe], *asked.set) for part in ("--set", setting)]
        seconds, megabytes = watched(command)
    print(f"{asked.recipe}: {asked.rows:,} rows, {size:.0f} MB of files: {seconds:.0f} s, {megabytes:.0f} MB of memory")


def write(recipe: str, rows: int, folder: Path) -> float:
    """Write the recipe's events again and again, in the originals' form, and return the files' size in MB."""
    folder.mkdir(parents=True)
    events = find_analysis(recipe).parent / "events"
    tables = {path.stem: pl.read_parquet(path).drop("id") for path in sorted(events.glob("*.parquet"))}
    times = -(-rows // sum(map(len, tables.values())))
    if recipe == "heavy-higgs":
        whole = pl.concat(
            [table.with_columns(FullEventWeight=pl.col("FullEventWeight") / times) for table in tables.values()]
        )
        with (folder / "MixData.csv").open("wb") as file:
            for number in range(times):
                whole.write_csv(file, include_header=number == 0)
    else:
        # a resonance, repeated, stays one; masses are smeared so that no event is another's double
        whole = pl.concat([tables["qcd"], tables["wprime"].head(200)]).drop("weight", "label")
        write_pandas(folder / "lhc_mystery_anomaly_data.h5", whole, rows)
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def write_pandas(path: Path, table: pl.DataFrame, rows: int) -> None:
    """Write rows of a table, repeated and smeared by one per mille, as pandas writes a frame."""
    generator = np.random.default_rng(1)
    repeated = np.resize(table.to_numpy(), (rows, table.width))
    repeated *= generator.normal(1, 1e-3, repeated.shape)
    pd.DataFrame(repeated, columns=table.columns).to_hdf(path, key="df")


def watched(command: list[str]) -> tuple[float, float]:
    """Return how many seconds a command takes, and the most memory in MB that it and its children hold together."""
    start, most = time.perf_counter(), 0.0
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, sum(map(resident, [process, *children(process)])))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, most / 1e6


def children(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes that a process started; none if it has ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def resident(process: psutil.Process) -> float:
    """Return the memory in bytes that a process holds, what it shares with others counted in part; 0 if it has ended."""
    try:
        return float(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0


if __name__ == "__main__":
    main()
