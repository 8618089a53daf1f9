"""A configuration as the user wrote it, to one that names every file: groups, alternatives, periods, grids and metadata.

What stages see are plain samples, each of one or more parts with files and numbers of their own; every point of a signal grid
is a sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fivesigma.analysis.metadata import with_metadata
from fivesigma.analysis.schema import (
    AlternativeSample,
    Configuration,
    Inject,
    LimitPlane,
    Part,
    Process,
    SampleConfiguration,
)
from fivesigma.core.errors import DataError
from fivesigma.events.files import filled, located, placeholders

__all__ = ["UnresolvedError", "members_of", "point_name", "resolve"]

PERIOD = "period"
_INHERITED = tuple(name for name in Part.model_fields if name not in ("files", "select"))


class UnresolvedError(DataError):
    """What samples name is not there; ``problems`` says of which sample what."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"samples.{name}: {message}" for name, message in problems.items()))


def resolve(config: Configuration, folder: Path) -> Configuration:
    """Return the configuration with plain samples only; resolving it once more changes nothing.

    Parameters
    ----------
    config
        A consistent configuration.
    folder
        What names of files are relative to.

    Raises
    ------
    UnresolvedError
        If files or rows of metadata are missing: all of them, at once.
    """
    samples: dict[str, SampleConfiguration] = {}
    grids: dict[str, list[str]] = {}
    missing: dict[str, str] = {}
    for name, sample in config.samples.items():
        try:
            points = _Resolver(config, folder, name).points(sample)
        except DataError as error:
            missing[name] = str(error)
            continue
        if clash := next((point for point in points if point in samples), None):
            missing[name] = f"its point {clash!r} is called as another sample is"
        samples |= points
        if sample.grid is None and any(point.grid for point in points.values()):
            grids[name] = list(points)
    if missing:
        raise UnresolvedError(missing)
    return _named(config, samples, grids)


def members_of(names: Sequence[str], stand_for: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the samples that names of samples, groups and grids stand for, each once."""
    found: dict[str, None] = {}
    todo, seen = list(reversed(names)), set()
    while todo:
        name = todo.pop()
        if name not in stand_for:
            found.setdefault(name)
        elif name not in seen:
            seen.add(name)
            todo += reversed(stand_for[name])
    return list(found)


def point_name(grid: str, parameters: Mapping[str, float]) -> str:
    """Return what a point of a grid is called: ``stop_500_470``; a full stop is written p, a minus m."""
    return "_".join([grid, *(_shown(value).replace(".", "p").replace("-", "m") for value in parameters.values())])


def _shown(value: float) -> str:
    return f"{value:.10g}"


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Resolves one sample."""

    config: Configuration
    folder: Path
    name: str

    def points(self, sample: SampleConfiguration) -> dict[str, SampleConfiguration]:
        """Return the samples that a sample stands for: itself, or the points of its grid."""
        grid = self._grid(sample)
        if not grid:
            return {self.name: self._plain(sample, sample.parameters)}
        points = {}
        for parameters in grid:
            values = {key: _shown(value) for key, value in parameters.items()}
            label = filled(sample.label, values) if placeholders(sample.label) else ""
            told = label or f"{sample.label or self.name} ({', '.join(values.values())})"
            point = sample.model_copy(update={"grid": self.name, "parameters": parameters, "label": told})
            points[point_name(self.name, parameters)] = self._plain(point, parameters)
        return points

    def _grid(self, sample: SampleConfiguration) -> list[dict[str, float]]:
        """Return the parameters of each point that the files of a signal stand for; none if it is no grid."""
        if sample.kind != "signal" or sample.grid is not None:
            return []
        patterns = [pattern for part in _processes(sample) for pattern in self._patterns(part.files)]
        if not any(placeholders(pattern) for pattern in patterns):
            return []
        found = {
            tuple(file.parameters.items()): dict(file.parameters)
            for pattern in patterns
            for file in located(pattern, self.folder)
        }
        return [found[key] for key in sorted(found, key=lambda items: [value for _, value in items])]

    def _patterns(self, files: object) -> list[str]:
        if isinstance(files, Mapping):
            return [pattern for some in files.values() for pattern in self._patterns(some)]
        listed = [files] if isinstance(files, str) else list(files) if isinstance(files, list) else []
        periods = list(self.config.analysis.periods) or [""]
        return list(dict.fromkeys(filled(p, {PERIOD: period}) for p in listed for period in periods))

    def _plain(self, sample: SampleConfiguration, parameters: Mapping[str, float]) -> SampleConfiguration:
        values = {key: _shown(value) for key, value in parameters.items()}
        chosen = sample.alternatives[sample.use] if sample.alternatives and sample.use else sample
        alternatives = {
            name: Process(parts=dict(self._parts(process, sample, values)))
            for name, process in sample.alternatives.items()
        }
        empty = dict.fromkeys(Part.model_fields) | {"skimmed": False}
        inject = None if sample.inject is None else self._injected(sample.inject)
        update = {
            **empty,
            "parts": dict(self._parts(chosen, sample, values)),
            "alternatives": alternatives,
            "inject": inject,
        }
        return sample.model_copy(update=update)

    def _injected(self, inject: Inject) -> Inject:
        files = self._files(inject.files, {}) if inject.files is not None else None
        return inject.model_copy(update={"files": files})

    def _parts(self, process: Process, sample: Part, values: Mapping[str, str]) -> Iterator[tuple[str, Part]]:
        """Yield the parts of a process, each of one period."""
        given = {**_said(sample), **_said(process)}
        own = process.parts or {self.name: process}
        for name, part in own.items():
            whole = part.model_copy(update={**given, **_said(part), "select": _both(sample, process, part)})
            files = next((p.files for p in (part, process, sample) if p.files is not None), None)
            for period, some in self._by_period(files).items():
                luminosity = self.config.analysis.periods.get(period, whole.luminosity)
                update = {"files": self._files(some, values), "luminosity": luminosity}
                resolved = Part(**{key: getattr(whole.model_copy(update=update), key) for key in Part.model_fields})
                yield (f"{name}-{period}" if period else name), self._with_metadata(resolved, values)

    def _by_period(self, files: object) -> dict[str, object]:
        if isinstance(files, Mapping):
            return {period: [filled(f, {PERIOD: period}) for f in _listed(some)] for period, some in files.items()}
        listed = _listed(files)
        if not any(PERIOD in placeholders(pattern) for pattern in listed):
            return {"": listed}
        return {period: [filled(f, {PERIOD: period}) for f in listed] for period in self.config.analysis.periods}

    def _files(self, files: object, values: Mapping[str, str]) -> list[str]:
        """Return the names of the files themselves, relative to the folder where they lie below it.

        A pattern whose placeholders become columns stays as it is.
        """
        patterns = [filled(pattern, values) for pattern in _listed(files)]
        found = located(patterns, self.folder)
        if any(file.parameters for file in found):
            return patterns
        paths = [file.path for file in found]
        return [str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path) for path in paths]

    def _with_metadata(self, part: Part, values: Mapping[str, str]) -> Part:
        if part.metadata is None or self.config.events.metadata is None:
            return part
        return with_metadata(part, self.config.events.metadata, filled(part.metadata, values), self.folder)


