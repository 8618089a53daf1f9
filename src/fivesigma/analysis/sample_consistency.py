"""What can be wrong with samples, groups and periods before any file is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from fivesigma.analysis.inference_names import needs_classes
from fivesigma.analysis.resolve import PERIOD
from fivesigma.analysis.sample_files import FROM_FILES, INCLUDED
from fivesigma.analysis.schema import Configuration, Part, Process, SampleConfiguration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import suggestion
from fivesigma.core.expressions import Expression
from fivesigma.events.files import placeholders

__all__ = ["Inconsistency", "grid_parameters", "grids_of", "is_grid", "sample_inconsistencies"]

Inconsistency = tuple[Location, str]
_SAME = 1e-6
_ABOVE_ZERO = ("cross_section", "filter_efficiency", "k_factor", "sum_of_weights")
_OF_CROSS_SECTION = ("sum_of_weights", "filter_efficiency", "k_factor", "generator_weight")
_NEEDS_SUM = (
    f"needs `sum_of_weights`: a number, a column, `{FROM_FILES}` if the files hold all that was generated, or"
    f" `{INCLUDED}` if the weight already has cross section and luminosity in it"
)
_OF_SIMULATION = ("weight", "cross_section", "metadata", *_OF_CROSS_SECTION)


def sample_inconsistencies(config: Configuration) -> Iterator[Inconsistency]:
    """Yield what is wrong with samples, groups and periods, each with its place."""
    yield from _kinds(config)
    for name, sample in config.samples.items():
        here: Location = ("samples", name)
        yield from _sources(sample, here)
        yield from _alternatives(sample, here)
        for place, part in _all_parts(sample, here):
            yield from _periods_of(config, part, place)
            yield from _numbers(config, sample, part, place)
        yield from dict.fromkeys(_covered(config, sample, here))
        if sample.kind != "data":
            yield from dict.fromkeys(_scales(config, sample, here))
    yield from _groups(config)
    yield from _luminosity(config)


def is_grid(sample: SampleConfiguration) -> bool:
    """Return whether a sample's files are the points of a signal grid."""
    if sample.kind != "signal" or sample.grid is not None:
        return False
    return bool(_named(sample))


def _luminosity(config: Configuration) -> Iterator[Inconsistency]:
    """Yield what is wrong with the luminosity of the whole and of its periods."""
    whole, total = config.analysis.luminosity, sum(config.analysis.periods.values())
    if whole is None:
        if total or any(sample.kind != "data" for sample in config.samples.values()):
            yield ("analysis", "luminosity"), "it is needed, in fb⁻¹: simulated events are expected at it"
    elif total and abs(total - whole) > _SAME * whole:
        yield ("analysis", "periods"), f"they sum to {total:g} fb⁻¹, the luminosity is {whole:g} fb⁻¹"


def _named(sample: SampleConfiguration) -> set[str]:
    """Return the names in braces in a sample's files, but for that of the period."""
    parts = [sample, *sample.parts.values(), *sample.alternatives.values()]
    return {name for part in parts for pattern in _patterns(part) for name in placeholders(pattern)} - {PERIOD}


def grid_parameters(config: Configuration) -> set[str]:
    """Return the names of the parameters of all signal grids."""
    written = {name for sample in config.samples.values() if is_grid(sample) for name in _named(sample)}
    return written.union(*(sample.parameters for sample in config.samples.values()))


def grids_of(config: Configuration) -> set[str]:
    """Return the names of signal grids, whether or not their points are samples yet."""
    return {
        sample.grid if sample.grid is not None else name
        for name, sample in config.samples.items()
        if sample.grid or is_grid(sample)
    }


def _patterns(part: Part) -> list[str]:
    files: Iterable[object] = part.files.values() if isinstance(part.files, Mapping) else [part.files]
    return [pattern for some in files for pattern in _listed(some)]


def _listed(files: object) -> list[str]:
    return [files] if isinstance(files, str) else files if isinstance(files, list) else []


def _kinds(config: Configuration) -> Iterator[Inconsistency]:
    kinds = {sample.kind for sample in config.samples.values()}
    for kind in ("signal", "background") if needs_classes(config) else ():
        if kind not in kinds:
            yield ("samples",), f"no sample is of kind {kind}"
    if len({sample.pseudo for sample in config.samples.values() if sample.kind == "data"}) > 1:
        yield ("samples",), "data and pseudo-data cannot be counted together; leave one of them out"
    for name, sample in config.samples.items():
        if sample.pseudo and sample.kind != "data":
            yield ("samples", name, "pseudo"), "only data can be pseudo-data"
        if sample.inject is not None and not sample.pseudo:
            yield ("samples", name, "inject"), "signal is injected into pseudo-data only: kind: data, pseudo: true"
        if sample.inject is not None and sample.inject.select is None and sample.inject.files is None:
            yield ("samples", name, "inject"), "`select` says which events are signal, or `files` where they come from"


def _sources(sample: SampleConfiguration, here: Location) -> Iterator[Inconsistency]:
    chosen = sample.alternatives.get(sample.use or "")
    if sample.parts and sample.alternatives and not (chosen is not None and chosen.parts == sample.parts):
        yield here, "has parts and alternatives; give parts to an alternative"
    for place, process in _processes(sample, here):
        for name, part in process.parts.items():
            if part.files is None and process.files is None and sample.files is None:
                yield (*place, "parts", name), "no `files` are given"
        if not process.parts and process.files is None and sample.files is None:
            yield place, "no `files` are given, nor parts or alternatives that have some"


