"""Values that stand for "not there" are found, and what only looks like one is left alone."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import polars as pl
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.events.sentinels import Extremes, Sentinel, sentinel

SHARED = Path(__file__).parents[3] / "shared/data"
GENERATOR = np.random.default_rng(5)
MASSES = GENERATOR.exponential(80, 1000) + 10
ANGLES = GENERATOR.uniform(-np.pi, np.pi, 1000)
COUNTS = GENERATOR.poisson(2, 1000)


def planted(values, value, times=100):
    return np.concatenate([values, np.full(times, value, dtype=values.dtype)])


@pytest.mark.parametrize("value", [-99, -999, -9999, -99.9, -999.9, 99999, 9999, -10, -1e10, 1e10, -5])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_value_far_from_all_others_is_found(value, kind):
    found = sentinel(planted((ANGLES / np.pi).astype(kind), value))
    assert found == (pytest.approx(value, rel=1e-6), pytest.approx(100 / 1100))


@pytest.mark.parametrize("value", [-999.9, 9999, -1e10, 1e10])
def test_so_it_is_among_masses(value):
    assert sentinel(planted(MASSES, value)).value == value


@pytest.mark.parametrize("value", [-999, -99, -99.9])
def test_nines_below_zero_are_found_however_wide_the_column_is(value):
    assert sentinel(planted(MASSES * 1000, value)).value == value


def test_nines_within_reach_of_the_others_are_found_where_they_pile_up():
    momenta = GENERATOR.normal(0, 300, 3000).clip(-850, 850) + GENERATOR.uniform(-1, 1, 3000)
    assert sentinel(planted(momenta, -999.0)).value == -999


def test_a_column_of_nothing_but_the_sentinel():
    assert sentinel(np.full(50, -999.0)) == Sentinel(-999, 1.0)


@pytest.mark.parametrize("value", [-99, -999, -9])
def test_whole_numbers_have_sentinels_too(value):
    assert sentinel(planted(COUNTS.clip(0, 5), value)).value == value


@pytest.mark.parametrize(
    "values",
    [
        planted(ANGLES, -np.pi),
        planted(ANGLES, -3.14),
        planted(MASSES, 0.0),
        planted(MASSES - 10, 0.0),
        planted(MASSES.clip(max=150), 150.0),
        planted(np.linspace(0, 999, 5000), 999.0),
        COUNTS,
        planted(COUNTS, -1),
        planted(np.zeros(1000), -1.0),
        GENERATOR.choice([-1, 1], 500),
        GENERATOR.choice([-2, 0, 2], 500),
        GENERATOR.choice([0, 1], 500),
        GENERATOR.choice([-4, -3, -2, -1, 1, 2, 3, 4, 21], 500),
        GENERATOR.choice([194533, 200519, 206859], 500),
        GENERATOR.choice([-5.0, 0.1, 0.3, 1.7, 5.0], 500),
        planted(GENERATOR.uniform(0, 0.03, 1000), 1.0),
        np.arange(100),
        np.repeat(np.arange(100), 20),
        np.full(100, 999.0),
        np.full(100, 1.0),
        np.array([]),
        np.full(10, np.nan),
        np.array([0.99, 0.5] * 50),
        np.array([True, False] * 50),
        planted(MASSES, -999.0, times=4),
        planted(np.tile(MASSES, 20), -999.0, times=5),
    ],
)
def test_what_only_looks_like_one_is_left_alone(values):
    assert sentinel(values) is None


def test_what_is_not_finite_is_counted_and_no_more():
    values = np.concatenate([planted(MASSES, -999.0), [np.nan] * 500, [np.inf] * 400])
    assert sentinel(values) == Sentinel(-999, 100 / 2000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([-999.0, -1.0, 0.0, np.nan, np.inf]) | st.floats(-1e4, 1e4, width=32) | st.integers(-30, 30),
        max_size=80,
    ),
    st.lists(st.integers(0, 80), max_size=6),
)
def test_pieces_add_up_exactly_however_they_are_cut(values, cuts):
    whole = np.array(values, dtype=np.float64)
    pieces = [Extremes.of(piece) for piece in np.split(whole, sorted(min(cut, len(whole)) for cut in cuts))]
    assert sum(pieces, Extremes()) == Extremes.of(whole)


def test_the_number_of_different_values_is_told_while_it_is_small():
    assert Extremes.of(np.arange(20)).distinct == 20
    assert Extremes.of(np.arange(21)).distinct is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of open data is not beside the checkout")
def test_in_published_events_exactly_the_right_ones_are_found():
    with uproot.open(SHARED / "root_files/nanoAOD_2015_CMS_Open_Data_ttbar.root") as file:
        nano = file["Events"].arrays(filter_typename=["float*", "int*_t*", "uint*_t*", "bool*"])
    columns = {name: ak.to_numpy(ak.flatten(nano[name], axis=None)) for name in nano.fields}
    assert {name for name, values in columns.items() if sentinel(values)} == {"Jet_btagCSVV2", "Jet_qgl"}
    files = [*SHARED.glob("atlas_*/*.csv"), *SHARED.glob("simulated/*.parquet"), SHARED / "higgsml/higgsml_dev.csv.gz"]
    flagged = {}
    for path in files:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)
        numbers = frame.select(pl.selectors.numeric())
        flagged |= {(path.name, n): found for n in numbers.columns if (found := sentinel(numbers[n].to_numpy()))}
    jets = ["deltaeta_jet_jet", "mass_jet_jet", "prodeta_jet_jet", "lep_eta_centrality"]
    parts = ["leading_pt", "leading_eta", "leading_phi", "subleading_pt", "subleading_eta", "subleading_phi"]
    expected = {"DER_mass_MMC", *(f"DER_{name}" for name in jets), *(f"PRI_jet_{name}" for name in parts)}
    assert {name for _, name in flagged} == expected
    assert {found.value for found in flagged.values()} == {-999}
