"""Pseudo-data: what a luminosity might have brought, drawn from simulated events that no other file holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.identity import derive_seed, digest
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import read_provenance, rounded, write_events
from fivesigma.simulation.generate import Generation, Progress
from fivesigma.simulation.processes import RecipeSimulation
from fivesigma.simulation.samples import ID_BLOCK, columns_of, provenance_of, stands

__all__ = ["PSEUDO_DATA", "simulate_pseudo_data"]

PSEUDO_DATA = "pseudo_data"
"""Name of the file of pseudo-data and of the stream of seeds its events come from."""

_UNWEIGHTING_RESERVE = 3


def simulate_pseudo_data(recipe: RecipeSimulation, generation: Generation, progress: Progress | None = None) -> Path:
    """Write ``pseudo_data.parquet``: what the luminosity might have brought, from events that no other file holds.

    Of each process a Poisson number of events, with the expectation that its own file in the directory states, is drawn
    without weights from a generation with seeds of its own. All have weight 1; nothing in the columns says which
    process an event is of.

    Parameters
    ----------
    recipe
        What is simulated.
    generation
        As for any process of the recipe; its process and stream are replaced.
    progress
        Called with (selected events, wanted events).

    Raises
    ------
    DataError
        If a process has no file in the directory.
    SimulationError, MissingExtraError
        As `Generation.chunks` and `write_events` raise them.
    """
    path = generation.directory / f"{PSEUDO_DATA}.parquet"
    files = {name: read_provenance(generation.directory / f"{name}.parquet") for name in recipe.processes}
    own = replace(generation, stream=PSEUDO_DATA)
    made = [replace(own, process=process) for process in recipe.processes.values()]
    key = digest([[each.key for each in made], [file["key"] for file in files.values()]])
    if not stands(path, key):
        random = np.random.default_rng(derive_seed(generation.seed, recipe.recipe, PSEUDO_DATA))
        parts = [_drawn(each, files[each.process.name]["rate"]["expected"], random, progress) for each in made]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = random.permutation(len(columns["id"]))
        columns = {name: column[order] for name, column in columns.items()}
        columns["id"] = np.arange(len(order)) + len(recipe.processes) * ID_BLOCK
        columns["weight"] = np.ones(len(order))
        provenance = provenance_of(PSEUDO_DATA, recipe, own, key, {"written": len(order)}) | {
            "expected": {name: file["rate"]["expected"] for name, file in files.items()}
        }
        write_events(path, rounded(columns), provenance)
    for each in made:
        each.discard()
    return path


def _drawn(
    generation: Generation, expected: float, random: np.random.Generator, progress: Progress | None
) -> dict[str, NDArray[Any]]:
    """Return a Poisson number of events without weights: each is kept with a chance in proportion to its weight."""
    number = int(random.poisson(expected))
    chunks = generation.chunks(_UNWEIGHTING_RESERVE * number + 100, progress)
    weight = np.concatenate([chunk.weight for chunk in chunks])
    kept = np.flatnonzero(random.random(len(weight)) * weight.max() < weight)[:number]
    if len(kept) < number:
        raise SimulationError(f"{generation.process.name}: weights too uneven to draw {number} events without them")
    return {name: column[kept] for name, column in columns_of(chunks, len(weight)).items()}
