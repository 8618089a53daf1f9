"""Reading ROOT files: what comes out is what went in, and what broken files get."""

from __future__ import annotations

import pickle
import struct
from itertools import pairwise
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.events.formats.root_files import RootTable, root_tables
from fivesigma.events.source import Span

DATA = Path(__file__).parents[3] / "shared/data"
BROKEN = r"truncat|damaged|corrupt|incomplete|not a readable|cannot be read|ends"


def whole(source, names, spans=None):
    """Return the named columns of all spans, joined."""
    tables = list(source.read(names, source.spans() if spans is None else spans))
    join = {name: ak.concatenate([table.columns[name] for table in tables]) for name in names}
    return {name: ak.to_numpy(column) if column.ndim == 1 else column for name, column in join.items()}


@pytest.fixture(params=["mktree", "mkrntuple"])
def make(request, tmp_path):
    """Return a function that writes events in several clusters, as a TTree and as an RNTuple."""

    def make(columns, name="Events", path="events.root", clusters=3):
        with uproot.recreate(tmp_path / path) as file:
            types = {
                key: column.dtype if isinstance(column, np.ndarray) else column.type.content
                for key, column in columns.items()
            }
            getattr(file, request.param)(name, types)
            edges = np.linspace(0, len(next(iter(columns.values()))), clusters + 1).astype(int)
            for start, stop in pairwise(edges):
                file[name].extend({key: column[start:stop] for key, column in columns.items()})
        return tmp_path / path

    return make


@pytest.fixture
def events():
    generator = np.random.default_rng(3)
    counts = generator.poisson(2, 200)
    return {
        "met": np.floor(generator.exponential(50, 200)),
        "charge": generator.choice([-1, 1], 200).astype(np.int32),
        "passed": generator.uniform(size=200) < 0.5,
        "jet_pt": ak.unflatten(generator.exponential(50, counts.sum()).astype(np.float32), counts),
    }


def test_what_was_written_is_read(make, events):
    source = RootTable(make(events))
    assert {name: column.kind for name, column in source.columns().items() if name in events} == {
        "met": "flat",
        "charge": "flat",
        "passed": "flat",
        "jet_pt": "jagged",
    }
    read = whole(source, list(events))
    for name in ("met", "charge", "passed"):
        np.testing.assert_array_equal(read[name], events[name])
        assert read[name].dtype == events[name].dtype
        assert read[name].dtype.isnative
    assert ak.array_equal(read["jet_pt"], events["jet_pt"])
    assert str(read["jet_pt"].type) == "200 * var * float32"


def test_spans_in_any_cut_give_the_same(make, events):
    source = RootTable(make(events), span_rows=17)
    assert len(source.spans()) > 10
    for spans in (None, [Span(0, 1), Span(1, 2), Span(2, 70), Span(70, 138), Span(138, 200)], [Span(0, 200)]):
        read = whole(source, ["met", "jet_pt"], spans)
        np.testing.assert_array_equal(read["met"], events["met"])
        assert ak.array_equal(read["jet_pt"], events["jet_pt"])
    (one, two) = source.read(["met"], [Span(150, 160), Span(3, 5)])
    np.testing.assert_array_equal(one.columns["met"], events["met"][150:160])
    np.testing.assert_array_equal(two.columns["met"], events["met"][3:5])
    empty = [Span(0, 3), Span(3, 3), Span(3, 4), Span(4, 5), Span(5, 5)]
    for names in ([], ["met", "jet_pt"]):
        assert [table.length for table in source.read(names, empty)] == [3, 0, 1, 1, 0]
    assert source.position(Span(150, 160), 3) == "entry 153"
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


@pytest.mark.parametrize("size", [0, 3, 30, 20_000])
def test_a_truncated_file(tmp_path, size):
    if not DATA.is_dir():
        pytest.skip("needs the shared data")
    path = tmp_path / "broken.root"
    path.write_bytes((DATA / "root_files/uproot-Zmumu.root").read_bytes()[:size])
    with pytest.raises(DataError, match=rf"broken\.root.*({BROKEN})"):
        RootTable(path).columns()
    with pytest.raises(DataError, match=rf"broken\.root.*({BROKEN})"):
        root_tables(path)


