"""Generated events to the event file of a process, weighted to a luminosity, with all that makes it in its provenance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.identity import digest
from fivesigma.core.version import __version__
from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.files import read_provenance, rounded, write_events
from fivesigma.simulation.generate import Generation, Progress
from fivesigma.simulation.processes import Process, RecipeSimulation

__all__ = ["ID_BLOCK", "Rate", "columns_of", "provenance_of", "simulate_process", "stands"]

ID_BLOCK = 1_000_000_000
"""Size of the block of event numbers that each file of a recipe has for its own."""

_FEMTOBARN_IN_PICOBARN = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many events of a process are expected, and why.

    Attributes
    ----------
    cross_section, cross_section_error
        In pb; the error is the generator's statistical one, None where the cross section is given.
    acceptance, acceptance_error
        Fraction that is detected and reconstructed, and its statistical error.
    expected
        Expected events at the luminosity.
    """

    cross_section: float
    cross_section_error: float | None
    acceptance: float
    acceptance_error: float
    expected: float

    @classmethod
    def of(cls, process: Process, luminosity: float, chunks: Sequence[Chunk]) -> Rate:
        """Return the rate that chunks of a process amount to at a luminosity in fb⁻¹."""
        generated = sum(chunk.sum_of_weights for chunk in chunks)
        acceptance = sum(float(chunk.weight.sum()) for chunk in chunks) / generated
        error: float | None = None
        if process.cross_section is None:
            cross_section = process.k_factor * float(np.mean([chunk.cross_section for chunk in chunks]))
            error = process.k_factor * math.hypot(*(chunk.cross_section_error for chunk in chunks)) / len(chunks)
        else:
            cross_section = process.cross_section
        return cls(
            cross_section=cross_section,
            cross_section_error=error,
            acceptance=acceptance,
            acceptance_error=math.sqrt(acceptance * (1 - acceptance) / generated),
            expected=cross_section * _FEMTOBARN_IN_PICOBARN * luminosity * acceptance,
        )


def simulate_process(
    recipe: RecipeSimulation, generation: Generation, events: int, progress: Progress | None = None
) -> Path:
    """Write ``NAME.parquet``: exactly so many selected events, weighted to the luminosity. Return its path.

    A file that stands, made by the same card with the same seed, is left as it is.

    Raises
    ------
    FivesigmaError
        If the process is not of the recipe, or no events are asked for.
    SimulationError, MissingExtraError
        As `Generation.chunks` and `write_events` raise them.
    """
    process = generation.process
    path = generation.directory / f"{process.name}.parquet"
    block = _block(recipe, process.name)
    key = digest([generation.key, events, recipe.luminosity, block])
    if not stands(path, key):
        chunks = generation.chunks(events, progress)
        columns, weight = columns_of(chunks, events), np.concatenate([chunk.weight for chunk in chunks])[:events]
        rate = Rate.of(process, recipe.luminosity, chunks)
        columns["id"] = columns["id"] + block * ID_BLOCK
        columns["weight"] = rate.expected * weight / weight.sum()
        counts = {
            "generated": sum(chunk.generated for chunk in chunks),
            "selected": sum(len(chunk.number) for chunk in chunks),
            "written": events,
        }
        provenance = provenance_of("simulation", recipe, generation, key, counts) | {
            "process": asdict(process),
            "rate": asdict(rate),
            "pythia": chunks[0].pythia,
        }
        write_events(path, rounded(columns), provenance)
    generation.discard()
    return path


def _block(recipe: RecipeSimulation, name: str) -> int:
    """Return which block of event numbers is the process's, so that no two files share one."""
    if name not in recipe.processes:
        raise FivesigmaError(f"recipe {recipe.recipe} has no process {name!r}{suggestion(name, recipe.processes)}")
    return list(recipe.processes).index(name)


def columns_of(chunks: Sequence[Chunk], events: int) -> dict[str, NDArray[Any]]:
    """Return the first so many events of the chunks, columns by name, with their number in the generation as ``id``."""
    names = chunks[0].columns
    joined = {name: np.concatenate([chunk.columns[name] for chunk in chunks])[:events] for name in names}
    return joined | {"id": np.concatenate([chunk.number for chunk in chunks])[:events]}


def stands(path: Path, key: str) -> bool:
    """Return whether the file is there and was made from what the key digests."""
    try:
        return path.is_file() and read_provenance(path).get("key") == key
    except DataError:
        return False


def provenance_of(
    content: str, recipe: RecipeSimulation, generation: Generation, key: str, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Return what all files state; no times and no paths, so that the same command makes the same bytes."""
    return {
        "schema": 1,
        "content": content,
        "recipe": recipe.recipe,
        "luminosity": recipe.luminosity,
        "detector": asdict(generation.detector),
        "seed": generation.seed,
        "stream": generation.stream,
        "chunk_size": generation.chunk_size,
        "events": dict(counts),
        "fivesigma": __version__,
        "key": key,
    }
