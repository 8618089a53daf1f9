"""A table is described the same however it is cut into pieces, and as its columns are."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.events.describe import Multiplicity, describe
from fivesigma.events.source import ColumnInfo, Span, Table


class Memory:
    """A table in memory, in pieces between the rows given, that notes what is read of it."""

    name = "memory"

    def __init__(self, columns, cuts=(), kinds=None):
        self._columns, self._kinds, self.rows_read = columns, kinds or {}, 0
        size = len(next(iter(columns.values())))
        edges = [0, *sorted(cuts), size]
        self._spans = [Span(low, high) for low, high in pairwise(edges)]

    def columns(self):
        return {name: self._info(name, column) for name, column in self._columns.items()}

    def _info(self, name, column):
        kind = "jagged" if isinstance(column, ak.Array) else self._kinds.get(name, "flat")
        return ColumnInfo(name=name, type=str(column.type if kind == "jagged" else column.dtype), kind=kind)

    def spans(self):
        return self._spans

    def read(self, names, spans):
        for start, stop in spans:
            self.rows_read += (stop - start) * len(names)
            yield Table({name: self._columns[name][start:stop] for name in names}, stop - start)


GENERATOR = np.random.default_rng(2)
COLUMNS = {
    "lep_pt": GENERATOR.exponential(40_000, 300) + 20_000,
    "jet_m": np.append(GENERATOR.exponential(2_000, 200), np.full(100, -999.0)),
    "phi": GENERATOR.uniform(-np.pi, np.pi, 300),
    "charge": GENERATOR.choice([-1, 1], 300),
    "gap": np.where(np.arange(300) % 3 == 0, np.nan, 1.5),
    "jets": ak.unflatten(np.arange(600.0), np.tile([0, 1, 5], 100)),
}


def test_each_column_is_what_it_is():
    found = describe(Memory(COLUMNS))
    assert (found.name, found.events, found.described) == ("memory", 300, 300)
    pt, mass, jets = (found.columns[name] for name in ("lep_pt", "jet_m", "jets"))
    assert (pt.minimum, pt.maximum) == (COLUMNS["lep_pt"].min(), COLUMNS["lep_pt"].max())
    assert pt.mean == pytest.approx(COLUMNS["lep_pt"].mean(), rel=1e-12)
    assert (pt.missing, pt.values, pt.sentinel, pt.unit) == (0, None, None, "MeV")
    assert mass.sentinel == (-999, pytest.approx(1 / 3))
    assert mass.minimum == COLUMNS["jet_m"][:200].min()
    assert mass.mean == pytest.approx(COLUMNS["jet_m"][:200].mean(), rel=1e-12)
    assert mass.unit == "MeV"  # small, but the table's other momentum is
    assert found.columns["phi"].unit == "rad"
    assert (found.columns["charge"].values, found.columns["charge"].unit) == ((-1, 1), None)
    assert found.columns["gap"].missing == pytest.approx(1 / 3)
    assert found.columns["gap"].mean == 1.5
    assert (jets.kind, jets.size, jets.multiplicity) == ("jagged", 600, Multiplicity(mean=2.0, maximum=5))
    assert (jets.minimum, jets.maximum, jets.mean) == (0, 599, 299.5)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=8))
def test_how_the_pieces_lie_does_not_matter(cuts):
    whole, pieces = describe(Memory(COLUMNS)), describe(Memory(COLUMNS, cuts))
    for name, column in whole.columns.items():
        other = pieces.columns[name]
        assert other.mean == pytest.approx(column.mean, rel=1e-12)
        assert dataclasses.replace(other, mean=column.mean) == column


def test_only_the_first_rows_are_looked_at_if_so_wished():
    source = Memory(COLUMNS, range(10, 300, 10))
    found = describe(source, ["lep_pt"], rows=25)
    assert (found.events, found.described, found.columns["lep_pt"].size) == (300, 25, 25)
    assert found.columns["lep_pt"].maximum == COLUMNS["lep_pt"][:25].max()
    assert source.rows_read == 30
    assert describe(source, rows=1000).described == 300


def test_a_table_of_many_columns_is_whole():
    columns = {f"x{i}": np.full(4, float(i)) for i in range(150)}
    found = describe(Memory(columns))
    assert [column.mean for column in found.columns.values()] == list(range(150))


def test_a_table_without_events_or_numbers():
    assert describe(Memory({"pt": np.empty(0)})).columns["pt"].mean is None
    words = describe(Memory({"name": np.array(["a", "b"])}, kinds={"name": "text"}))
    assert (words.events, words.columns["name"].kind, words.columns["name"].size) == (2, "text", 0)


def test_what_is_not_finite_is_told_apart():
    column = describe(Memory({"x": np.array([1.0, 2.0, np.nan, np.inf])})).columns["x"]
    assert (column.missing, column.infinite, column.mean, column.maximum) == (0.25, 0.25, 1.5, 2.0)


def test_no_mean_is_made_up_where_a_huge_sentinel_drowns_it():
    column = describe(Memory({"pt": np.append(np.arange(1.0, 100), np.full(20, 3.4e38))})).columns["pt"]
    assert column.sentinel == (3.4e38, pytest.approx(20 / 119))
    assert (column.minimum, column.maximum, column.mean, column.unit) == (1, 99, None, None)


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(DataError, match="memory: no column 'lep_pr'; did you mean lep_pt"):
        describe(Memory(COLUMNS), ["lep_pr"])
