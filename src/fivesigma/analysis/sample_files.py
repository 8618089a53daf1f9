"""A sample of the configuration to the files it is read from, weighed, cut and varied."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

from fivesigma.analysis.inference_schema import (
    AlternativeSample,
    LimitPlane,
    Normalisation,
    ShiftVariation,
    StrengthUncertainty,
    Systematic,
    TemplateFit,
    WeightVariation,
)
from fivesigma.analysis.schema import Configuration, Inject, Part, SampleConfiguration
from fivesigma.core.expressions import Expression
from fivesigma.core.sample import NOMINAL, Variation
from fivesigma.events.blinding import Blinding
from fivesigma.events.cross_section import CrossSection
from fivesigma.events.files import located, sources_of
from fivesigma.events.missing import MissingValues
from fivesigma.events.parameters import Parametrised
from fivesigma.events.read import EventFiles

__all__ = [
    "asks_for_variations",
    "cross_section_at_unit_strength",
    "is_of_periods",
    "moves_events",
    "own_cut",
    "parts_of",
    "period_of",
    "variations_of",
    "weights_of",
]

FROM_FILES, INCLUDED = "files", "included"
"""What ``sum_of_weights`` says besides numbers: summed over the files; in the weight already."""


def own_cut(sample: str) -> str:
    """Return what the cutflow calls the selection of a sample's own events."""
    return f"is {sample}"


def parts_of(
    config: Configuration, name: str, folder: Path, *, blind: bool, variation: Variation = NOMINAL
) -> list[EventFiles]:
    """Return the parts that a sample of a resolved configuration is read from.

    Parameters
    ----------
    folder
        What names of files are relative to.
    blind
        Whether data in signal regions are dropped.
    variation
        What is shifted, or which alternative is read.
    """
    sample = config.samples[name]
    systematic = config.systematics.get(variation.systematic)
    parts = sample.parts
    if isinstance(systematic, AlternativeSample) and systematic.sample == name:
        parts = sample.alternatives[systematic.use].parts
    shift = _shift(systematic, variation) if isinstance(systematic, ShiftVariation) else {}
    reader = _Reader(config, name, sample, folder, blind, variation, shift)
    made = [reader.files(of, part, part.files, part.select) for of, part in parts.items()]
    if sample.inject is None:
        return made
    return [*reader.injected(made, sample.inject), *reader.injected_from(sample.inject, *next(iter(parts.items())))]


def variations_of(config: Configuration) -> Iterator[tuple[Variation, tuple[str, ...]]]:
    """Yield the variations that need events of their own, each with the samples it moves; none where no fit asks."""
    if not asks_for_variations(config):
        return
    simulated = [name for name, sample in config.samples.items() if sample.kind != "data"]
    for name, systematic in config.systematics.items():
        if isinstance(systematic, ShiftVariation):
            moved = tuple(systematic.samples if systematic.samples is not None else simulated)
            yield Variation(name, "up"), moved
            if systematic.down is not None:
                yield Variation(name, "down"), moved
        elif isinstance(systematic, AlternativeSample):
            yield Variation(name, "up"), (systematic.sample,)


def asks_for_variations(config: Configuration) -> bool:
    """Return whether anything asks for events as systematics make them: counts and mass fits do not."""
    asking = TemplateFit | LimitPlane | StrengthUncertainty
    return any(isinstance(inference, asking) for inference in config.inference.values())


def weights_of(config: Configuration, sample: str, part: str) -> dict[Variation, Expression]:
    """Return the weights that events of a part of a sample have in variations that touch nothing else; none where no fit asks.

    An uncertainty of some data-taking periods leaves the weights of the others as they are.
    """
    if config.samples[sample].kind == "data" or not asks_for_variations(config):
        return {}
    nominal = config.samples[sample].parts[part].weight or config.events.weight or "1"
    weights = {}
    for name, systematic in config.systematics.items():
        if isinstance(systematic, WeightVariation) and sample in (systematic.samples or config.samples):
            weights[Variation(name, "up")] = Expression(systematic.up)
            if systematic.down is not None:
                weights[Variation(name, "down")] = Expression(systematic.down)
        elif is_of_periods(systematic) and sample in (systematic.samples or config.samples):
            moves = period_of(part, config.analysis.periods) in (systematic.periods or ())
            factor = 1 + systematic.size if moves else 1.0
            weights[Variation(name, "up")] = Expression(f"({nominal}) * {factor!r}")
            weights[Variation(name, "down")] = Expression(f"({nominal}) / {factor!r}")
    return weights


def moves_events(systematic: Systematic) -> bool:
    """Return whether a systematic changes events or their weights; others change the yields of templates alone."""
    changing = WeightVariation | ShiftVariation | AlternativeSample
    return isinstance(systematic, changing) or is_of_periods(systematic)


def is_of_periods(systematic: Systematic) -> TypeGuard[Normalisation]:
    """Return whether a systematic is a normalisation of some data-taking periods."""
    return isinstance(systematic, Normalisation) and systematic.periods is not None


def period_of(part: str, periods: Collection[str]) -> str | None:
    """Return the data-taking period that a part of a resolved sample is of."""
    return next((period for period in periods if part == period or part.endswith(f"-{period}")), None)


def _shift(systematic: ShiftVariation, variation: Variation) -> dict[str, Expression]:
    columns = systematic.up if variation.label == "up" else systematic.down or {}
    return {name: Expression(text) for name, text in columns.items()}


