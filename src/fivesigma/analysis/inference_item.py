"""One inference to make, and what of the run it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import Outcome

__all__ = ["InferenceItem"]


@dataclass(frozen=True, slots=True)
class InferenceItem:
    """One inference to make, from the files of the earlier stages; ``seconds`` say how long each model took to train."""

    name: str
    directory: RunDirectory
    events: Outcome
    config: Configuration
    blind: bool
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_data(self) -> bool:
        """Whether there are data, or pseudo-data."""
        return any(sample.kind == "data" for sample in self.config.samples.values())

    def looks_at(self, region: str | None) -> bool:
        """Return whether the data of a region are looked at, or of all events if None."""
        if region is None:
            return self.has_data and not self.blind
        return self.has_data and (not self.blind or self.config.regions[region].kind == "control")
