"""Event files of a recipe: weights, numbers, pseudo-data, and the shipped events against events made now."""

import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import ks_2samp

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import read_provenance, write_events
from fivesigma.simulation.final_states.four_leptons import LEADING_PT, LEPTON_COLUMNS
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.processes import Bookkeeping, RecipeSimulation
from fivesigma.simulation.pseudo_data import simulate_pseudo_data
from fivesigma.simulation.samples import ID_BLOCK, require_ours, simulate_process

RECIPE = RECIPES["higgs-4l"]
SHIPPED = Path(str(files("fivesigma"))) / "recipes" / "higgs-4l" / "events"


def columns(path):
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def leptons(events):
    return [np.stack([events[f"lep_{k}_{i}"] for i in range(4)]) for k in ("pt", "eta", "phi", "type", "charge")]


def selected(events):
    _, _, _, kind, charge = leptons(events)
    return np.isin(kind.sum(axis=0), [44, 48, 52]) & (charge.sum(axis=0) == 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """60 events of each process and pseudo-data at a hundredth of the luminosity, made now."""
    pytest.importorskip("pythia8mc")
    directory = tmp_path_factory.mktemp("events")
    cards = tuple(replace(RECIPE.process(name), chunk_size=size) for name, size in (("higgs", 800), ("zz", 1300)))
    recipe = replace(RECIPE, luminosity=0.1, processes=cards)
    seen = []
    for process in cards:
        each = Generation(process=process, seed=1, stream="simulation", directory=directory, timeout=120)
        simulate_process(recipe, each, 60, lambda done, wanted: seen.append((done, wanted)))
    simulate_pseudo_data(recipe, each)
    return recipe, each, directory, seen


def test_exactly_the_events_asked_for_and_weights_that_sum_to_the_expected_yield(made):
    recipe, _, directory, _ = made
    for name in recipe.names:
        events, provenance = columns(directory / f"{name}.parquet"), read_provenance(directory / f"{name}.parquet")
        assert set(events) == {*LEPTON_COLUMNS, "id", "weight"}
        assert len(events["id"]) == provenance["events"]["written"] == 60
        (rate,) = provenance["rates"]
        assert events["weight"].sum() == pytest.approx(rate["expected"], rel=1e-12)
        assert provenance["expected"] == rate["expected"]
        assert rate["expected"] == pytest.approx(1000 * 0.1 * rate["cross_section"] * rate["acceptance"], rel=1e-12)
        assert provenance["process"]["settings"] == list(recipe.process(name).settings)
        assert provenance["columns"] == {"id": "id", "weight": "weight"}
        assert len(np.unique(events["id"])) == 60
        assert set(provenance["versions"]) == {"fivesigma", "pythia8mc", "fastjet"}
        assert provenance["seed"] == 1


def test_leptons_come_in_order_within_the_acceptance(made):
    recipe, _, directory, _ = made
    for name in recipe.names:
        pt, eta, phi, kind, charge = leptons(columns(directory / f"{name}.parquet"))
        assert (np.diff(pt, axis=0) <= 0).all()
        assert (pt >= np.array(LEADING_PT)[:, np.newaxis] * (1 - 2**-13)).all()
        assert (np.abs(eta) <= np.where(kind == 11, 2.47, 2.7) * (1 + 2**-13)).all()
        assert (np.abs(phi) <= np.pi * (1 + 2**-13)).all()
        assert set(np.unique(charge)) == {-1, 1}


def test_progress_ends_at_what_was_asked_for_and_nothing_else_is_left(made):
    _, _, directory, seen = made
    assert seen[-1] == (60, 60)
    assert sorted(path.name for path in directory.iterdir()) == ["higgs.parquet", "pseudo_data.parquet", "zz.parquet"]


def test_what_stands_is_not_made_again_but_other_numbers_are(made):
    recipe, each, directory, _ = made
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    simulate_process(recipe, each, 60, lambda done, wanted: pytest.fail("generates again"))
    simulate_pseudo_data(recipe, each, lambda done, wanted: pytest.fail("generates again"))
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before


@pytest.mark.parametrize("suffix", [".parquet", ".root"])
def test_what_no_simulation_made_is_not_written_over(made, tmp_path, suffix):
    recipe, each, _, _ = made
    path = tmp_path / f"zz{suffix}"
    path.write_bytes(b"theirs")
    message = rf"zz{suffix}: not a readable .*; it is left as it is: move it away"
    with pytest.raises(SimulationError, match=message):
        simulate_process(recipe, replace(each, directory=tmp_path), 60, suffix=suffix)
    assert path.read_bytes() == b"theirs"
    path.unlink()
    path.mkdir()
    with pytest.raises(SimulationError, match=message):
        simulate_process(recipe, replace(each, directory=tmp_path), 60, suffix=suffix)
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_in_the_way_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "zz.parquet")
    with pytest.raises(SimulationError, match=r"zz\.parquet: not a file; it is left as it is"):
        require_ours(tmp_path / "zz.parquet")


