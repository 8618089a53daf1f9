"""One physics process after selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats, UInts, require_length
from fivesigma.core.display import Entry, table
from fivesigma.core.finding import Finding, remarks

__all__ = ["NOMINAL", "Column", "CutflowRow", "Kind", "Sample", "SampleInfo", "Variation"]

Kind: TypeAlias = Literal["data", "signal", "background"]
Column: TypeAlias = Any
"""A numpy array of shape (n,), or where a column is jagged an awkward array of n lists."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A systematic and which way it is shifted: up, down, or a replica's name."""

    systematic: str
    label: str


NOMINAL = Variation("nominal", "nominal")


@dataclass(frozen=True, slots=True, kw_only=True)
class CutflowRow:
    """What is left of a sample after one step: raw events, yield (Σw) and its error √(Σw²).

    ``missing`` is the number of events that this step lost because a value its condition asks for is not there.
    """

    step: str
    events: int
    total: float
    error: float
    missing: int = 0

    @classmethod
    def of(cls, step: str, weight: Floats) -> CutflowRow:
        """Count a row from the weights, shape (n,), that are left."""
        return cls(
            step=step, events=len(weight), total=float(weight.sum()), error=float(np.sqrt(np.square(weight).sum()))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleInfo:
    """Who a sample is: its name, kind, label for figures, and whether its "data" are simulated pseudo-data.

    ``parameters`` are those of a point of a signal grid, such as masses in GeV; none otherwise.
    """

    name: str
    kind: Kind
    label: str = ""
    pseudo: bool = False
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What figures call the sample."""
        return self.label or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One physics process after selection.

    Attributes
    ----------
    info
        Name, kind and label.
    events
        Columns by name, each of shape (n,).
    weight
        Expected events at the analysis luminosity, shape (n,); 1 for data. Never altered.
    id
        Event identifiers, shape (n,), which folds and the ledger go by.
    weights
        Weights, each of shape (n,), that stand in for ``weight`` in the variations that touch nothing else.
    variation
        Which systematic variation these events are; nominal otherwise.
    cutflow
        What was left after each step of the selection.
    generated
        For each sum of generator weights that was declared for a part of the sample (None where none was): that sum, and
        the one that the part's files hold.
    findings
        What was noticed as the events were read.
    """

    info: SampleInfo
    events: Mapping[str, Column]
    weight: Floats
    id: UInts
    weights: Mapping[Variation, Floats] = field(default_factory=dict)
    variation: Variation = NOMINAL
    cutflow: tuple[CutflowRow, ...] = ()
    generated: tuple[tuple[float | None, float], ...] = ()
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        require_length(len(self.weight), **{n: c for n, c in self.events.items() if isinstance(c, np.ndarray)})
        require_length(len(self.weight), id=self.id, **{str(key): column for key, column in self.weights.items()})

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def name(self) -> str:
        """The sample's name."""
        return self.info.name

    @property
    def kind(self) -> Kind:
        """Data, signal or background."""
        return self.info.kind

    def __repr__(self) -> str:
        return f"<Sample {self.name} ({self.kind}): {len(self)} events, yield {self.weight.sum():.6g}>"

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            row.step: {"events": row.events, "expected": (row.total, row.error)} for row in self.cutflow
        }
        return table(rows, f"{self.info.title} ({self.kind})", notes=remarks(self.findings)).html