def _processes(sample: SampleConfiguration) -> list[Part]:
    chosen = sample.alternatives[sample.use] if sample.alternatives and sample.use else sample
    return [*chosen.parts.values()] or [chosen]


def _listed(files: object) -> list[str]:
    return [files] if isinstance(files, str) else list(files) if isinstance(files, Sequence) else []


def _said(part: Part) -> dict[str, object]:
    """Return what a part says itself, of what parts inherit."""
    return {
        name: getattr(part, name)
        for name in _INHERITED
        if name in part.model_fields_set and getattr(part, name) is not None
    }


def _both(*parts: Part) -> str | None:
    """Return the selections of a sample, its process and a part together."""
    selects = list(dict.fromkeys(part.select for part in parts if part.select is not None))
    if len(selects) > 1:
        return " and ".join(f"({select})" for select in selects)
    return selects[0] if selects else None


def _named(
    config: Configuration, samples: dict[str, SampleConfiguration], grids: Mapping[str, list[str]]
) -> Configuration:
    """Return the configuration with these samples, and names of groups and grids replaced by what they stand for."""
    stand_for = {**config.groups, **grids}

    def members(names: list[str] | None) -> list[str] | None:
        return None if names is None else members_of(names, stand_for)

    training = config.training.model_copy(
        update={"signal": members(config.training.signal), "background": members(config.training.background)}
    )
    judgement = config.judgement.model_copy(update={"signal": members(config.judgement.signal)})
    systematics = {
        name: s if isinstance(s, AlternativeSample) else s.model_copy(update={"samples": members(s.samples)})
        for name, s in config.systematics.items()
    }
    inference = {
        name: i if isinstance(i, LimitPlane) else i.model_copy(update={"signal": members(i.signal)})
        for name, i in config.inference.items()
    }
    return config.model_copy(
        update={
            "samples": samples,
            "groups": {name: members_of(names, stand_for) for name, names in config.groups.items()},
            "training": training,
            "judgement": judgement,
            "systematics": systematics,
            "inference": inference,
        }
    )
