import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot
from click.testing import CliRunner
from hypothesis import given, strategies
from hypothesis.extra.numpy import arrays

from fivesigma.cli.inspect import inspect
from fivesigma.core.errors import DataError
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import PROVENANCE_KEY, read_provenance, rounded, write_events


def events(n=1000):
    random = np.random.default_rng(1)
    return {
        "lep_pt_0": random.exponential(30, n).astype(np.float32),
        "lep_eta_0": random.normal(0, 1, n).astype(np.float32),
        "lep_type_0": random.choice([11, 13], n).astype(np.int32),
        "id": np.arange(n) + 2_000_000_000,
        "weight": np.full(n, 1 / 3),
    }


FORMATS = pytest.mark.parametrize("suffix", [".parquet", ".root"])


def read(path):
    if path.suffix == ".root":
        return uproot.open(path)["Events"].arrays(library="np")
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


@FORMATS
def test_what_is_written_is_read_back(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    write_events(path, events(), {"seed": 1, "title": "H → 4ℓ"})
    found = read(path)
    assert list(found) == list(events())
    for name, column in events().items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype == column.dtype
    assert read_provenance(path) == {"seed": 1, "title": "H → 4ℓ"}
    assert list(tmp_path.iterdir()) == [path]


@FORMATS
def test_our_own_command_reads_them(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    write_events(path, events(), {"seed": 1})
    done = CliRunner().invoke(inspect, [str(path), "--json"])
    assert done.exit_code == 0, done.output
    (table,) = json.loads(done.output)
    assert table["events"] == 1000
    assert table["tree"] == ("Events" if suffix == ".root" else None)
    found = {column["name"]: column for column in table["columns"]}
    assert list(found) == list(events())
    assert found["lep_pt_0"]["maximum"] == pytest.approx(float(events()["lep_pt_0"].max()))


def test_the_same_events_make_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_events(tmp_path / name, events(), {"seed": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rounding_is_to_thirteen_bits_and_leaves_other_columns_alone():
    before, after = events(), rounded(events())
    for name in ("lep_pt_0", "lep_eta_0"):
        assert np.abs(after[name] / before[name] - 1).max() <= 2**-13
        # 13 bits: the last eleven of the 24 of a float32 are zero
        assert not (after[name].view(np.uint32) & 0x7FF).any()
    for name in ("lep_type_0", "id", "weight"):
        np.testing.assert_array_equal(after[name], before[name])
    assert {name: column.dtype for name, column in after.items()} == {n: c.dtype for n, c in before.items()}


WHOLE = [0.0, -9999.0, 8193.0, 123_457.0, 16_777_215.0, -3e38, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("value", WHOLE)
def test_whole_numbers_and_what_is_no_number_stay_exactly(value):
    (found,) = rounded({"x": np.array([value], dtype=np.float32)})["x"]
    assert found == np.float32(value) or (np.isnan(found) and np.isnan(value))


@given(arrays(np.float32, 20, elements=strategies.floats(-(2.0**100), 2.0**100, width=32)))
def test_rounding_again_changes_nothing_and_keeps_order_and_sign(column):
    once = rounded({"x": column})["x"]
    np.testing.assert_array_equal(rounded({"x": once})["x"], once)
    np.testing.assert_array_equal(-once, rounded({"x": -column})["x"])
    fractions = np.sort(column[column != np.round(column)])
    assert (np.diff(rounded({"x": fractions})["x"]) >= 0).all()


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


@FORMATS
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"old")
    arguments = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write {path}: ")
    assert done.stdout.endswith("File too large\n")
    assert done.stderr == ""
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_command_left_is_written_over(tmp_path):
    (tmp_path / ".x.parquet.part").write_bytes(b"half")
    write_events(tmp_path / "x.parquet", events(), {"seed": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_files_without_provenance_say_so(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with uproot.recreate(tmp_path / "x.root") as file:
        file.mktree("Events", {"x": np.dtype(np.int64)}).extend({"x": np.arange(3)})
    for suffix in (".parquet", ".root"):
        with pytest.raises(DataError, match="no provenance"):
            read_provenance(tmp_path / f"x{suffix}")


def test_a_provenance_that_is_damaged_is_named(tmp_path):
    table = pa.table({"x": [1]}).replace_schema_metadata({PROVENANCE_KEY: '{"seed": '})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet: the provenance in the file is damaged"):
        read_provenance(tmp_path / "x.parquet")


@pytest.mark.parametrize(("suffix", "format_name"), [(".parquet", "Parquet"), (".root", "ROOT")])
def test_what_is_no_event_file_is_named(tmp_path, suffix, format_name):
    (tmp_path / f"text{suffix}").write_text("pt,eta\n")
    (tmp_path / f"empty{suffix}").touch()
    (tmp_path / f"folder{suffix}").mkdir()
    for name in ("text", "empty", "folder", "nothing"):
        with pytest.raises(DataError, match=rf"{name}{suffix}: not a readable {format_name} file"):
            read_provenance(tmp_path / f"{name}{suffix}")


@FORMATS
def test_a_damaged_file_is_named_or_still_tells_its_provenance(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    write_events(path, events(200), {"seed": 1})
    whole, random = path.read_bytes(), np.random.default_rng(1)
    refused = 0
    for trial in range(60):
        damaged = np.frombuffer(whole, dtype=np.uint8).copy()
        if trial % 2:
            damaged = damaged[: random.integers(len(whole))]
        else:
            damaged[random.integers(0, len(whole), 100)] ^= 0x55
        path.write_bytes(damaged.tobytes())
        try:
            read_provenance(path)
        except DataError:
            refused += 1
    assert refused > 20
