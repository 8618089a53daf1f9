"""What every stage of one run needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import Stages
from fivesigma.core.parallel import Workers
from fivesigma.plots.style import Context

__all__ = ["RunContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The configuration, where its files are, where results go, who computes, and who is told of progress.

    Attributes
    ----------
    data
        The folder that the names of files are relative to.
    blind
        Whether data in signal regions are dropped: as configured, unless the user unblinded.
    advance
        Called with (what, done, all) while a stage works.
    """

    config: Configuration
    data: Path
    directory: RunDirectory
    stages: Stages
    workers: Workers
    blind: bool
    advance: Callable[[str, int, int], None]

    @property
    def has_pseudo_data(self) -> bool:
        """Whether the data are simulated."""
        return any(sample.pseudo for sample in self.config.samples.values())

    @property
    def figure_context(self) -> Context:
        """What figures say of their events."""
        analysis, samples = self.config.analysis, self.config.samples
        labels = {name: sample.label for name, sample in samples.items() if sample.label}
        return Context(
            label=analysis.label or analysis.name,
            luminosity=analysis.luminosity,
            energy=analysis.energy,
            pseudo_data=self.has_pseudo_data,
            titles={**labels, **self.config.features.titles},
            names=tuple(self.config.models),
            blind=self.blind and self.has_data,
        )

    @property
    def has_data(self) -> bool:
        """Whether there are data, or pseudo-data."""
        return any(sample.kind == "data" for sample in self.config.samples.values())

    @property
    def shows_data(self) -> bool:
        """Whether figures over all events may show data."""
        return not self.blind and self.has_data
