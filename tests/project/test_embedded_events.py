"""The events that come with the package are those that the command makes, and make no claim that they do not keep."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.files import read_provenance
from fivesigma.simulation.objects.detector import DETECTOR

PACKAGE = Path(str(files("fivesigma"))) / "recipes"
PROCESSES = [(recipe.recipe, process.name) for recipe in RECIPES.values() for process in recipe.processes]


def embedded(recipe, name):
    return PACKAGE / recipe / "events" / f"{name}.parquet"


def columns(path):
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def as_json(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize(("recipe", "name"), PROCESSES)
def test_the_file_is_what_its_card_makes_now(recipe, name):
    """A card or a constant of the detector that is changed without making the events again is seen here."""
    made, simulation = read_provenance(embedded(recipe, name)), RECIPES[recipe]
    assert made["process"] == as_json(asdict(simulation.process(name)))
    assert made["detector"] == as_json(asdict(DETECTOR))
    assert (made["luminosity"], made["columns"]) == (simulation.luminosity, dict(simulation.columns))
    assert (made["seed"], made["stream"], made["content"]) == (42, "simulation", "simulation")
    assert pq.read_metadata(embedded(recipe, name)).num_rows == made["events"]["written"]


@pytest.mark.parametrize(("recipe", "name"), PROCESSES)
def test_weights_sum_to_what_each_cross_section_brings(recipe, name):
    made, events = read_provenance(embedded(recipe, name)), columns(embedded(recipe, name))
    (weight,) = (column for column, what in RECIPES[recipe].columns.items() if what == "weight")
    assert (events[weight] > 0).all()
    share = np.array_split(events[weight], len(made["rates"]))
    for rate, weights in zip(made["rates"], share, strict=True):
        brought = 1000 * made["luminosity"] * rate["cross_section"] * rate["acceptance"]
        assert weights.sum() == pytest.approx(brought, rel=1e-9)


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_two_events_of_a_recipe_have_one_number(recipe):
    identifying = [
        column for column, what in RECIPES[recipe].columns.items() if what in ("id", "file", "slice", "number")
    ]
    rows = [
        np.stack([events[name] for name in identifying])
        for path in sorted((PACKAGE / recipe / "events").glob("*.parquet"))
        for events in [columns(path)]
    ]
    together = np.concatenate(rows, axis=1)
    assert len(np.unique(together, axis=1).T) == together.shape[1]


def test_they_are_small_and_nothing_lies_beside_them():
    total = 0
    for recipe, simulation in RECIPES.items():
        found = sorted((PACKAGE / recipe / "events").iterdir())
        pseudo_data = ["pseudo_data"] if simulation.pseudo_data else []
        assert [path.name for path in found] == sorted(f"{name}.parquet" for name in [*simulation.names, *pseudo_data])
        size = sum(path.stat().st_size for path in found)
        assert size <= 6e6, recipe
        total += size
    assert total <= 25e6
    assert sorted(path.name for path in PACKAGE.iterdir() if path.is_dir()) == sorted(RECIPES)


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "name"), PROCESSES)
def test_events_made_now_are_distributed_as_the_embedded_ones(recipe, name, tmp_path):
    """Another seed: other events of the same distribution, and the same rate."""
    pytest.importorskip("pythia8mc")
    from fivesigma.simulation.generate import Generation
    from fivesigma.simulation.samples import simulate_process

    simulation = RECIPES[recipe]
    process = simulation.process(name)
    each = Generation(process=process, seed=7, stream="simulation", directory=tmp_path, workers=2)
    path = simulate_process(simulation, each, 200)
    now, then = columns(path), columns(embedded(recipe, name))
    assert list(now) == list(then)
    values = {column: compared(now[column], then[column]) for column in now if column not in simulation.columns}
    assert min(values.values()) > 1e-4 / len(values), values
    for made, stated in zip(
        read_provenance(path)["rates"], read_provenance(embedded(recipe, name))["rates"], strict=True
    ):
        error = np.hypot(error_of(made), error_of(stated))
        assert abs(made["expected"] - stated["expected"]) < 4.5 * error


def compared(now, then):
    """Return the probability that two samples of one distribution differ as much as these."""
    if np.unique(then).size > 20:
        return ks_2samp(now, then).pvalue
    edges = [value for value in np.unique(then) if (then == value).sum() * len(now) > 5 * len(then)]
    if len(edges) < 2:
        return 1.0
    counts = [
        [((low <= x) & (x < high)).sum() for low, high in pairwise([-np.inf, *edges[1:], np.inf])] for x in (now, then)
    ]
    return chi2_contingency(counts).pvalue


def error_of(rate):
    """Return the statistical error of the expected events."""
    cross_section = (rate["cross_section_error"] or 0.0) / rate["cross_section"]
    return rate["expected"] * np.hypot(cross_section, rate["acceptance_error"] / rate["acceptance"])


def test_a_shift_would_be_seen():
    random = np.random.default_rng(3)
    then = random.normal(size=20_000)
    assert compared(random.normal(size=200), then) > 1e-4
    assert compared(random.normal(size=200) + 0.5, then) < 1e-4
    few = random.integers(0, 4, 20_000)
    assert compared(random.integers(0, 4, 200), few) > 1e-4
    assert compared(random.choice(4, 200, p=[0.1, 0.2, 0.3, 0.4]), few) < 1e-4


def mode(values, weight=None, *, bins=60, between=(0.02, 0.98)):
    """Return the middle of the fullest bin of three neighbouring ones."""
    counts, edges = np.histogram(values, bins, np.quantile(values, between), weights=weight)
    fullest = int(np.argmax(np.convolve(counts, np.ones(3), mode="same")))
    return (edges[fullest] + edges[fullest + 1]) / 2


def mass(events, *jets):
    """Return the mass of jets given by momentum and mass, as the columns of two fat jets have them."""
    momenta = np.stack([[events[f"p{axis}{jet}"] for axis in "xyz"] for jet in jets]).astype(float)
    energy = sum(
        np.sqrt((momentum**2).sum(axis=0) + events[f"m{jet}"] ** 2) for momentum, jet in zip(momenta, jets, strict=True)
    )
    return np.sqrt(energy**2 - (momenta.sum(axis=0) ** 2).sum(axis=0))


def test_the_anomaly_peaks_where_its_masses_are():
    signal, background = (columns(embedded("dijet-anomaly", name)) for name in ("wprime", "qcd"))
    assert 3300 < mode(mass(signal, "j1", "j2")) < 3600
    light, heavy = np.sort([signal["mj1"], signal["mj2"]], axis=0)
    assert 90 < mode(light) < 115
    assert 470 < mode(heavy) < 530
    assert mass(background, "j1", "j2").min() < 2600
    tau21 = [np.median(events["tau2j1"] / np.maximum(events["tau1j1"], 1e-9)) for events in (signal, background)]
    assert tau21[0] < 0.35
    assert tau21[1] > 0.5


def test_the_heavy_higgs_peaks_where_its_masses_are():
    """In MeV, as the exercise's files are."""
    signal, background = (columns(embedded("heavy-higgs", name)) for name in ("higgs_1000", "zjets"))
    assert 950e3 < mode(signal["reco_zv_mass"]) < 1030e3
    assert 90e3 < mode(signal["Zll_mass"]) < 92.5e3
    assert 80e3 < mode(signal["fatjet_mass"]) < 96e3
    assert np.median(signal["fatjet_D2"]) == pytest.approx(1.6, abs=0.15)
    order = np.argsort(background["fatjet_D2"])
    middle = np.searchsorted(np.cumsum(background["FullEventWeight"][order]), background["FullEventWeight"].sum() / 2)
    assert background["fatjet_D2"][order][middle] == pytest.approx(4.4, abs=0.3)
    assert set(signal["isSignal"]) == {1}
    assert set(background["isSignal"]) == {0}


