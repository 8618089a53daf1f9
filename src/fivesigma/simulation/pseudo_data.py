"""Pseudo-data: what a luminosity might have brought, drawn from simulated events that no other file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import derive_seed, digest
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import read_provenance, rounded, write_events
from fivesigma.simulation.generate import Generation, Progress
from fivesigma.simulation.processes import PSEUDO_DATA, Bookkeeping, RecipeSimulation
from fivesigma.simulation.samples import ID_BLOCK, SCHEMA, columns_of, event_file, provenance_of, stands

__all__ = ["PSEUDO_DATA", "simulate_pseudo_data"]

_UNWEIGHTING_RESERVE = 3


def simulate_pseudo_data(
    recipe: RecipeSimulation, generation: Generation, progress: Progress | None = None, *, suffix: str = ".parquet"
) -> Path:
    """Write the file ``pseudo_data``: what the luminosity might have brought, from events that no other file holds.

    Of each process that the recipe names for it a Poisson number of events, with the expectation that its own file in the directory states, is drawn
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
    suffix
        ``.parquet`` or ``.root``.

    Raises
    ------
    FivesigmaError
        If the recipe names no process for it, or one that it has not.
    DataError
        If a process has no file in the directory, or one of another version.
    SimulationError, MissingExtraError
        As `Generation.chunks` and `write_events` raise them.
    """
    path = event_file(generation, PSEUDO_DATA, suffix)
    if not recipe.pseudo_data:
        raise FivesigmaError(f"recipe {recipe.recipe} names no process that pseudo-data are drawn from")
    own = replace(generation, stream=PSEUDO_DATA)
    made = {name: [replace(own, process=each) for each in recipe.process(name).sliced()] for name in recipe.pseudo_data}
    files = {name: _provenance(generation.directory / f"{name}{suffix}") for name in recipe.pseudo_data}
    key = digest([[each.key for slices in made.values() for each in slices], [file["key"] for file in files.values()]])
    with own.alone():
        if not stands(path, key):
            random = np.random.default_rng(derive_seed(generation.seed, recipe.recipe, PSEUDO_DATA))
            parts = [
                _drawn(each, rate["expected"], random, progress)
                for name, slices in made.items()
                for each, rate in zip(slices, files[name]["rates"], strict=True)
            ]
            columns = _shuffled(recipe, parts, random)
            provenance = provenance_of(PSEUDO_DATA, recipe, own, {"written": len(next(iter(columns.values())))}) | {
                "expected": {name: file["expected"] for name, file in files.items()},
                "key": key,
            }
            write_events(path, rounded(columns), provenance)
        for slices in made.values():
            for each in slices:
                each.discard()
    return path


def _provenance(path: Path) -> dict[str, Any]:
    provenance = read_provenance(path)
    if provenance.get("schema") != SCHEMA:
        raise DataError(f"{path}: made by another version of the simulation; make it again before its pseudo-data")
    return provenance


def _shuffled(
    recipe: RecipeSimulation, parts: Sequence[Mapping[str, NDArray[Any]]], random: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Return the columns of all parts in an order that does not tell which event is of which."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = random.permutation(len(columns.pop("number")))
    return {name: column[order] for name, column in columns.items()} | _bookkeeping(recipe, len(order))


def _bookkeeping(recipe: RecipeSimulation, events: int) -> dict[str, NDArray[Any]]:
    """Return the columns of how events were made, but for those that would tell which process an event is of."""
    number, file = np.arange(events), len(recipe.processes)
    held: dict[Bookkeeping, Any] = {
        "weight": 1.0,
        "number": number,
        "id": number + file * ID_BLOCK,
        "file": file + 1,
        "slice": 1,
        "generator_weight": 1.0,
    }
    return {
        column: np.broadcast_to(held[what], number.shape) for column, what in recipe.columns.items() if what in held
    }


def _drawn(
    generation: Generation, expected: float, random: np.random.Generator, progress: Progress | None
) -> dict[str, NDArray[Any]]:
    """Return a Poisson number of events without weights: each is kept with a chance in proportion to its weight."""
    number = int(random.poisson(expected))
    columns = columns_of(generation.chunks(_UNWEIGHTING_RESERVE * number + 100, progress))
    weight = columns.pop("weight")
    kept = np.flatnonzero(random.random(len(weight)) * weight.max() < weight)[:number]
    if len(kept) < number:
        raise SimulationError(f"{generation.process.name}: weights too uneven to draw {number} events without them")
    return {name: column[kept] for name, column in columns.items()}
