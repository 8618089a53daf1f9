"""Values that stand for "not there": replaced in any kind of column, refused where nobody said so, counted where a cut loses them."""

from dataclasses import replace

import awkward as ak
import numpy as np
import polars as pl
import pytest
import uproot

from fivesigma.core.errors import DataError, ExpressionError
from fivesigma.events.assemble import dataset
from fivesigma.events.formats.frames import frame
from fivesigma.events.missing import MissingValues
from fivesigma.events.read import EventFiles, read


def sample(files, **columns):
    return files.sample("s", kind="signal", columns=columns)


class TestReplaced:
    @pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.float32, np.float64])
    def test_in_columns_of_any_number(self, dtype):
        values = np.array([1, -99, 3, 99, -9], dtype=dtype)
        made = MissingValues(everywhere=(-99.0, -9.0)).replaced("a", values)
        assert made.dtype == np.float64
        np.testing.assert_array_equal(made, [1, np.nan, 3, 99, np.nan])

    def test_unsigned_numbers_hold_no_negative(self):
        values = np.array([1, 2**63, 9999], dtype=np.uint64)
        made = MissingValues(everywhere=(-9999.0,)).replaced("a", values)
        assert made is values
        np.testing.assert_array_equal(MissingValues(everywhere=(9999.0,)).replaced("a", values), [1, 2.0**63, np.nan])

    def test_texts_stay_as_they_are(self):
        words = np.array(["s", "-99", ""], dtype=object)
        assert MissingValues(everywhere=(-99.0,)).replaced("a", words) is words
        assert MissingValues(of_column={"a": (np.nan,)}).replaced("a", words) is words
        with pytest.raises(ExpressionError, match="column 'a' holds text; the number -99 is never in it"):
            MissingValues(of_column={"a": (-99.0,)}).replaced("a", words)

    def test_a_number_that_single_precision_rounds(self):
        values = np.array([-99.9, 1.5, -9999.9], dtype=np.float32)
        np.testing.assert_array_equal(
            MissingValues(everywhere=(-99.9, -9999.9)).replaced("a", values), [np.nan, 1.5, np.nan]
        )

    def test_by_column(self):
        missing = MissingValues(everywhere=(-1.0,), of_column={"b": (0.0,)})
        np.testing.assert_array_equal(missing.replaced("a", np.array([0, -1, 2])), [0, np.nan, 2])
        np.testing.assert_array_equal(missing.replaced("b", np.array([0, -1, 2])), [np.nan, np.nan, 2])
        assert MissingValues(of_column={"b": (0.0,)}).replaced("a", (values := np.array([0, 1]))) is values

    def test_nan_itself_needs_no_replacing(self):
        values = np.array([1.0, np.nan])
        assert MissingValues(everywhere=(np.nan,)).replaced("a", values) is values

    @pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
    def test_in_lists(self, dtype):
        lists = ak.unflatten(np.array([1, -999, 3, -999], dtype=dtype), [2, 0, 1, 1])
        made = MissingValues(everywhere=(-999.0,)).replaced("a", lists)
        expected = [[1.0, None], [], [3.0], [None]]
        assert ak.nan_to_none(made).tolist() == expected
        assert lists[0, 1] == -999

    def test_in_lists_that_were_sliced(self):
        lists = ak.Array([[1.0, -999.0], [], [3.0], [-999.0]])[np.array([3, 0])]
        made = MissingValues(everywhere=(-999.0,)).replaced("a", lists)
        assert ak.nan_to_none(made).tolist() == [[None], [1.0, None]]


@pytest.fixture
def root(tmp_path):
    """A ROOT file with a flat column and lists that lack values in each way."""
    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"met": "float32", "n": "int32", "jet_pt": "var * float32"})
        lists = ak.values_astype(ak.Array([[50.0, 30.0], [], [-999.0, 20.0], [40.0]]), np.float32)
        file["Events"].extend({"met": np.float32([10, -999, 30, 40]), "n": np.int32([2, 0, -999, 1]), "jet_pt": lists})
    return path


