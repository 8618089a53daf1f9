"""Reading HDF5 files: what pandas and h5py write comes out as it went in, and what broken files get."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pandas as pd
import pytest

from fivesigma.core.errors import DataError
from fivesigma.events.formats.hdf5_files import Hdf5Table, hdf5_tables
from fivesigma.events.source import Span

DATA = Path(__file__).parents[3] / "shared/data"
N = 1000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.h5"


@pytest.fixture
def frame():
    generator = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "pt": generator.exponential(50, N).astype(np.float32),
            "eta": generator.normal(size=N),
            "event": generator.integers(0, 1000, N),
            "passed": generator.uniform(size=N) < 0.5,
            "phi": generator.normal(size=N).astype(np.float32),
        }
    )


def whole(source, names, spans=None):
    tables = list(source.read(names, source.spans() if spans is None else spans))
    return {name: np.concatenate([table.columns[name] for table in tables]) for name in names}


def assert_same(source, frame):
    assert set(source.columns()) == set(map(str, frame.columns))
    read = whole(source, list(source.columns()))
    for name, column in frame.items():
        np.testing.assert_array_equal(read[str(name)], column)
        assert read[str(name)].dtype == column.dtype
        assert source.columns()[str(name)].kind == "flat"


LAYOUTS = {
    "fixed": {},
    "table": {"format": "table"},
    "data columns": {"format": "table", "data_columns": ["eta"]},
    "compressed table": {"format": "table", "complib": "blosc", "complevel": 5},
    "compressed": {"complib": "zlib", "complevel": 5},
    "compressed by a plugin": {"complib": "blosc", "complevel": 5},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_frame_of_pandas(path, frame, layout):
    if LAYOUTS[layout].get("complib") == "blosc" and not importlib.util.find_spec("hdf5plugin"):
        pytest.skip("needs hdf5plugin")
    frame.to_hdf(path, key="a/df", mode="w", **LAYOUTS[layout])
    assert hdf5_tables(path) == ("a/df",)
    for span_rows in (100, 10_000):
        assert_same(Hdf5Table(path, span_rows=span_rows), frame)
    assert_same(Hdf5Table(path, "/a/df"), frame)


@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_labels_that_are_numbers(path, layout):
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 3)))
    frame.to_hdf(path, key="df", format=layout)
    assert list(Hdf5Table(path).columns()) == ["0", "1", "2"]
    assert_same(Hdf5Table(path), frame)


def test_the_order_of_columns_is_that_of_the_frame(path, frame):
    frame.to_hdf(path, key="df")
    assert list(Hdf5Table(path).columns()) == list(frame)


@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_a_series(path, frame, layout):
    frame["eta"].to_hdf(path, key="s", format=layout)
    assert_same(Hdf5Table(path), frame[["eta"]])


def test_no_rows(path, frame):
    frame[:0].to_hdf(path, key="df")
    source = Hdf5Table(path)
    assert source.spans() == [Span(0, 0)]
    (table,) = source.read(["pt", "passed"], source.spans())
    assert (table.length, len(table.columns["pt"])) == (0, 0)


@pytest.mark.parametrize(
    ("layout", "column", "kind", "says"),
    [
        ("fixed", "word", "other", "pickled text"),
        ("fixed", "object", "other", "object"),
        ("fixed", "time", "other", "datetime64"),
        ("table", "time", "other", "datetime64"),
        ("table", "class", "other", "category"),
    ],
)
@pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")
def test_columns_without_numbers_are_named_and_refused(path, frame, layout, column, kind, says):
    frame["word"] = "abc"
    frame["time"] = pd.Timestamp("2012-07-04")
    if layout == "fixed":
        frame["object"] = [{"a": 1}] * N
    else:
        frame["class"] = pd.Categorical(["u", "v"] * (N // 2))
    frame.to_hdf(path, key="df", format=layout)
    source = Hdf5Table(path)
    assert source.columns()[column].kind == kind
    with pytest.raises(DataError, match=rf"events\.h5: column '{column}' holds .*{says}.*not numbers"):
        list(source.read([column], source.spans()))
    np.testing.assert_array_equal(whole(source, ["eta"])["eta"], frame["eta"])


@pytest.mark.parametrize("data_columns", [None, True])
@pytest.mark.parametrize("nan_rep", [None, "?"])
def test_texts_of_pandas(path, frame, data_columns, nan_rep):
    frame["word"] = ["it's", "ℓν", None, ""] * (N // 4)
    frame["region"] = ["u", "v"] * (N // 2)
    frame.to_hdf(path, key="df", format="table", data_columns=data_columns, nan_rep=nan_rep)
    source = Hdf5Table(path, span_rows=300)
    assert [source.columns()[name].kind for name in ("word", "region")] == ["text", "text"]
    read = whole(source, ["region", "word", "eta"])
    assert read["word"].tolist() == ["it's", "ℓν", "", ""] * (N // 4)
    assert read["region"].tolist() == frame["region"].tolist()
    np.testing.assert_array_equal(read["eta"], frame["eta"])


@pytest.mark.parametrize("chunks", [None, 64])
def test_texts_of_datasets_and_records(path, chunks):
    words = ["s", "", "it's", "ℓν"] * (N // 4)
    fixed = np.array([word.encode() for word in words])
    records = np.zeros(N, dtype=[("pt", "f4"), ("word", "S5"), ("tag", "S2", 2)])
    records["word"], records["tag"] = fixed, [b"ab", b"c"]
    with h5py.File(path, "w") as file:
        file.create_dataset("x/any", data=words, chunks=chunks)
        file.create_dataset("x/fixed", data=fixed, chunks=chunks)
        utf = file.create_dataset("x/utf", N, h5py.string_dtype("utf-8", 5), chunks=chunks)
        utf[:] = fixed.astype(utf.dtype)
        file.create_dataset("jets", data=records, chunks=chunks)
    source = Hdf5Table(path, "x", span_rows=300)
    read = whole(source, ["any", "fixed", "utf"])
    for column in read.values():
        assert column.dtype == object
        assert column.tolist() == words
    read = whole(Hdf5Table(path, "jets", span_rows=300), ["word", "tag_0", "tag_1", "pt"])
    assert read["word"].tolist() == words
    assert (read["tag_0"].tolist(), read["tag_1"].tolist()) == (["ab"] * N, ["c"] * N)


def test_bytes_that_are_no_utf_8(path):
    with h5py.File(path, "w") as file:
        file["w"] = np.array([b"caf\xe9", b"s"])
    assert whole(Hdf5Table(path), ["w"])["w"].tolist() == ["caf\N{REPLACEMENT CHARACTER}", "s"]


def test_names_of_several_levels_are_refused(path, frame):
    frame.columns = pd.MultiIndex.from_product([["jet"], frame.columns])
    frame.to_hdf(path, key="df")
    with pytest.raises(DataError, match=r"events\.h5: .*several levels \(a MultiIndex\)"):
        Hdf5Table(path).columns()


class Trap:
    def __reduce__(self):
        return Path.touch, (Path("trapped"),)


@pytest.mark.parametrize("content", [["pt", Trap()], [("a", "b")], [1.5], [None], [True], {"a": 1}])
def test_labels_are_never_unpickled(path, frame, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame.to_hdf(path, key="df", format="table")
    with h5py.File(path, "a") as file:
        file["df/table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(content, protocol=0))
    with pytest.raises(DataError, match=r"events\.h5: the names of the columns are pickled with more than"):
        Hdf5Table(path).columns()
    assert not Path("trapped").exists()


@pytest.mark.parametrize("protocol", range(5))
def test_labels_of_every_protocol(path, frame, protocol):
    frame.to_hdf(path, key="df", format="table")
    with h5py.File(path, "a") as file:
        labels = pickle.dumps(["a", "é"], protocol=protocol)
        file["df/table"].attrs["values_block_0_kind"] = np.void(labels)
    assert list(Hdf5Table(path).columns())[:2] == ["a", "é"]


@pytest.mark.parametrize("content", [b"", b"(lp0", b"no pickle", b"(lp0\nVpt\np1\na."])
def test_labels_that_are_damaged(path, frame, content):
    frame.to_hdf(path, key="df", format="table")
    with h5py.File(path, "a") as file:
        file["df/table"].attrs["values_block_0_kind"] = np.void(content) if content else "x"
    with pytest.raises(DataError, match=r"events\.h5: the names of the columns (cannot be read|do not match)"):
        Hdf5Table(path).columns()


TYPES = ["<f4", ">f8", "f2", "<u8", ">i2", "?", "i1"]


@pytest.mark.parametrize("chunks", [None, 64])
def test_a_group_of_datasets(path, chunks):
    generator = np.random.default_rng(5)
    columns = {f"c{number}": generator.integers(0, 2, N).astype(dtype) for number, dtype in enumerate(TYPES)}
    columns["big"] = np.full(N, 2**64 - 1, dtype=np.uint64)
    with h5py.File(path, "w") as file:
        for name, column in columns.items():
            file.create_dataset(f"events/{name}", data=column, chunks=chunks)
        file["events/word"] = ["a"] * N
        file["events/code"] = np.full(N, b"ab")
        file["events/cube"] = np.zeros((N, 2, 2))
        file["events/lumi"] = 3.0
        file["alias"] = h5py.SoftLink("/events")
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")
    assert hdf5_tables(path) == ("events",)
    source = Hdf5Table(path, span_rows=300)
    kinds = {name: column.kind for name, column in source.columns().items()}
    assert kinds == dict.fromkeys(sorted(columns), "flat") | {"word": "text", "code": "text", "cube": "other"}
    read = whole(source, list(columns))
    for name, column in columns.items():
        np.testing.assert_array_equal(read[name], column)
        assert read[name].dtype.isnative
        assert read[name].dtype.kind == column.dtype.kind


@pytest.mark.parametrize("chunks", [None, (70, 7), (70, 1), (70, 3)])
def test_a_matrix(path, chunks):
    matrix = np.random.default_rng(5).normal(size=(N, 7)).astype(">f4")
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=matrix, chunks=chunks)
        file["y"] = np.arange(N)
    source = Hdf5Table(path, span_rows=300)
    assert list(source.columns()) == [*(f"x_{place}" for place in range(7)), "y"]
    names = ["x_5", "y", "x_0", "x_3"]
    for spans in (None, [Span(0, 1), Span(1, 500), Span(900, 1000)]):
        read = whole(source, names, spans)
        rows = np.arange(N) if spans is None else np.r_[0:500, 900:1000]
        for place in (5, 0, 3):
            np.testing.assert_array_equal(read[f"x_{place}"], matrix[rows, place])
        np.testing.assert_array_equal(read["y"], rows)
    assert list(next(source.read(names, [Span(0, 1)])).columns) == names
    assert list(Hdf5Table(path, "x").columns())[-1] == "x_6"


@pytest.mark.parametrize("chunks", [None, 64])
def test_records(path, chunks):
    records = np.zeros(N, dtype=[("pt", ">f4"), ("ok", "?"), ("word", "S3"), ("v", "f8", 3), ("p", [("x", "f4")])])
    records["pt"] = np.arange(N)
    records["v"] = np.random.default_rng(1).normal(size=(N, 3))
    with h5py.File(path, "w") as file:
        file.create_dataset("jets", data=records, chunks=chunks)
    source = Hdf5Table(path, span_rows=300)
    kinds = [(name, column.kind) for name, column in source.columns().items() if column.kind != "flat"]
    assert kinds == [("word", "text"), ("p", "other")]
    assert list(source.columns()) == ["pt", "ok", "word", "v_0", "v_1", "v_2", "p"]
    read = whole(source, ["v_2", "pt", "ok"])
    np.testing.assert_array_equal(read["pt"], records["pt"])
    np.testing.assert_array_equal(read["v_2"], records["v"][:, 2])
    assert read["ok"].dtype == bool


def test_lists_of_differing_lengths(path):
    generator = np.random.default_rng(1)
    lists = [generator.normal(size=generator.integers(0, 4)).astype("f4") for _ in range(50)]
    with h5py.File(path, "w") as file:
        made = file.create_dataset("jet_pt", (50,), dtype=h5py.vlen_dtype(np.dtype("f4")))
        for row, values in enumerate(lists):
            made[row] = values
        file.create_dataset("foreign", (50,), dtype=h5py.vlen_dtype(np.dtype(">f4")))
    source = Hdf5Table(path, span_rows=20)
    assert source.columns()["jet_pt"].kind == "jagged"
    assert source.columns()["foreign"].kind == "other"
    read = ak.concatenate([table.columns["jet_pt"] for table in source.read(["jet_pt"], source.spans())])
    assert ak.array_equal(read, ak.values_astype(ak.Array(lists), np.float32))
    assert str(read.type) == "50 * var * float32"


def test_which_key(path, frame):
    frame.to_hdf(path, key="signal")
    frame.to_hdf(path, key="background")
    assert hdf5_tables(path) == ("background", "signal")
    with pytest.raises(DataError, match=r"events\.h5: which key; there are: background, signal"):
        Hdf5Table(path).columns()
    with pytest.raises(DataError, match=r"events\.h5: no key 'signl'; did you mean signal"):
        Hdf5Table(path, "signl").columns()
    assert_same(Hdf5Table(path, "signal"), frame)
    assert Hdf5Table(path, "signal").digest() != Hdf5Table(path, "background").digest()
    assert Hdf5Table(path, "signal").digest() == Hdf5Table(path, "/signal").digest()


def test_a_missing_column_names_the_nearest(path, frame):
    frame.to_hdf(path, key="df")
    with pytest.raises(DataError, match=r"events\.h5: no column 'ptt'; did you mean pt"):
        list(Hdf5Table(path).read(["ptt"], []))


def test_datasets_of_unequal_lengths(path):
    with h5py.File(path, "w") as file:
        file["pt"], file["eta"] = np.zeros(10), np.zeros(9)
    with pytest.raises(DataError, match=r"events\.h5: eta has 9 rows, pt has 10.*key, as 'pt'"):
        Hdf5Table(path).columns()
    assert list(Hdf5Table(path, "pt").columns()) == ["pt"]


def test_nothing_in_it(path):
    with h5py.File(path, "w") as file:
        file["n"] = 3
        file.create_group("empty")
    with pytest.raises(DataError, match=r"events\.h5: there is no table in it"):
        Hdf5Table(path).columns()


@pytest.mark.parametrize("size", [0, 3, 600, 2000, 0.6])
def test_a_truncated_file(path, frame, size):
    frame.to_hdf(path, key="df")
    content = path.read_bytes()
    path.write_bytes(content[: size if size in (0, 3, 600, 2000) else int(size * len(content))])
    with pytest.raises(DataError, match=r"events\.h5: not a readable HDF5 file.*(empty|truncated)"):
        Hdf5Table(path).columns()
    with pytest.raises(DataError, match=r"events\.h5: not a readable HDF5 file"):
        hdf5_tables(path)


def test_a_file_of_something_else(path):
    path.write_text("pt,eta\n1,2\n" * 1000)
    with pytest.raises(DataError, match=r"events\.h5: not a readable HDF5 file"):
        Hdf5Table(path).columns()
    with pytest.raises(DataError, match=r"none\.h5: there is no such file"):
        Hdf5Table(path.with_name("none.h5")).columns()


def test_damage_is_found_where_it_is(path):
    with h5py.File(path, "w") as file:
        made = file.create_dataset("pt", data=np.random.default_rng(1).normal(size=N), chunks=100, compression="gzip")
        file["eta"] = np.zeros(N)
        offset = made.id.get_chunk_info(5).byte_offset
    content = bytearray(path.read_bytes())
    content[offset + 50 : offset + 90] = bytes(40)
    path.write_bytes(content)
    source = Hdf5Table(path, span_rows=200)
    with pytest.raises(DataError, match=r"events\.h5: column 'pt', rows 401 to 600 cannot be read"):
        list(source.read(["eta", "pt"], source.spans()))
    assert len(list(source.read(["eta"], source.spans()))) == 5


@pytest.mark.parametrize(("chunks", "says"), [(100, "only 5 of 10 chunks"), (None, "only 0 of 8000 bytes")])
def test_rows_that_were_never_written(path, chunks, says):
    """HDF5 gives zeros for them, which would be events."""
    with h5py.File(path, "w") as file:
        made = file.create_dataset("pt", (N,), "f8", chunks=chunks)
        if chunks:
            made[:450] = 1
    for call in (Hdf5Table(path).columns, Hdf5Table(path).spans):
        with pytest.raises(DataError, match=rf"events\.h5: {says} of /pt were ever written"):
            call()


def test_a_filter_that_is_not_installed(path, frame):
    frame.to_hdf(path, key="df", complib="blosc", complevel=5)
    code = """import sys
from pathlib import Path
sys.modules["hdf5plugin"] = None
from fivesigma.core.errors import DataError
from fivesigma.events.formats.hdf5_files import Hdf5Table
try: Hdf5Table(Path(sys.argv[1])).columns()
except DataError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(
        "events.h5: compressed with blosc, which needs hdf5plugin: pip install 'fivesigma[hdf5]'\n"
    )


def test_who_and_where(path, frame):
    frame.to_hdf(path, key="df")
    source = Hdf5Table(path, "df")
    assert source.name == f"{path}:df"
    assert source.position(Span(100, 200), 3) == "row 104"
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


def test_a_real_file():
    real = DATA / "lhco/lhco_rnd_dev.h5"
    if not real.exists():
        pytest.skip(f"needs {real.name} of the shared data")
    source = Hdf5Table(real)
    assert len(source.columns()) == 15
    read = whole(source, ["label", "mj1"])
    assert (len(read["label"]), read["label"].sum()) == (70_000, 6_367)
    np.testing.assert_array_equal(read["mj1"], pd.read_hdf(real, "df")["mj1"])