def test_pseudo_data_do_not_write_over_those_of_others_either(made, tmp_path):
    recipe, each, directory, _ = made
    for name in recipe.names:
        (tmp_path / f"{name}.parquet").write_bytes((directory / f"{name}.parquet").read_bytes())
    (tmp_path / "pseudo_data.parquet").write_bytes(b"theirs")
    with pytest.raises(SimulationError, match=r"pseudo_data\.parquet: not a readable .*; it is left as it is"):
        simulate_pseudo_data(recipe, replace(each, directory=tmp_path))
    assert (tmp_path / "pseudo_data.parquet").read_bytes() == b"theirs"


def test_pseudo_data_of_files_of_another_version_are_refused(made, tmp_path):
    recipe, each, directory, _ = made
    for name in recipe.names:
        table = pq.read_table(directory / f"{name}.parquet")
        write_events(tmp_path / f"{name}.parquet", {"id": table["id"].to_numpy()}, {"schema": 1, "key": "old"})
    with pytest.raises(DataError, match=r"higgs\.parquet: made by another version of the simulation"):
        simulate_pseudo_data(recipe, replace(each, directory=tmp_path))


def test_two_at_once_of_one_process_are_refused(made):
    recipe, each, directory, _ = made
    with each.alone():
        with pytest.raises(SimulationError, match="zz: another simulation is at work on it in"):
            simulate_process(recipe, each, 60)
        # another process, and pseudo-data, are free
        simulate_process(recipe, replace(each, process=recipe.process("higgs")), 60)
        simulate_pseudo_data(recipe, each)
    assert not (directory / ".chunks").exists()


SLICED = replace(
    RECIPE.process("zz"),
    name="sliced",
    settings=("WeakBosonAndParton:qqbar2gmZg = on", "23:onMode = off", "23:onIfAny = 11 13"),
    slices=(40.0, 80.0, 160.0),
    k_factor=2.0,
    chunk_size=60,
    final_state="dilepton",
)


@pytest.fixture(scope="module")
def sliced(tmp_path_factory):
    """31 events of a process of three slices, made now, as the second of a recipe that keeps all columns of bookkeeping."""
    pytest.importorskip("pythia8mc")
    recipe = RecipeSimulation(
        recipe="test",
        luminosity=2.0,
        processes=(replace(SLICED, name="first"), SLICED),
        columns={str(each): each for each in get_args(Bookkeeping)},
    )
    each = Generation(process=SLICED, seed=3, stream="simulation", directory=tmp_path_factory.mktemp("sliced"))
    path = simulate_process(recipe, each, 31)
    return recipe, each, columns(path), read_provenance(path)


