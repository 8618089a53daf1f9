"""Generated events to the event file of a process, weighted to a luminosity, with all that makes it in its provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import digest
from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.files import SUFFIXES, read_provenance, rounded, write_events
from fivesigma.simulation.generate import Generation, Progress
from fivesigma.simulation.processes import Bookkeeping, Process, RecipeSimulation
from fivesigma.simulation.rates import Rate

__all__ = [
    "ID_BLOCK",
    "SCHEMA",
    "columns_of",
    "event_file",
    "provenance_of",
    "require_ours",
    "simulate_process",
    "stands",
]

ID_BLOCK = 1_000_000_000
"""Size of the block of event numbers that each file of a recipe has for its own."""

SCHEMA = 2
"""Version of the provenance's layout."""

_SLICE_BLOCK = ID_BLOCK // 10

Columns = dict[str, NDArray[Any]]


def simulate_process(
    recipe: RecipeSimulation,
    generation: Generation,
    events: int,
    progress: Progress | None = None,
    *,
    suffix: str = ".parquet",
) -> Path:
    """Write the file of a process: exactly so many selected events, weighted to the luminosity. Return its path.

    Slices have equally many. A file that stands, made by the same card with the same seed, is left as it is.

    Parameters
    ----------
    recipe
        What the process is of.
    generation
        Which process, and how its events are made.
    events
        How many selected events are wanted.
    progress
        Called with (selected events, wanted events).
    suffix
        ``.parquet`` or ``.root``.

    Raises
    ------
    FivesigmaError
        If the process is not of the recipe, fewer events are asked for than there are slices or more than have numbers,
        the suffix is of no format, or the recipe has a column of the event's by another meaning.
    SimulationError, MissingExtraError
        As `Generation.chunks` and `write_events` raise them.
    """
    process = recipe.process(generation.process.name)
    path = event_file(generation, process.name, suffix)
    slices = [replace(generation, process=each) for each in generation.process.sliced()]
    if not 1 <= events <= _room(process):
        raise FivesigmaError(f"{process.name}: from 1 to {_room(process)} events can be asked for, not {events}")
    if events < len(slices):
        raise FivesigmaError(f"{process.name}: {len(slices)} slices need at least {len(slices)} events, not {events}")
    key = digest(
        [
            [each.key for each in slices],
            events,
            recipe.recipe,
            recipe.luminosity,
            list(recipe.names),
            dict(recipe.columns),
        ]
    )
    with generation.alone():
        if not stands(path, key):
            columns, provenance = _made(recipe, generation, slices, events, progress)
            write_events(path, rounded(columns), provenance | {"key": key})
        for each in slices:
            each.discard()
    return path


def _made(
    recipe: RecipeSimulation,
    generation: Generation,
    slices: Sequence[Generation],
    events: int,
    progress: Progress | None,
) -> tuple[Columns, dict[str, Any]]:
    """Return the columns of so many events, slice after slice, and all that the file is to say of them but its key."""
    process = recipe.process(generation.process.name)
    shares = [len(share) for share in np.array_split(np.arange(events), len(slices))]
    made = [
        each.chunks(share, _part(progress, sum(shares[:index]), events))
        for index, (each, share) in enumerate(zip(slices, shares, strict=True))
    ]
    rates = [Rate.of(each.process, recipe.luminosity, chunks) for each, chunks in zip(slices, made, strict=True)]
    parts = [
        _slice(recipe, process.name, index, columns_of(chunks, share), rate)
        for index, (chunks, share, rate) in enumerate(zip(made, shares, rates, strict=True))
    ]
    counts = {
        "generated": sum(rate.generated for rate in rates),
        "selected": sum(len(chunk.number) for chunks in made for chunk in chunks),
        "written": events,
    }
    provenance = provenance_of("simulation", recipe, generation, counts) | {
        "process": asdict(process),
        "rates": [asdict(rate) for rate in rates],
        "expected": sum(rate.expected for rate in rates),
    }
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, provenance


def _room(process: Process) -> int:
    """Return how many events, of each slice if there are, have numbers of their own."""
    return _SLICE_BLOCK if process.slices else ID_BLOCK


def _part(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)


def _slice(recipe: RecipeSimulation, name: str, index: int, columns: Columns, rate: Rate) -> Columns:
    """Return the columns of a slice: those of its events, and those that the recipe has of how they were made."""
    number = columns.pop("number")
    if number[-1] >= _room(recipe.process(name)):
        raise FivesigmaError(f"{name}: more events were generated than have numbers; ask for fewer")
    number = number + index * _SLICE_BLOCK
    weight = columns.pop("weight")
    file = recipe.names.index(name)
    share = weight.sum() / (rate.acceptance * rate.sum_of_weights)  # of the selected events, the written ones
    held: dict[Bookkeeping, Any] = {
        "weight": rate.expected * weight / weight.sum(),
        "number": number,
        "id": number + file * ID_BLOCK,
        "file": file + 1,
        "slice": index + 1,
        "cross_section": rate.cross_section,
        "generator_weight": weight,
        "sum_of_weights": rate.sum_of_weights * share,
        "generated": round(rate.generated * share),
        "is_signal": int(recipe.process(name).kind == "signal"),
    }
    if clash := [column for column in recipe.columns if column in columns]:
        raise FivesigmaError(f"recipe {recipe.recipe}: the final state of {name} has a column {clash[0]!r} already")
    return columns | {column: np.broadcast_to(held[what], number.shape) for column, what in recipe.columns.items()}


def columns_of(chunks: Sequence[Chunk], events: int | None = None) -> Columns:
    """Return the events of chunks, or the first so many of them: columns by name, their ``number`` in the generation, and ``weight``."""
    names = chunks[0].columns
    joined = {name: np.concatenate([chunk.columns[name] for chunk in chunks])[:events] for name in names}
    return joined | {
        "number": np.concatenate([chunk.number for chunk in chunks])[:events],
        "weight": np.concatenate([chunk.weight for chunk in chunks])[:events],
    }


def event_file(generation: Generation, name: str, suffix: str) -> Path:
    """Return the path of a file of events; FivesigmaError if the suffix is of no format."""
    if suffix not in SUFFIXES:
        raise FivesigmaError(f"event files end in {' or '.join(SUFFIXES)}, not in {suffix!r}")
    return generation.directory / f"{name}{suffix}"


def stands(path: Path, key: str) -> bool:
    """Return whether the file is there and was made from what the key digests; raises as `require_ours` does."""
    provenance = require_ours(path)
    return provenance is not None and provenance.get("key") == key


def require_ours(path: Path) -> dict[str, Any] | None:
    """Return the provenance of the file that would be written over, None if there is none.

    Raises
    ------
    SimulationError
        If something else is there, which must not be lost: a file that no simulation made, or a folder.
    """
    if not path.exists():
        return None
    if not (path.is_file() or path.is_dir()):  # reading a pipe would wait for ever
        raise SimulationError(f"{path}: not a file; it is left as it is: move it away, or choose another folder")
    try:
        return read_provenance(path)
    except DataError as error:
        raise SimulationError(f"{error}; it is left as it is: move it away, or choose another folder") from error


def provenance_of(
    content: str, recipe: RecipeSimulation, generation: Generation, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Return what all files state; no times and no paths, so that the same command makes the same bytes."""
    return {
        "schema": SCHEMA,
        "content": content,
        "recipe": recipe.recipe,
        "luminosity": recipe.luminosity,
        "columns": dict(recipe.columns),
        "detector": asdict(generation.detector),
        "seed": generation.seed,
        "stream": generation.stream,
        "events": dict(counts),
        "versions": generation.versions,
    }