class TestRead:
    def test_flat_and_jagged_columns_of_a_root_file(self, root):
        made = sample(read(root, missing=[-999]), met="met", n="n", first="first(jet_pt)", jets="count(jet_pt > 25)")
        np.testing.assert_array_equal(made.events["met"], [10, np.nan, 30, 40])
        np.testing.assert_array_equal(made.events["n"], [2, 0, np.nan, 1])
        np.testing.assert_array_equal(made.events["first"], [50, np.nan, np.nan, 40])
        np.testing.assert_array_equal(made.events["jets"], [2, 0, 0, 1])

    def test_by_column_only_where_it_is_declared(self, root):
        made = sample(read(root, missing={"met": [-999]}), met="met", n="n")
        np.testing.assert_array_equal(made.events["met"], [10, np.nan, 30, 40])
        np.testing.assert_array_equal(made.events["n"], [2, 0, -999, 1])

    def test_identifiers_are_those_of_the_file(self, root):
        with_numbers = [read(root, id_columns=["n"], missing=missing) for missing in (None, [-999])]
        one, two = (sample(files, n="n") for files in with_numbers)
        np.testing.assert_array_equal(one.id, two.id)

    def test_weights_must_be_there(self, root):
        with pytest.raises(DataError, match=r"a\.root: weight met is NaN or infinite in 1 of 4 events, .* entry 1"):
            sample(read(root, missing=[-999]).weigh("met"), n="n")

    def test_what_is_computed_from_something_missing_is_missing(self):
        files = read({"a": np.array([1.0, -9.0, 3.0]), "b": np.array([1.0, 2.0, -9.0])}, missing=[-9])
        np.testing.assert_array_equal(sample(files, c="a + b").events["c"], [2, np.nan, np.nan])


NAN = {"a": np.array([1.0, np.nan, 3.0, 4.0]), "b": np.array([1.0, 2.0, 0.0, -9.0])}


class TestRefused:
    @pytest.mark.parametrize("missing", [None, [-9], {"b": ["nan"]}, {"b": [-9]}])
    def test_nan_that_nobody_declared(self, missing):
        says = (
            r"'c' \(a \+ 1\) is not there in 1 of 4 selected events, the first of them row 2; `missing: \[nan\]` lets"
        )
        with pytest.raises(DataError, match=says):
            sample(read(NAN, missing=missing), c="a + 1")

    @pytest.mark.parametrize("missing", [["nan"], {"a": ["nan"]}, [-9, float("nan")]])
    def test_nan_that_was_declared(self, missing):
        np.testing.assert_array_equal(sample(read(NAN, missing=missing), c="a").events["c"], NAN["a"])

    def test_nan_in_what_nobody_keeps(self):
        assert len(sample(read(NAN), b="b").weight) == 4
        assert len(sample(read(NAN).select("a > 0"), a="a").weight) == 3

    @pytest.mark.parametrize("missing", [None, ["nan"], [-9, "nan"]])
    @pytest.mark.parametrize(("expression", "row"), [("log(b - 1)", 1), ("1 / b", 3), ("sqrt(-b)", 1)])
    def test_what_is_computed_wrong(self, missing, expression, row):
        files = read(NAN, missing=missing).select("not missing(a)")
        says = rf"'c' \(.*\) is NaN or infinite in \d of 3 selected events, the first of them row {row}"
        with pytest.raises(DataError, match=says):
            sample(files, c=expression)

    def test_infinity_in_a_file(self, tmp_path):
        pl.DataFrame({"a": [1.0, 2.0, float("inf")]}).write_csv(tmp_path / "a.csv")
        with pytest.raises(DataError, match=r"a\.csv: 'c' \(a\) is NaN or infinite in 1 of 3 .* line 4"):
            sample(read(tmp_path / "a.csv", missing=["nan", -9]), c="a")

    def test_an_empty_list_has_no_first(self, root):
        files = read(root)
        with pytest.raises(DataError, match=r"'f' \(first\(jet_pt\)\) is not there in 1 of 4 .* entry 1"):
            sample(files, f="first(jet_pt)")
        np.testing.assert_array_equal(
            np.isnan(sample(read(root, missing=["nan"]), f="first(jet_pt)").events["f"]), [0, 1, 0, 0]
        )

    def test_a_shift_that_makes_no_number(self):
        """The column is there, its shift is not: that is a mistake, whatever may be missing."""
        files = read(NAN, missing=["nan", -9]).shifted("scale", "up", {"b": "sqrt(b - 1.5)"})
        with pytest.raises(
            DataError, match=r"'c' \(b, b shifted to sqrt\(b - 1\.5\)\) is NaN or infinite in 2 of 4 .* row 1"
        ):
            sample(files, c="b")

    def test_a_shift_of_what_is_missing(self):
        files = read(NAN, missing=["nan", -9]).shifted("scale", "up", {"b": "b * 2"})
        np.testing.assert_array_equal(sample(files, c="b").events["c"], [2, 4, 0, np.nan])

    @pytest.mark.parametrize(("missing", "lacks"), [({"a": ["nan"]}, [1]), ({"a": ["nan"], "b": [-9]}, [1, 3])])
    def test_a_shift_by_another_column_that_is_missing(self, missing, lacks):
        files = read(NAN, missing=missing).shifted("scale", "up", {"b": "b + a"})
        assert np.flatnonzero(np.isnan(sample(files, c="b").events["c"])).tolist() == lacks

    def test_a_shift_by_another_column_that_is_missing_undeclared(self):
        files = read(NAN, missing={"b": [-9]}).shifted("scale", "up", {"b": "b + a"})
        with pytest.raises(DataError, match=r"'c' \(b.*\) is not there in 1 of 4 selected events"):
            sample(files, c="b")

    def test_a_dataset_says_whether_anything_may_be_missing(self):
        made = sample(read(NAN, missing=["nan"]), a="a")
        with pytest.raises(DataError, match=r"'a' \(a\) is NaN or infinite in 1 of 4"):
            dataset([made], inputs=["a"])
        np.testing.assert_array_equal(np.isnan(dataset([made], inputs=["a"], missing=True).X[:, 0]), [0, 1, 0, 0])

    def test_an_input_that_no_event_has(self):
        signal = sample(read({"a": np.full(3, -9.0), "b": np.arange(3.0)}, missing=[-9]), a="a", b="b")
        data = read({"a": np.ones(3), "b": np.ones(3)}).sample("d", kind="data")
        with pytest.raises(DataError, match=r"input 'a' \(a\) is missing in every simulated event"):
            dataset([signal, data], inputs=["a", "b"], missing=True)
        assert len(dataset([signal, data], inputs=["b"], observables=["a"], missing=True)) == 6


