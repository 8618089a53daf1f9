import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fivesigma.core.errors import DataError
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import read_provenance, rounded, write_events


def events(n=1000):
    random = np.random.default_rng(1)
    return {
        "lep_pt_0": random.exponential(30, n).astype(np.float32),
        "lep_eta_0": random.normal(0, 1, n).astype(np.float32),
        "lep_type_0": random.choice([11, 13], n).astype(np.int32),
        "id": np.arange(n) + 2_000_000_000,
        "weight": np.full(n, 1 / 3),
    }


def test_what_is_written_is_read_back(tmp_path):
    write_events(tmp_path / "x.parquet", events(), {"seed": 1, "title": "H → 4ℓ"})
    table = pq.read_table(tmp_path / "x.parquet")
    for name, column in events().items():
        np.testing.assert_array_equal(table[name].to_numpy(), column)
        assert table[name].to_numpy().dtype == column.dtype
    assert read_provenance(tmp_path / "x.parquet") == {"seed": 1, "title": "H → 4ℓ"}
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_the_same_events_make_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_events(tmp_path / name, events(), {"seed": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rounding_is_within_half_a_step_and_leaves_other_columns_alone():
    before, after = events(), rounded(events())
    assert np.abs(after["lep_pt_0"] - before["lep_pt_0"]).max() <= 2**-9
    assert np.abs(after["lep_eta_0"] - before["lep_eta_0"]).max() <= 2**-14 + 1e-7
    for name in ("lep_type_0", "id", "weight"):
        np.testing.assert_array_equal(after[name], before[name])
    assert {name: column.dtype for name, column in after.items()} == {n: c.dtype for n, c in before.items()}


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SimulationError, match=r"cannot write .*nowhere.*No such file"):
        write_events(tmp_path / "nowhere" / "x.parquet", events(), {})


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import write_events
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_events(Path(sys.argv[1]), {"lep_pt_0": np.random.default_rng(1).random(50_000).astype(np.float32)}, {})
except SimulationError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write {path}: ")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["x.parquet"]


def test_files_without_provenance_say_so(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="no provenance"):
        read_provenance(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("pt,eta\n")
    with pytest.raises(DataError, match=r"y\.parquet: not a readable Parquet file"):
        read_provenance(tmp_path / "y.parquet")
    with pytest.raises(DataError, match=r"z\.parquet: not a readable Parquet file"):
        read_provenance(tmp_path / "z.parquet")