REAL = (
    "root_files/uproot-HZZ.root",
    "root_files/uproot-Zmumu.root",
    "cms_h4l/Run2012C_DoubleMuParkedTwoMuonsTwoElectronsSkim.root",
    "cms_h4l/SMHiggsToZZTo4LTwoMuonsTwoElectronsSkim.root",
    "atlas_h4l_8tev/skim.DataMuons.root",
    "toy_systematics/prediction.root",
)


@pytest.mark.parametrize("name", REAL)
def test_real_files_as_uproot_reads_them(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs {name} of the shared data")
    for tree in root_tables(path):
        source = RootTable(path, tree, span_rows=1000)
        kinds = {column: info.kind for column, info in source.columns().items()}
        names = [column for column, kind in kinds.items() if kind in ("flat", "jagged")]
        assert {kinds[column] for column in kinds if column not in names} <= {"text"}
        read = whole(source, names)
        with uproot.open(path) as file:
            expected = file[tree].arrays(names)
        for column in names:
            assert ak.array_equal(ak.Array(read[column]), expected[column], equal_nan=True)
            assert (kinds[column] == "jagged") == (expected[column].ndim == 2)


@pytest.mark.parametrize("span", [100, 10_000])
def test_texts_of_a_real_tree(span):
    path = DATA / "root_files/uproot-Zmumu.root"
    if not path.exists():
        pytest.skip("needs uproot-Zmumu.root of the shared data")
    source = RootTable(path, "events", span_rows=span)
    types = [text for table in source.read(["Type", "Run"], source.spans()) for text in table.columns["Type"]]
    with uproot.open(path) as file:
        expected = file["events/Type"].array(library="np").tolist()
    assert types == expected
    assert set(types) == {"GT", "TT", "GG"}


def test_lists_of_one_size_are_lists(make):
    square = np.arange(12.0).reshape(3, 4)
    cube = np.zeros((3, 2, 2))
    with uproot.recreate(make({"y": np.ones(3)})) as file:
        for kind in ("mktree", "mkrntuple"):
            getattr(file, kind)(kind, {"x": np.dtype(("f8", 4)), "cube": np.dtype(("f8", (2, 2)))})
            file[kind].extend({"x": square, "cube": cube})
        path = Path(file.file_path)
    for tree in ("mktree", "mkrntuple"):
        source = RootTable(path, tree)
        assert {name: column.kind for name, column in source.columns().items()} == {"x": "jagged", "cube": "other"}
        assert str(whole(source, ["x"])["x"].type) == "3 * var * float64"
        assert whole(source, ["x"])["x"].to_list() == square.tolist()


def test_structures_give_their_members(tmp_path):
    path = tmp_path / "events.root"
    jets = ak.zip({"pt": ak.Array([[1.0, 2.0], [], [3.0]]), "eta": ak.Array([[4.0, 5.0], [], [6.0]])})
    lepton = ak.Array([{"pt": 1.0, "track": {"d0": 2.0}}] * 3)
    with uproot.recreate(path) as file:
        file.mkrntuple("new", {"jets": jets.type.content, "lepton": lepton.type.content})
        file["new"].extend({"jets": jets, "lepton": lepton})
        file.mktree("old", {"jets": jets.type.content})
        file["old"].extend({"jets": jets})
    source = RootTable(path, "new")
    assert [(name, column.kind) for name, column in source.columns().items()] == [
        ("jets", "other"),
        ("jets.pt", "jagged"),
        ("jets.eta", "jagged"),
        ("lepton", "other"),
        ("lepton.pt", "flat"),
        ("lepton.track", "other"),
        ("lepton.track.d0", "flat"),
    ]
    read = whole(source, ["jets.eta", "lepton.track.d0"])
    assert read["jets.eta"].to_list() == jets.eta.to_list()
    assert read["lepton.track.d0"].tolist() == [2.0] * 3
    with pytest.raises(DataError, match=r"column 'jets' holds structure, not numbers"):
        list(source.read(["jets"], source.spans()))
    assert whole(RootTable(path, "old"), ["jets_pt"])["jets_pt"].to_list() == jets.pt.to_list()


def test_nothing_is_read_as_an_expression(tmp_path):
    path = tmp_path / "a:b[1].root"
    columns = {name: np.full(3, float(place)) for place, name in enumerate(["Jet.pt", "a b", "x-1", "x", "sum(x)"])}
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: column.dtype for name, column in columns.items()})
        file["Events"].extend(columns)
    read = whole(RootTable(path), list(columns))
    for name, column in columns.items():
        np.testing.assert_array_equal(read[name], column)