def _processes(sample: SampleConfiguration, here: Location) -> list[tuple[Location, Process]]:
    if not sample.alternatives:
        return [(here, sample)]
    return [((*here, "alternatives", name), process) for name, process in sample.alternatives.items()]


def _all_parts(sample: SampleConfiguration, here: Location) -> Iterator[tuple[Location, Part]]:
    yield here, sample
    for place, process in _processes(sample, here):
        if process is not sample:
            yield place, process
        yield from (((*place, "parts", name), part) for name, part in process.parts.items())


def _alternatives(sample: SampleConfiguration, here: Location) -> Iterator[Inconsistency]:
    if sample.alternatives and sample.use is None:
        yield here, f"`use` names one of the alternatives: {', '.join(sample.alternatives)}"
    elif sample.use is not None and sample.use not in sample.alternatives:
        yield (*here, "use"), f"no alternative {sample.use!r}{suggestion(sample.use, sample.alternatives)}"


def _periods_of(config: Configuration, part: Part, here: Location) -> Iterator[Inconsistency]:
    periods = config.analysis.periods
    if isinstance(part.files, Mapping):
        for period in part.files:
            if period not in periods:
                yield (
                    (*here, "files", period),
                    f"no period {period!r} under `analysis.periods`{suggestion(period, periods)}",
                )
    elif not periods and any(PERIOD in placeholders(pattern) for pattern in _patterns(part)):
        yield (*here, "files"), "{period} stands for data-taking periods, and `analysis.periods` names none"


def _covered(config: Configuration, sample: SampleConfiguration, here: Location) -> Iterator[Inconsistency]:
    """Yield periods of which a process has no files where others have their own, and luminosities beside periods."""
    periods = config.analysis.periods
    for place, process in _processes(sample, here):
        found = []
        for name, part in (process.parts or {"": process}).items():
            levels = {(*place, "parts", name) if name else place: part, place: process, here: sample}
            files = next((level.files for level in levels.values() if level.files is not None), None)
            found.append(files)
            said = next((at for at, level in levels.items() if level.luminosity is not None), None)
            by_period = isinstance(files, Mapping) or any(PERIOD in placeholders(p) for p in _listed(files))
            if by_period and said is not None:
                yield (
                    (*said, "luminosity"),
                    "the files are of data-taking periods, which have luminosities of their own",
                )
        if not all(isinstance(files, Mapping) for files in found):
            continue
        for period in periods:
            if not any(isinstance(files, Mapping) and period in files for files in found):
                yield (
                    (*place, "files"),
                    f"no files of the period {period!r}, {periods[period]:g} of {config.analysis.luminosity or 0:g} fb⁻¹",
                )


def _numbers(config: Configuration, sample: SampleConfiguration, part: Part, here: Location) -> Iterator[Inconsistency]:
    if sample.kind == "data":
        for key in _OF_SIMULATION:
            if getattr(part, key) is not None:
                yield (*here, key), f"data events count one each and take no {key.replace('_', ' ')}"
        return
    if part.metadata is not None and config.events.metadata is None:
        yield (*here, "metadata"), "names a row, and `events.metadata` names no file"
    for key in _ABOVE_ZERO:
        text = getattr(part, key)
        if text is None or Expression(text).names:
            continue
        value = float(Expression(text).values({}, 1)[0])
        if not (math.isfinite(value) and value > 0):
            yield (*here, key), f"is {value:g}, not a number above zero"
        elif key == "filter_efficiency" and value > 1:
            yield (*here, key), f"is {value:g}: a filter passes no more than all events; a percentage is divided by 100"


def _scales(config: Configuration, sample: SampleConfiguration, here: Location) -> Iterator[Inconsistency]:
    """Yield cross sections without a sum of weights, and what is of no use without a cross section, inheritance counted."""
    by_row = config.events.metadata is not None and config.events.metadata.sum_of_weights is not None
    for place, process in _processes(sample, here):
        parts = {(*place, "parts", name): part for name, part in process.parts.items()} or {place: process}
        for own, part in parts.items():
            levels = {own: part, place: process, here: sample}
            row = next((at for at, level in levels.items() if level.metadata is not None), None)
            number = next((at for at, level in levels.items() if level.cross_section is not None), None)
            if number is None and row is None:
                for key in _OF_CROSS_SECTION:
                    if getattr(part, key) is not None:
                        yield (*own, key), "is of use with a `cross_section` only"
            elif any(level.sum_of_weights is not None for level in levels.values()) or (row is not None and by_row):
                continue
            elif number is not None:
                yield (*number, "cross_section"), _NEEDS_SUM
            elif row is not None and config.events.metadata is not None:
                yield (*row, "metadata"), f"the row holds no sum of weights; its cross section {_NEEDS_SUM}"


def _groups(config: Configuration) -> Iterator[Inconsistency]:
    for name, members in config.groups.items():
        here: Location = ("groups", name)
        if name in config.samples:
            yield here, "a sample is called so too"
        grids = tuple(f"{sample}_" for sample in config.samples if is_grid(config.samples[sample]))
        for member in members:
            if not (member in config.samples or member in config.groups or member.startswith(grids)):
                yield here, f"no sample {member!r}{suggestion(member, [*config.samples, *config.groups])}"
        if _holds(config.groups, name, name, set()):
            yield here, "holds itself"


def _holds(groups: Mapping[str, list[str]], outer: str, wanted: str, seen: set[str]) -> bool:
    for member in groups.get(outer, ()):
        if member == wanted:
            return True
        if member in groups and member not in seen:
            seen.add(member)
            if _holds(groups, member, wanted, seen):
                return True
    return False
