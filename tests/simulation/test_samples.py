"""Event files of a recipe: weights, numbers, pseudo-data, and the shipped events against events made now."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import ks_2samp

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.detector import DETECTOR
from fivesigma.simulation.files import read_provenance
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.processes import RECIPES, RecipeSimulation
from fivesigma.simulation.pseudo_data import simulate_pseudo_data
from fivesigma.simulation.reconstruction import LEPTON_COLUMNS
from fivesigma.simulation.samples import Rate, simulate_process

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


def chunk(weights, generated, sum_of_weights, cross_section=2.0):
    return Chunk(
        index=0,
        generated=generated,
        sum_of_weights=sum_of_weights,
        cross_section=cross_section,
        cross_section_error=0.3,
        pythia="8",
        number=np.arange(len(weights)),
        weight=np.array(weights),
        columns={},
    )


def test_rate_of_a_given_cross_section():
    process = replace(RECIPE.processes["higgs"], cross_section=0.5)
    rate = Rate.of(process, 10.0, [chunk([1, 1, 2], 10, 11.0), chunk([1], 10, 9.0)])
    assert rate.acceptance == 5 / 20
    assert rate.expected == pytest.approx(0.5 * 1000 * 10 * 0.25)
    assert rate.acceptance_error == pytest.approx(np.sqrt(0.25 * 0.75 / 20))
    assert rate.cross_section_error is None


def test_rate_of_a_k_factor():
    process = replace(RECIPE.processes["zz"], k_factor=1.5)
    rate = Rate.of(process, 1.0, [chunk([1], 10, 10.0, 2.0), chunk([1], 10, 10.0, 4.0)])
    assert rate.cross_section == pytest.approx(4.5)
    assert rate.cross_section_error == pytest.approx(1.5 * 0.3 * np.sqrt(2) / 2)
    assert rate.expected == pytest.approx(4.5 * 1000 * 0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """60 events of each process and pseudo-data at a hundredth of the luminosity, made now."""
    pytest.importorskip("pythia8mc")
    directory = tmp_path_factory.mktemp("events")
    recipe = replace(RECIPE, luminosity=0.1)
    seen = []
    for name, process in recipe.processes.items():
        size = {"higgs": 500, "zz": 800}[name]
        each = Generation(
            process=process, seed=1, stream="simulation", directory=directory, chunk_size=size, timeout=120
        )
        simulate_process(recipe, each, 60, lambda done, wanted: seen.append((done, wanted)))
    simulate_pseudo_data(recipe, each)
    return recipe, each, directory, seen


def test_exactly_the_events_asked_for_and_weights_that_sum_to_the_expected_yield(made):
    recipe, _, directory, _ = made
    for name in recipe.processes:
        events, provenance = columns(directory / f"{name}.parquet"), read_provenance(directory / f"{name}.parquet")
        assert set(events) == {*LEPTON_COLUMNS, "id", "weight"}
        assert len(events["id"]) == provenance["events"]["written"] == 60
        rate = provenance["rate"]
        assert events["weight"].sum() == pytest.approx(rate["expected"], rel=1e-12)
        assert rate["expected"] == pytest.approx(1000 * 0.1 * rate["cross_section"] * rate["acceptance"], rel=1e-12)
        assert provenance["process"] == json.loads(json.dumps(provenance["process"]))
        assert provenance["pythia"].startswith("8.")
        assert provenance["seed"] == 1


def test_leptons_come_in_order_within_the_acceptance(made):
    recipe, _, directory, _ = made
    for name in recipe.processes:
        pt, eta, phi, kind, charge = leptons(columns(directory / f"{name}.parquet"))
        assert (np.diff(pt, axis=0) <= 0).all()
        assert (pt >= np.array(DETECTOR.leading_pt)[:, np.newaxis] - 2**-9).all()
        assert (np.abs(eta) <= np.where(kind == 11, 2.47, 2.7) + 2**-13).all()
        assert (np.abs(phi) <= np.pi + 2**-13).all()
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


def test_a_foreign_process_is_refused(made):
    _, each, _, _ = made
    with pytest.raises(FivesigmaError, match="recipe other has no process 'zz'; there are: higgs"):
        simulate_process(
            RecipeSimulation(recipe="other", luminosity=1, processes={"higgs": RECIPE.processes["higgs"]}), each, 5
        )


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
    assert set(provenance["expected"]) == set(recipe.processes)
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
def test_acceptance_made_now_is_that_of_the_shipped_events(made, name):
    _, _, directory, _ = made
    now, shipped = (read_provenance(folder / f"{name}.parquet")["rate"] for folder in (directory, SHIPPED))
    assert now["acceptance"] == pytest.approx(shipped["acceptance"], abs=4 * now["acceptance_error"])
    assert now["cross_section"] == pytest.approx(shipped["cross_section"], rel=0.05)


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


def test_shipped_events_were_made_by_the_cards_as_they_are():
    for name, process in RECIPE.processes.items():
        key = read_provenance(SHIPPED / f"{name}.parquet")["process"]
        assert key == json.loads(json.dumps({field: getattr(process, field) for field in process.__slots__}))


def test_shipped_pseudo_data_are_as_many_as_expected():
    observed = read_provenance(SHIPPED / "pseudo_data.parquet")
    expected = sum(observed["expected"].values())
    assert observed["events"]["written"] == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_shipped_pseudo_data_are_none_of_the_simulated_events():
    pseudo = {
        tuple(row) for row in np.stack([columns(SHIPPED / "pseudo_data.parquet")[f"lep_pt_{i}"] for i in range(4)]).T
    }
    for name in RECIPE.processes:
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