def test_what_is_missing_is_nan(tmp_path):
    path = tmp_path / "events.root"
    columns = {"x": ak.Array([1, None, 3]), "y": ak.Array([[1, None], [], [2]]), "z": ak.Array([[1], None, []])}
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", {name: column.type.content for name, column in columns.items()})
        file["Events"].extend(columns)
    source = RootTable(path)
    assert [column.kind for column in source.columns().values()] == ["flat", "jagged", "other"]
    read = whole(source, ["x", "y"])
    np.testing.assert_array_equal(read["x"], [1, np.nan, 3])
    np.testing.assert_array_equal(ak.flatten(read["y"]), [1, np.nan, 2])
    assert str(read["y"].type) == "3 * var * float64"


def test_texts_are_read_and_nested_lists_refused(make):
    path = make({"x": np.ones(3)})
    words, nested = ak.Array(["it's", "", "ℓν"]), ak.Array([[[1.0], []], [], [[2.0]]])
    with uproot.update(path) as file:
        file.mkrntuple("more", {"word": words.type.content, "nested": nested.type.content})
        file["more"].extend({"word": words, "nested": nested})
    source = RootTable(path, "more")
    assert [column.kind for column in source.columns().values()] == ["text", "other"]
    assert np.concatenate([t.columns["word"] for t in source.read(["word"], source.spans())]).tolist() == [
        "it's",
        "",
        "ℓν",
    ]
    assert next(source.read(["word"], [Span(1, 3)])).columns["word"].tolist() == ["", "ℓν"]
    with pytest.raises(DataError, match=r"column 'nested' holds std::vector<std::vector<double>>, not numbers"):
        list(source.read(["nested"], source.spans()))


def test_which_tree(make):
    path = make({"x": np.ones(3)}, name="deep/down/Events")
    assert root_tables(path) == ("deep/down/Events",)
    assert list(RootTable(path).columns()) == ["x"]
    assert list(RootTable(path, "deep/down/Events").columns()) == ["x"]
    alone = RootTable(path).digest()
    with uproot.update(path) as file:
        file.mktree("signal", {"y": np.float64})
        file["signal"].extend({"y": np.zeros(2)})
    assert set(root_tables(path)) == {"deep/down/Events", "signal"}
    with pytest.raises(
        DataError, match=r"events\.root: which tree; there are: (deep/down/Events, signal|signal, deep)"
    ):
        RootTable(path).columns()
    with pytest.raises(DataError, match=r"events\.root: no tree 'signl'; did you mean signal"):
        RootTable(path, "signl").columns()
    with pytest.raises(DataError, match=r"events\.root: no tree 'Events'; there are: .*deep/down/Events"):
        RootTable(path, "Events").columns()
    digests = [RootTable(path, tree).digest() for tree in ("signal", "/signal", "deep/down/Events")]
    assert digests[0] == digests[1]
    assert len({alone, *digests}) == 3