class _Reader:
    """What all parts of one sample have in common."""

    def __init__(
        self,
        config: Configuration,
        name: str,
        sample: SampleConfiguration,
        folder: Path,
        blind: bool,
        variation: Variation,
        shift: Mapping[str, Expression],
    ) -> None:
        self.config, self.name, self.sample, self.folder = config, name, sample, folder
        self.blinding = _blinding(config) if blind else None
        self.variation, self.shift = variation, shift
        selects = [part.select for part in sample.parts.values()]
        if sample.inject is not None and sample.inject.files is not None:
            selects.append(sample.inject.select)
        self.has_own_cut = any(select is not None for select in selects)

    def files(self, name: str, part: Part, files: object, select: str | None) -> EventFiles:
        """Return files read as a part says."""
        events = self.config.events
        found = located(files if isinstance(files, list) else [str(files)], self.folder)
        sources = sources_of(
            found, tree=part.tree or events.tree, friends=events.friends, header=events.header, folder=self.folder
        )
        if self.sample.parameters:
            sources = tuple(Parametrised(source, self.sample.parameters) for source in sources)
        weight = part.weight or events.weight
        return EventFiles(
            sources=sources,
            cuts=self._cuts(select),
            weight=Expression(weight) if weight is not None else None,
            weights=weights_of(self.config, self.name, name) if self.variation == NOMINAL else {},
            cross_section=cross_section_of(self.config, part),
            missing=_missing(self.config),
            shift=self.shift,
            variation=self.variation,
            id_columns=tuple(events.id),
            blinding=self.blinding,
        )

    def _cuts(self, select: str | None) -> dict[str, Expression]:
        own = {self._own_cut: Expression(select or "True")} if self.has_own_cut else {}
        return {**own, **{step: Expression(cut) for step, cut in self.config.events.select.items()}}

    def injected(self, parts: list[EventFiles], inject: Inject) -> Iterator[EventFiles]:
        """Yield the sample's own parts; where signal is among their events, only some of it stays."""
        for part in parts:
            if inject.files is not None or inject.select is None:
                yield part
            else:
                conditions = [inject.select, *(str(part.cuts[name]) for name in part.cuts if name == self._own_cut)]
                yield self._drawn(part, " and ".join(f"({condition})" for condition in conditions), inject)

    def injected_from(self, inject: Inject, name: str, like: Part) -> Iterator[EventFiles]:
        """Yield the signal that comes from files of its own."""
        if inject.files is not None:
            yield self._drawn(self.files(name, like, inject.files, inject.select), inject.select or "True", inject)

    def _drawn(self, part: EventFiles, signal: str, inject: Inject) -> EventFiles:
        return part.inject(signal, inject.events, seed=self.config.analysis.seed, name=self.name)

    @property
    def _own_cut(self) -> str:
        return own_cut(self.name)


def cross_section_of(config: Configuration, part: Part) -> CrossSection | None:
    """Return what scales a part's weights; None where they are expected events already."""
    if part.cross_section is None or part.sum_of_weights == INCLUDED:
        return None
    luminosity = part.luminosity or config.analysis.luminosity
    if luminosity is None:  # which a configuration with simulation has
        return None
    declared = part.sum_of_weights if part.sum_of_weights != FROM_FILES else None
    return CrossSection(
        luminosity=luminosity,
        cross_section=Expression(part.cross_section),
        filter_efficiency=Expression(part.filter_efficiency or "1"),
        k_factor=Expression(part.k_factor or "1"),
        sum_of_weights=Expression(declared) if declared is not None else None,
        generator_weight=Expression(part.generator_weight) if part.generator_weight is not None else None,
        skimmed=part.skimmed,
    )


def cross_section_at_unit_strength(sample: SampleConfiguration, periods: Collection[str]) -> float | None:
    """Return the cross section of a signal in pb, filter efficiency and k-factor included, summed over subprocesses.

    None where a part does not say it, or each event has its own. ``periods`` are no subprocesses: their luminosities add up.
    """
    processes: dict[str, float] = {}
    for name, part in sample.parts.items():
        factors = [part.cross_section, part.filter_efficiency or "1", part.k_factor or "1"]
        expressions = [Expression(factor) for factor in factors if factor is not None]
        if len(expressions) < len(factors) or any(expression.names for expression in expressions):
            return None
        processes[name.removesuffix(f"-{period_of(name, periods)}")] = math.prod(
            float(factor.values({}, 1)[0]) for factor in expressions
        )
    return sum(processes.values()) or None


def _missing(config: Configuration) -> MissingValues | None:
    given = config.events.missing
    if given is None:
        return None
    if isinstance(given, dict):
        return MissingValues(of_column={name: tuple(map(float, values)) for name, values in given.items()})
    return MissingValues(everywhere=tuple(map(float, given)))


def _blinding(config: Configuration) -> Blinding:
    """Return what is blind: any signal region, over inputs and observables by their names."""
    selects = [region.select for region in config.regions.values() if region.kind == "signal"]
    condition = " or ".join(f"({select})" if select is not None else "True" for select in selects)
    inputs, observables = (
        {name: Expression(text) for name, text in columns.items()}
        for columns in (config.features.inputs, config.features.observables)
    )
    return Blinding(condition=Expression(condition), observables=observables, inputs=inputs)