def test_the_pair_of_a_z_peaks_at_its_mass():
    for name in ("ttz_standin", "zjets", "other"):
        assert 90 < mode(columns(embedded("ttz", name))["mll"], bins=20, between=(0, 1)) < 92.5
    # top pairs have no Z
    top = columns(embedded("ttz", "ttbar"))["mll"]
    near = np.abs(top - 91.2) < 5
    assert near.mean() == pytest.approx(0.5, abs=0.08)


def test_four_leptons_peak_at_the_higgs_boson():
    events = columns(embedded("higgs-4l", "higgs"))
    momenta = [
        np.stack(
            [
                np.cosh(events[f"lep_eta_{i}"]),
                np.cos(events[f"lep_phi_{i}"]),
                np.sin(events[f"lep_phi_{i}"]),
                np.sinh(events[f"lep_eta_{i}"]),
            ]
        )
        * events[f"lep_pt_{i}"].astype(float)
        for i in range(4)
    ]
    energy, *momentum = sum(momenta)
    assert 124 < mode(np.sqrt(energy**2 - np.square(momentum).sum(axis=0)), between=(0.1, 0.9)) < 126


def test_the_smaller_the_gap_the_softer_the_lepton():
    medians = [
        np.median(columns(embedded("stop-four-body", f"T2DegStop_450_{450 - gap}"))["LepPt"])
        for gap in (10, 30, 50, 80)
    ]
    assert medians == sorted(medians)
    assert 5 < medians[1] < 15
    for name in RECIPES["stop-four-body"].names:
        events = columns(embedded("stop-four-body", name))
        absent = events["Jet2Pt"] == -9999
        assert np.array_equal(absent, events["Njet"] == 1)
        assert np.array_equal(absent, events["DPhiJet1Jet2"] == -9999)
        brought = 1000 * 35.9 * events["XS"] * events["genWeight"] / events["sumGenWeight"]
        np.testing.assert_allclose(brought, events["weight"], rtol=1e-9)