def test_a_file_without_trees(tmp_path):
    path = tmp_path / "hists.root"
    with uproot.recreate(path) as file:
        file["h"] = np.histogram([1.0, 2.0])
    assert root_tables(path) == ()
    for tree in (None, "Events"):
        with pytest.raises(DataError, match=r"hists\.root: .*there (is no tree|are none)"):
            RootTable(path, tree).columns()


def test_of_several_cycles_the_newest(tmp_path):
    path = tmp_path / "cycles.root"
    with uproot.recreate(path) as file:
        for value in (1.0, 2.0):
            file.mktree("Events", {"x": np.float64})
            file["Events"].extend({"x": np.full(3, value)})
    assert root_tables(path) == ("Events",)
    for tree in (None, "Events", "/Events"):
        assert whole(RootTable(path, tree), ["x"])["x"].tolist() == [2.0] * 3
    with pytest.raises(DataError, match=r"cycles\.root: no tree 'Events;1'; did you mean Events"):
        RootTable(path, "Events;1").columns()


def test_a_tree_without_entries(make):
    for columns in ({"x": np.ones(0), "jet": ak.Array([[1.0]])[:0]},):
        source = RootTable(make(columns))
        assert source.spans() == [Span(0, 0)]
        (table,) = source.read(["x", "jet"], source.spans())
        assert (table.length, len(table.columns["x"]), len(table.columns["jet"])) == (0, 0, 0)
        assert table.columns["x"].dtype == np.float64
        assert str(table.columns["jet"].type) == "0 * var * float64"


def test_a_missing_branch_names_the_nearest(make, events):
    with pytest.raises(DataError, match=r"events\.root: no column 'mett'; did you mean met"):
        list(RootTable(make(events)).read(["mett"], []))


def test_no_basket_is_read_twice(tmp_path):
    """One cluster read in many spans takes as many bytes from the file as at once."""
    path = tmp_path / "events.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"x": np.float64})
        file["Events"].extend({"x": np.arange(1000.0)})
    source = RootTable(path, span_rows=10)
    assert len(source.spans()) == 100
    tables = source.read(["x"], source.spans())
    first = next(tables)
    content = bytearray(path.read_bytes())
    with uproot.open(path) as file:
        start = file["Events/x"].member("fBasketSeek")[0] + 100
    content[start : start + 50] = bytes(50)
    path.write_bytes(content)
    read = np.concatenate([first.columns["x"], *(table.columns["x"] for table in tables)])
    np.testing.assert_array_equal(read, np.arange(1000.0))


@pytest.mark.parametrize("content", [b"", b"root", b"pt,eta\n1,2\n" * 1000])
def test_a_file_that_is_no_root_file(tmp_path, content):
    path = tmp_path / "broken.root"
    path.write_bytes(content)
    for call in (RootTable(path).columns, RootTable(path).spans, RootTable(path).digest, lambda: root_tables(path)):
        with pytest.raises(DataError, match=r"broken\.root: not a readable ROOT file: it (is empty|does not begin)"):
            call()
    with pytest.raises(DataError, match=r"none\.root: there is no such file"):
        root_tables(tmp_path / "none.root")


def test_a_truncated_file_says_how_much_is_there(make, events):
    path = make(events)
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    with pytest.raises(DataError, match=rf"truncated, it ends after {len(content) - 100} of {len(content)} bytes"):
        RootTable(path).columns()


def test_damage_is_found_where_it_is(make, events):
    path = make(events, clusters=4)
    source = RootTable(path, span_rows=100)
    content = bytearray(path.read_bytes())
    with uproot.open(path) as file:
        if file.classnames()["Events;1"] == "TTree":
            start = file["Events/met"].member("fBasketSeek")[2] + 100
        else:
            start = file["Events"].page_link_list[2][0].pages[0].locator.offset
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    assert len(list(source.read(["jet_pt"], source.spans()))) == 2
    np.testing.assert_array_equal(next(source.read(["met"], [Span(0, 50)])).columns["met"], events["met"][:50])
    tables = source.read(["jet_pt", "met"], source.spans())
    with pytest.raises(DataError, match=r"events\.root: column 'met', entries 100 to 149 cannot be read \(damaged"):
        list(tables)


