"""Event files as searches have them, made from a seed: a table of text, a flat ROOT tree, and one with lists."""

from collections.abc import Iterator
from pathlib import Path

import awkward as ak
import numpy as np
import polars as pl
import uproot

__all__ = ["write_flat_tree", "write_jagged_tree", "write_table", "write_tenfold"]

CHUNK = 250_000
COMPRESSION = uproot.ZSTD(3)


def chunks(events: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Yield how many events there are in each chunk, and what makes their numbers."""
    for chunk in range(events // CHUNK):
        yield CHUNK, np.random.default_rng([1, chunk])


def falling(generator: np.random.Generator, start: float, mean: float, size: int) -> np.ndarray:
    """Return a falling spectrum from ``start`` on, in single precision as ntuples have it."""
    return (start + generator.exponential(mean - start, size)).astype(np.float32)


def write_table(path: Path, rows: int = 2_000_000) -> None:
    """Write the table of a search in two leptons and a fat jet, in MeV."""
    with path.open("wb") as file:
        for n, generator in chunks(rows):
            columns = {
                "lep1_pt": falling(generator, 27e3, 90e3, n),
                "lep2_pt": falling(generator, 20e3, 45e3, n),
                "fatjet_pt": falling(generator, 200e3, 350e3, n),
                "fatjet_eta": generator.normal(0, 1, n).astype(np.float32),
                "fatjet_D2": generator.gamma(6, 0.25, n).astype(np.float32),
                "Zll_mass": generator.normal(91.2e3, 8e3, n).astype(np.float32),
                "Zll_pt": falling(generator, 50e3, 200e3, n),
                "MET": falling(generator, 0, 30e3, n),
                "reco_zv_mass": falling(generator, 300e3, 800e3, n),
                "isSignal": generator.integers(0, 2, n),
                "FullEventWeight": generator.normal(0.02, 0.01, n).astype(np.float32),
            }
            pl.DataFrame(columns).write_csv(file, include_header=not file.tell())


def write_tenfold(path: Path, table: Path) -> None:
    """Write a table with ten times the rows of another."""
    header, _, body = table.read_bytes().partition(b"\n")
    with path.open("wb") as file:
        file.write(header + b"\n")
        for _ in range(10):
            file.write(body)


def write_flat_tree(path: Path, events: int = 5_000_000) -> None:
    """Write a tree of ten single-precision numbers an event."""
    names = [*(f"x{i}" for i in range(9)), "weight"]
    with uproot.recreate(path, compression=COMPRESSION) as file:
        tree = file.mktree("Events", dict.fromkeys(names, "float32"))
        for n, generator in chunks(events):
            columns = {name: generator.normal(size=n) for name in names[:-1]} | {"weight": generator.gamma(2, 0.5, n)}
            tree.extend({name: column.astype(np.float32) for name, column in columns.items()})


def write_jagged_tree(path: Path, events: int = 500_000) -> None:
    """Write a tree with about five jets an event, in falling order, in GeV."""
    with uproot.recreate(path, compression=COMPRESSION) as file:
        tree = file.mktree("Events", {"jet_pt": "var * float32", "met": "float32", "weight": "float32"})
        for n, generator in chunks(events):
            jets = generator.poisson(5, n)
            jet_pt = ak.unflatten(falling(generator, 20, 50, int(jets.sum())), jets)
            tree.extend(
                {
                    "jet_pt": ak.sort(jet_pt, ascending=False),
                    "met": falling(generator, 0, 40, n),
                    "weight": generator.gamma(2, 0.5, n).astype(np.float32),
                }
            )
