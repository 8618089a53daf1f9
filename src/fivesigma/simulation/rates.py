"""How many events of a process a luminosity brings, from what was generated of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.processes import Process

__all__ = ["Rate"]

_FEMTOBARN_IN_PICOBARN = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many events of a process, or of one slice of it, are expected, and why.

    Attributes
    ----------
    process
        Name of the process or slice.
    cross_section, cross_section_error
        In pb, of what passes the card's filters; the error is the generator's statistical one, None where the cross
        section is given and nothing is filtered.
    filter_efficiency
        Fraction that passes the card's filters; it is in the cross section already.
    acceptance, acceptance_error
        Fraction of these that is detected and kept, and its statistical error.
    generated, sum_of_weights
        How many events the generator made, and the sum of their weights.
    expected
        Expected events at the luminosity.
    """

    process: str
    cross_section: float
    cross_section_error: float | None
    filter_efficiency: float
    acceptance: float
    acceptance_error: float
    generated: int
    sum_of_weights: float
    expected: float

    @classmethod
    def of(cls, process: Process, luminosity: float, chunks: Sequence[Chunk]) -> Rate:
        """Return the rate that chunks of a process amount to at a luminosity in fb⁻¹."""
        total = sum(chunk.sum_of_weights for chunk in chunks)
        acceptance = sum(float(chunk.weight.sum()) for chunk in chunks) / total
        efficiency = float(np.mean([chunk.filter_efficiency for chunk in chunks]))
        relative_error = math.hypot(*(c.cross_section_error for c in chunks)) / sum(c.cross_section for c in chunks)
        error: float | None
        if process.cross_section is None:
            cross_section = process.k_factor * float(np.mean([chunk.cross_section for chunk in chunks]))
            error = cross_section * relative_error
        else:
            cross_section = process.cross_section * efficiency
            selected = sum(chunk.generated / chunk.filter_efficiency for chunk in chunks)
            error = process.cross_section * math.sqrt(efficiency * (1 - efficiency) / selected) or None
        return cls(
            process=process.name,
            cross_section=cross_section,
            cross_section_error=error,
            filter_efficiency=efficiency,
            acceptance=acceptance,
            acceptance_error=math.sqrt(acceptance * (1 - acceptance) / total),
            generated=sum(chunk.generated for chunk in chunks),
            sum_of_weights=total,
            expected=cross_section * _FEMTOBARN_IN_PICOBARN * luminosity * acceptance,
        )