JETS = {"pt": np.array([50.0, -9.0, -9.0, 10.0, 60.0, -9.0]), "n": np.array([2, 1, 1, 2, 2, 0])}


class TestLostByACut:
    def lost(self, *cuts, columns=None, missing=(-9,)):
        made = sample(read(columns or JETS, missing=list(missing)).select(*cuts), n="n")
        told = {f.subject: f.evidence["events"] for f in made.findings if f.code == "cut-on-missing"}
        assert told == {f"s, {row.step}": row.missing for row in made.cutflow if row.missing}
        return told

    def test_events_that_lack_the_value_are_counted(self):
        assert self.lost("pt > 20") == {"s, pt > 20": 3}

    def test_events_lost_before_are_not(self):
        assert self.lost("n > 0", "pt > 20") == {"s, pt > 20": 2}

    @pytest.mark.parametrize(
        "cut",
        [
            "missing(pt) or pt > 20",
            "default(pt, 0) > 20",
            "isfinite(pt) and pt > 20",
            "not missing (pt)",
            "not missing(\n pt)",
        ],
    )
    def test_a_cut_that_says_what_becomes_of_them(self, cut):
        assert self.lost(cut) == {}

    def test_a_column_that_is_only_called_so(self):
        columns = {**JETS, "missing_et": JETS["pt"]}
        assert self.lost("missing_et > 20", columns=columns) == {"s, missing_et > 20": 3}

    def test_a_cut_that_they_pass(self):
        assert self.lost("pt != 50") == {}

    def test_pieces_of_a_file_add_up(self):
        many = {name: np.tile(column, 100) for name, column in JETS.items()}
        files = EventFiles(
            sources=(replace(frame(many), span_rows=7),), missing=MissingValues(everywhere=(-9.0,))
        ).select("pt > 20")
        made = sample(files, n="n")
        assert made.cutflow[1].missing == 300

    def test_with_duplicates_removed(self):
        made = (
            read({**JETS, "event": np.array([1, 2, 3, 4, 4, 5])}, missing=[-9])
            .select("pt > 20")
            .sample("s", kind="signal", columns=["n"], remove_duplicates=True)
        )
        assert [(row.step, row.missing) for row in made.cutflow] == [
            ("read", 0),
            ("duplicates removed", 0),
            ("pt > 20", 3),
        ]

    def test_blind_events_are_not_among_them(self):
        blind = read(JETS, missing=[-9]).blind("n == 1").select("pt > 20").sample("d", kind="data", columns=["n"])
        assert [row.missing for row in blind.cutflow] == [0, 1]