def test_weights_sum_to_cross_section_times_luminosity_in_each_slice(sliced):
    _, _, events, provenance = sliced
    assert np.bincount(events["slice"]).tolist() == [0, 11, 10, 10]
    names = [rate["process"] for rate in provenance["rates"]]
    assert names == ["sliced-40-80", "sliced-80-160", "sliced-160"]
    for number, rate in enumerate(provenance["rates"], start=1):
        mine = events["slice"] == number
        expected = rate["cross_section"] * 2000 * rate["acceptance"]
        assert events["weight"][mine].sum() == pytest.approx(expected, rel=1e-12)
        assert set(events["cross_section"][mine]) == {rate["cross_section"]}
        # the two ways to weigh an event agree: sigma L w / sum of w of all that were generated for the written ones
        other = 2000 * events["cross_section"] * events["generator_weight"] / events["sum_of_weights"]
        np.testing.assert_allclose(events["weight"][mine], other[mine], rtol=1e-9)
    assert events["weight"].sum() == pytest.approx(provenance["expected"], rel=1e-12)
    # steeply falling: each slice is rarer than the last
    assert provenance["rates"][0]["cross_section"] > 3 * provenance["rates"][1]["cross_section"]
    assert provenance["rates"][1]["cross_section"] > 3 * provenance["rates"][2]["cross_section"]


def test_numbers_are_unique_across_slices_and_files(sliced):
    _, _, events, _ = sliced
    assert len(np.unique(events["id"])) == len(np.unique(events["number"])) == 31
    assert set(events["file"]) == {2}
    assert set(events["is_signal"]) == {0}
    np.testing.assert_array_equal(events["id"], events["number"] + ID_BLOCK)
    assert events["number"].max() < ID_BLOCK
    assert (np.diff(events["number"]) > 0).all()


def test_what_stands_of_slices_is_not_made_again(sliced):
    recipe, each, _, _ = sliced
    simulate_process(recipe, each, 31, lambda done, wanted: pytest.fail("generates again"))
    assert [path.name for path in each.directory.iterdir()] == ["sliced.parquet"]


def test_fewer_events_than_slices_are_refused(sliced):
    recipe, each, _, _ = sliced
    with pytest.raises(FivesigmaError, match="sliced: 3 slices need at least 3 events, not 2"):
        simulate_process(recipe, each, 2)


def test_a_foreign_process_is_refused(made):
    _, each, _, _ = made
    with pytest.raises(FivesigmaError, match="recipe other has no process 'zz'; there are: higgs"):
        simulate_process(RecipeSimulation(recipe="other", luminosity=1, processes=(RECIPE.process("higgs"),)), each, 5)


def test_pseudo_data_need_the_processes_first(made, tmp_path):
    recipe, each, _, _ = made
    with pytest.raises(DataError, match=r"higgs\.parquet"):
        simulate_pseudo_data(recipe, replace(each, directory=tmp_path))


def test_pseudo_data_tell_nothing_of_the_truth(made):
    recipe, _, directory, _ = made
    events, provenance = columns(directory / "pseudo_data.parquet"), read_provenance(directory / "pseudo_data.parquet")
    assert set(events) == {*LEPTON_COLUMNS, "id", "weight"}
    assert set(events["weight"]) <= {1.0}
    assert events["id"].tolist() == list(range(2_000_000_000, 2_000_000_000 + len(events["id"])))
    assert provenance["content"] == "pseudo_data"
    assert set(provenance["expected"]) == set(recipe.names)
    assert provenance["events"] == {"written": len(events["id"])}


@pytest.mark.parametrize("name", ["higgs", "zz"])
@pytest.mark.parametrize(
    "quantity", ["m4l", "z1_mass", "z2_mass", "cos_theta_star", "lep_pt_0", "lep_pt_3", "lep_eta_1"]
)
def test_events_made_now_are_distributed_as_the_shipped_ones(made, name, quantity):
    _, _, directory, _ = made

    def values(path):
        events = columns(path)
        found = (
            FOUR_LEPTON_FUNCTIONS[quantity](*leptons(events)) if quantity in FOUR_LEPTON_FUNCTIONS else events[quantity]
        )
        return found[selected(events) & np.isfinite(found)]

    assert ks_2samp(values(directory / f"{name}.parquet"), values(SHIPPED / f"{name}.parquet")).pvalue > 1e-4


