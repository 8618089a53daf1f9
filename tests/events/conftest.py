"""Small real files to read."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import uproot


@pytest.fixture
def table():
    generator = np.random.default_rng(3)
    return {
        "pt": generator.uniform(10, 100, 200),
        "eta": generator.uniform(-3, 3, 200).astype(np.float32),
        "charge": generator.choice([-1, 1], 200).astype(np.int32),
        "w": generator.uniform(0.5, 1.5, 200),
    }


@pytest.fixture
def write(tmp_path):
    def write(name, columns, tree="Events"):
        path = tmp_path / name
        if path.suffix == ".root":
            with uproot.recreate(path) as file:
                file.mktree(tree, {key: column.dtype for key, column in columns.items()})
                file[tree].extend(columns)
        elif path.suffix == ".parquet":
            pl.DataFrame(columns).write_parquet(path)
        else:
            pl.DataFrame(columns).write_csv(path)
        return path

    return write
