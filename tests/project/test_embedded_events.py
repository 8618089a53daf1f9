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