def test_the_two_processes_would_not_pass_for_each_other(made):
    _, _, directory, _ = made
    now = columns(directory / "higgs.parquet")["lep_pt_0"]
    assert ks_2samp(now, columns(SHIPPED / "zz.parquet")["lep_pt_0"]).pvalue < 1e-4


@pytest.mark.parametrize("name", ["higgs", "zz"])
def test_as_many_are_expected_now_as_of_the_shipped_events(made, name):
    recipe, _, directory, _ = made
    now, shipped = (columns(folder / f"{name}.parquet")["weight"].sum() for folder in (directory, SHIPPED))
    (rate,) = read_provenance(directory / f"{name}.parquet")["rates"]
    error = 4 * rate["acceptance_error"] / rate["acceptance"] + 0.05  # and some for the cross section
    assert now * RECIPE.luminosity / recipe.luminosity == pytest.approx(shipped, rel=error)


def test_shipped_events_are_many_small_and_their_numbers_disjoint():
    paths = {path.stem: path for path in SHIPPED.glob("*.parquet")}
    assert set(paths) == {"higgs", "zz", "pseudo_data"}
    assert sum(path.stat().st_size for path in paths.values()) < 4e6
    tables = {name: columns(path) for name, path in paths.items()}
    for name in ("higgs", "zz"):
        assert selected(tables[name]).sum() >= 22_000
        assert 0.9 < selected(tables[name]).mean() < 0.99  # the cuts have something to cut
    ids = np.concatenate([events["id"] for events in tables.values()])
    assert len(np.unique(ids)) == len(ids)


def test_shipped_pseudo_data_are_as_many_as_expected():
    observed = read_provenance(SHIPPED / "pseudo_data.parquet")
    expected = sum(observed["expected"].values())
    assert observed["events"]["written"] == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_shipped_pseudo_data_are_none_of_the_simulated_events():
    pseudo = {
        tuple(row) for row in np.stack([columns(SHIPPED / "pseudo_data.parquet")[f"lep_pt_{i}"] for i in range(4)]).T
    }
    for name in RECIPE.names:
        events = columns(SHIPPED / f"{name}.parquet")
        assert pseudo.isdisjoint(map(tuple, np.stack([events[f"lep_pt_{i}"] for i in range(4)]).T))


@pytest.mark.parametrize("kind", [11, 13])
def test_the_signal_peaks_at_125_gev_as_wide_as_the_smearing_makes_it(kind):
    events = columns(SHIPPED / "higgs.parquet")
    found = leptons(events)
    alike = (found[3] == kind).all(axis=0) & selected(events)
    pt, eta, phi, types, charge = (column[:, alike].astype(float) for column in found)
    m4l = FOUR_LEPTON_FUNCTIONS["m4l"](pt, eta, phi, types, charge)
    response = DETECTOR.electron if kind == 11 else DETECTOR.muon
    # m² is linear in each pt, so ∂ ln m / ∂ ln pt is half the lepton's share of m²
    variance = np.zeros(len(m4l))
    for i in range(4):
        without = pt.copy()
        without[i] = 0
        share = 1 - (FOUR_LEPTON_FUNCTIONS["m4l"](without, eta, phi, types, charge) / m4l) ** 2
        variance += (share / 2 * response.resolution_at(pt[i], eta[i])) ** 2
    pull = (m4l - 125) / (m4l * np.sqrt(variance))
    low, median, high = np.quantile(pull, [0.16, 0.5, 0.84])
    assert abs(median) < 0.3
    assert (high - median) == pytest.approx(1.05, abs=0.1)
    assert 1 < (median - low) < 1.6  # photons outside the cone leave a tail below
