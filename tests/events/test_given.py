"""Whatever a caller hands in that is not what is wanted is refused in words, before anything is read."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fivesigma.core.errors import DataError, ExpressionError, FivesigmaError
from fivesigma.events.read import read

EVENTS = {"pt": np.arange(1.0, 11.0), "w": np.full(10, 0.5), "n": np.array([1, -9] * 5)}


@pytest.fixture
def files():
    return read(EVENTS)


@pytest.mark.parametrize(
    ("misuse", "says"),
    [
        (lambda f: f.select(3), r"a cut is a condition, such as 'pt > 30'; not 3"),
        (lambda f: f.select(["pt > 3"]), r"a cut is a condition, such as 'pt > 30'; not \['pt > 3'\]"),
        (lambda f: f.select(np.ones(10, dtype=bool)), "a cut is a condition"),
        (lambda f: f.select(hard=None), "a cut is a condition, such as 'pt > 30'; not None"),
        (lambda f: f.select(""), "an empty expression"),
        (lambda f: f.weigh(None), "a weight is an expression, such as '2 \\* w', or a number; not None"),
        (lambda f: f.weigh(np.ones(10)), "a weight is an expression"),
        (lambda f: f.weigh(True), "a weight is an expression"),
        (lambda f: f.weigh(float("nan")), "a weight is an expression.*not nan"),
        (lambda f: f.sample("s", kind="foo"), "a sample is of no kind 'foo'; there are: data, signal, background"),
        (lambda f: f.sample("s", kind="backgroud"), "no kind 'backgroud'; did you mean background"),
        (lambda f: f.sample("s", kind=None), "a sample is of no kind None; there are: data"),
        (lambda f: f.histogram("pt", [0, 1], kind="foo"), "a sample is of no kind 'foo'"),
        (lambda f: f.histogram(3.5j, [0, 1]), "what is filled is an expression"),
        (lambda f: f.sample("s", kind="signal", columns={"a": None}), "columns: a is an expression.*not None"),
        (lambda f: f.sample("s", kind="signal", columns=3), "columns: names, not 3"),
        (lambda f: f.sample("s", kind="signal", columns=["pt", 3]), r"columns: names, not \['pt', 3\]"),
        (lambda f: f.sample("s", kind="signal", columns=["ptt"]), "no column 'ptt'; did you mean pt"),
        (lambda f: f.normalise(luminosity=1, cross_section="1 +"), "'1 \\+' is not an expression"),
        (lambda f: f.normalise(luminosity="10", cross_section=1), "luminosity is a number above zero, not '10'"),
        (lambda f: f.normalise(luminosity=-1, cross_section=1), "luminosity is a number above zero, not -1"),
        (lambda f: f.normalise(luminosity=1, cross_section=None), "cross_section is an expression.*not None"),
        (lambda f: f.normalise(luminosity=1, cross_section=float("inf")), "cross_section is an expression.*not inf"),
        (lambda f: f.normalise(luminosity=1, cross_section=1, k_factor=[1]), r"k_factor is an expression.*not \[1\]"),
        (
            lambda f: f.normalise(luminosity=1, cross_section=1, generator_weight={}),
            "generator_weight is an expression",
        ),
        (lambda f: f.vary("pileup"), "pileup: no weights are given, such as up='w_up'"),
        (lambda f: f.vary("pileup", up=None), "pileup: up is an expression.*not None"),
        (lambda f: f.vary("pileup", up="w *"), "is not an expression"),
        (lambda f: f.vary("pileup", up="wup").sample("s", kind="signal"), "no column 'wup'; there are: pt, w, n"),
        (lambda f: f.shifted("scale", "up", "pt * 2"), "scale: expressions by name.*not 'pt \\* 2'"),
        (lambda f: f.shifted("scale", "up", {"pt": None}), "scale: pt is an expression"),
        (lambda f: f.shifted("scale", "up", {"pt": "ptt * 2"}).sample("s", kind="signal"), "no column 'ptt'"),
        (lambda f: f.blind(3), "what is blind is a condition"),
        (lambda f: f.blind("m > 3", {"m": 3j}), "observables: m is an expression"),
        (lambda f: f.inject(3, 2, seed=1), "which events are signal is a condition"),
        (lambda f: f.inject("pt > 3", -1, seed=1), "how many events are injected is a whole number, not -1"),
        (lambda f: f.inject("pt > 3", 2.5, seed=1), "how many events are injected is a whole number, not 2.5"),
        (lambda f: read(EVENTS, missing="none"), "missing: numbers that stand for 'not there', or 'nan'; not 'none'"),
        (lambda f: read(EVENTS, missing={"n": [None]}), "missing: numbers"),
        (lambda f: read(EVENTS, missing=[float("inf")]), "missing: numbers"),
        (lambda f: read(EVENTS, id_columns=3), "id_columns: names, not 3"),
        (lambda f: read(EVENTS, id_columns="nn").sample("s", kind="signal"), "no column 'nn'; did you mean n"),
        (lambda f: read([]), "no files are given"),
        (lambda f: read("*.py", folder=Path(__file__).parent, tree=5), "tree: names, not 5"),
        (lambda f: read("*.py", folder=Path(__file__).parent, tree=[b"E"]), r"tree: names, not \[b'E'\]"),
        (lambda f: read("*.py", folder=Path(__file__).parent, tree=[]), "tree: an empty list names none"),
        (lambda f: f.sample("s", kind="signal", workers=2), r"as in Workers\(2\); not 2"),
        (lambda f: f.histogram("pt", [0, 1], workers=2), r"as in Workers\(2\); not 2"),
        *(
            (
                lambda f, edges=edges: f.histogram("pt", edges),
                "the edges of bins are two or more numbers that rise, not",
            )
            for edges in ([], [1], [1, 1], [2, 1], [0, float("nan"), 1], ["a", "b"], "ab", None, 3, [[0, 1]], [0, 1j])
        ),
        (lambda f: read("nothing.root", friends=3), "nothing.root: no such file"),
    ],
)
def test_misuse_is_told_in_words(files, misuse, says):
    with pytest.raises(FivesigmaError, match=says):
        misuse(files)


def test_a_number_is_a_weight_and_a_factor(files):
    np.testing.assert_array_equal(files.weigh(2).sample("s", kind="signal").weight, np.full(10, 2.0))
    scaled = files.normalise(luminosity=1, cross_section=np.float64(3), sum_of_weights=1000, generator_weight=1)
    np.testing.assert_allclose(scaled.sample("s", kind="signal").weight, np.full(10, 3.0))
    varied = files.vary("flat", up=1.5).sample("s", kind="signal")
    np.testing.assert_array_equal(next(iter(varied.weights.values())), np.full(10, 1.5))
    shifted = files.shifted("flat", "up", {"pt": 7}).sample("s", kind="signal", columns={"a": "pt"})
    np.testing.assert_array_equal(shifted.events["a"], np.full(10, 7.0))


def test_one_name_is_a_list_of_one(files):
    assert set(files.sample("s", kind="signal", columns="pt").events) == {"pt"}
    one, two = (
        read({**EVENTS, "n": np.arange(10)}, id_columns=given).sample("s", kind="signal") for given in ("n", ["n"])
    )
    np.testing.assert_array_equal(one.id, two.id)


@pytest.mark.parametrize("given", [-9, [-9], np.float64(-9), {"n": -9}, {"n": [-9]}, ["nan", -9], [float("nan"), -9]])
def test_missing_values_however_they_are_given(given):
    sample = read(EVENTS, missing=given).sample("s", kind="signal")
    np.testing.assert_array_equal(np.isnan(sample.events["n"]), [False, True] * 5)


def test_a_folder_by_name(tmp_path):
    pl.DataFrame(EVENTS).write_parquet(tmp_path / "a.parquet")
    assert len(read("a.parquet", folder=str(tmp_path)).sample("s", kind="signal")) == 10
    assert len(read([Path("a.parquet")], folder=tmp_path).sample("s", kind="signal")) == 10


def test_a_text_that_is_no_expression_is_an_expression_error(files):
    with pytest.raises(ExpressionError):
        files.select("pt >")
    with pytest.raises(DataError):
        files.select("pt > 3").select("pt > 3")