def test_a_basket_that_two_branches_claim(tmp_path):
    """uproot would wait for ever for the basket of the other."""
    path = tmp_path / "events.root"
    with uproot.recreate(path, compression=None) as file:
        file.mktree("Events", {"x": np.float64, "y": np.float64})
        file["Events"].extend({"x": np.arange(10.0), "y": np.arange(10.0)})
    with uproot.open(path) as file:
        x, y = (struct.pack(">q", file["Events"][name].member("fBasketSeek")[0]) for name in "xy")
    content = path.read_bytes()
    said = content.rindex(y)
    path.write_bytes(content[:said] + x + content[said + 8 :])
    with pytest.raises(DataError, match=r"events\.root: .*a basket of branch 'y' cannot lie at bytes"):
        list(RootTable(path).read(["x", "y"], [Span(0, 10)]))


def rntuple_with_a_checksum(path, wrong):
    """Write an RNTuple whose first page is followed by its checksum, as ROOT writes them and uproot does not."""
    with uproot.recreate(path, compression=None) as file:
        file.mkrntuple("Events", {"x": np.float64})
        file["Events"].extend({"x": np.arange(10.0)})
    with uproot.open(path) as file:
        ntuple = file["Events"]
        page = ntuple.page_link_list[0][0].pages[0]
        pages = ntuple.footer.cluster_group_records[0].page_list_link.locator
    start, size = page.locator.offset, page.locator.num_bytes
    content = bytearray(path.read_bytes())
    values = bytes(content[start : start + size])
    described = struct.pack("<iiQ", page.num_elements, size, start)
    assert content.count(described) == 1
    at = content.index(described)
    content[at : at + len(described)] = struct.pack("<iiQ", -page.num_elements, size, len(content))
    content += values + struct.pack("<Q", xxhash.xxh3_64_intdigest(values) + wrong)
    end = pages.offset + pages.num_bytes - 8
    content[end : end + 8] = struct.pack("<Q", xxhash.xxh3_64_intdigest(bytes(content[pages.offset : end])))
    path.write_bytes(content)
    return page.num_elements


@pytest.mark.parametrize("wrong", [0, 1])
def test_checksums_of_pages(tmp_path, wrong):
    path = tmp_path / "events.root"
    rntuple_with_a_checksum(path, wrong)
    if wrong:
        with pytest.raises(DataError, match=r"column 'x', entries 0 to 9 cannot be read.*does not match its checksum"):
            whole(RootTable(path), ["x"])
    else:
        np.testing.assert_array_equal(whole(RootTable(path), ["x"])["x"], np.arange(10.0))


def test_checksums_of_lists_of_pages(tmp_path):
    path = tmp_path / "events.root"
    rntuple_with_a_checksum(path, 0)
    with uproot.open(path) as file:
        start = file["Events"].footer.cluster_group_records[0].page_list_link.locator.offset
    content = bytearray(path.read_bytes())
    content[start + 20] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not a readable ROOT file.*a list of pages does not match its checksum"):
        RootTable(path).columns()


@pytest.fixture
def written(make, events):
    path = make(events)
    return path, path.read_bytes()


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_damage_anywhere_is_an_error_or_harmless(written, data):
    """Whatever byte is wrong: no other exception, no warning, and as many events as are promised."""
    path, content = written[0], bytearray(written[1])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    source = RootTable(path)
    try:
        for span, table in zip(source.spans(), source.read(["met", "jet_pt"], source.spans()), strict=True):
            assert {len(column) for column in table.columns.values()} == {table.length} == {span.stop - span.start}
            ak.sum(table.columns["jet_pt"])
    except DataError as error:
        assert "events.root" in str(error)  # noqa: PT017 - either outcome is right
