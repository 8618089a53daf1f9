"""A configuration as the user wrote it, to one that names every file: groups, alternatives, periods, grids and metadata.

What stages see are plain samples, each of one or more parts with files and numbers of their own; every point of a signal grid
is a sample.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fivesigma.analysis.inference_schema import AlternativeSample, CwolaScan, LimitPlane, Systematic, TransferFactors
from fivesigma.analysis.metadata import with_metadata
from fivesigma.analysis.schema import Configuration, Inject, Part, Process, SampleConfiguration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import DataError, ExpressionError
from fivesigma.core.expressions import Expression
from fivesigma.core.numbers import digits
from fivesigma.events.files import FoundFile, filled, located, placeholders

__all__ = ["UnresolvedError", "members_of", "point_name", "resolve"]

PERIOD = "period"
_INHERITED = tuple(name for name in Part.model_fields if name not in ("files", "select"))


class UnresolvedError(DataError):
    """What samples name is not there; ``problems`` says what, each with its place in the configuration."""

    def __init__(self, problems: Sequence[tuple[Location, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{'.'.join(map(str, place))}: {message}" for place, message in problems))


def resolve(config: Configuration, folder: Path) -> Configuration:
    """Return the configuration with plain samples only; resolving it once more changes nothing.

    Optional samples without files are left out, and so are their names wherever they stand.

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
    missing: dict[tuple[Location, str], None] = {}
    left_out: list[str] = list(config.left_out)
    for name, sample in config.samples.items():
        resolver = _Resolver(config, folder, name)
        points = resolver.points(sample)
        missing |= dict.fromkeys(resolver.missing)
        if clash := next((point for point in points if point in samples), None):
            missing[("samples", name), f"two samples are called {clash!r}, of which one is a point of a grid"] = None
        samples |= points
        if not points:
            left_out.append(name)
        if sample.grid is None and any(point.grid for point in points.values()):
            grids[name] = list(points)
    if missing:
        raise UnresolvedError(list(missing))
    return _named(config.model_copy(update={"left_out": left_out}), samples, grids)


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
    return "_".join([grid, *(digits(value).replace(".", "p").replace("-", "m") for value in parameters.values())])


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Resolves one sample, and notes what is ``missing``."""

    config: Configuration
    folder: Path
    name: str
    missing: list[tuple[Location, str]] = field(default_factory=list)

    @property
    def _optional(self) -> bool:
        return self.config.samples[self.name].optional

    def points(self, sample: SampleConfiguration) -> dict[str, SampleConfiguration]:
        """Return the samples that a sample stands for: itself, or the points of its grid."""
        grid = self._grid(sample)
        if not grid:
            plain = self._plain(sample, sample.parameters)
            return {self.name: plain} if plain.parts or not sample.optional else {}
        points = {}
        for parameters in grid:
            values = _written(parameters)
            label = filled(sample.label, values) if placeholders(sample.label) else ""
            told = label or f"{sample.label or self.name} ({', '.join(values.values())})"
            point = sample.model_copy(update={"grid": self.name, "parameters": parameters, "label": told})
            points[point_name(self.name, parameters)] = self._plain(point, parameters)
        return points

    def _grid(self, sample: SampleConfiguration) -> list[dict[str, float]]:
        """Return the parameters of each point that the files of a signal stand for; none if it is no grid."""
        if sample.kind != "signal" or sample.grid is not None:
            return []
        patterns = [pattern for files in _files_of(sample) for pattern in self._patterns(files)]
        found: dict[frozenset[tuple[str, float]], dict[str, float]] = {}
        for pattern in patterns:
            with contextlib.suppress(DataError):  # told where the files themselves are asked for
                for file in located(pattern, self.folder):
                    found.setdefault(frozenset(file.parameters.items()), dict(file.parameters))
        # files that points share name fewer parameters, or none
        most = max((len(parameters) for parameters in found.values()), default=0)
        points = [parameters for parameters in found.values() if 0 < len(parameters) == most]
        if other := next((point for point in points if point.keys() != points[0].keys()), None):
            said = f"the points of a grid have the same parameters, not {_named_in(points[0])} and {_named_in(other)}"
            self.missing.append((("samples", self.name, "files"), said))
            return []
        return sorted(self._wanted(points, sample), key=lambda point: [point[name] for name in points[0]])

    def _wanted(self, points: list[dict[str, float]], sample: SampleConfiguration) -> list[dict[str, float]]:
        """Return the points that a sample's `select` leaves, where it asks for nothing but their parameters."""
        if not points or sample.select is None or not Expression(sample.select).names <= points[0].keys():
            return points
        here: Location = ("samples", self.name, "select")
        columns = {name: np.array([point[name] for point in points]) for name in points[0]}
        try:
            kept = Expression(sample.select).mask(columns, len(points))
        except ExpressionError as error:
            self.missing.append((here, str(error)))
            return points
        if not kept.any():
            self.missing.append((here, f"leaves none of the {len(points)} points of the grid"))
            return points
        return [point for point, is_kept in zip(points, kept, strict=True) if is_kept]

    def _patterns(self, files: object) -> list[str]:
        if isinstance(files, Mapping):
            return [pattern for some in files.values() for pattern in self._patterns(some)]
        listed = [files] if isinstance(files, str) else list(files) if isinstance(files, list) else []
        periods = list(self.config.analysis.periods) or [""]
        return list(dict.fromkeys(filled(p, {PERIOD: period}) for p in listed for period in periods))

    def _plain(self, sample: SampleConfiguration, parameters: Mapping[str, float]) -> SampleConfiguration:
        here: Location = ("samples", self.name)
        alternatives = {
            name: Process(parts=dict(self._parts(process, sample, parameters, (*here, "alternatives", name))))
            for name, process in sample.alternatives.items()
        }
        use = sample.use
        if sample.optional and alternatives:
            alternatives = {name: process for name, process in alternatives.items() if process.parts}
            use = use if use in alternatives else next(iter(alternatives), None)
        chosen = alternatives[use].parts if alternatives and use else None
        empty = dict.fromkeys(Part.model_fields) | {"skimmed": False}
        update = {
            **empty,
            "parts": dict(self._parts(sample, sample, parameters, here)) if chosen is None else chosen,
            "alternatives": alternatives,
            "use": use,
            "inject": None if sample.inject is None else self._injected(sample.inject, (*here, "inject", "files")),
        }
        return sample.model_copy(update=update)

    def _injected(self, inject: Inject, here: Location) -> Inject:
        files = self._files(inject.files, {}, here) if inject.files is not None else None
        return inject.model_copy(update={"files": files})

    def _parts(
        self, process: Process, sample: Part, parameters: Mapping[str, float], here: Location
    ) -> Iterator[tuple[str, Part]]:
        """Yield the parts of a process, each of one period."""
        given = {**_said(sample), **_said(process)}
        own = {name: (part, (*here, "parts", name)) for name, part in process.parts.items()}
        for name, (part, place) in (own or {self.name: (process, here)}).items():
            whole = part.model_copy(update={**given, **_said(part), "select": _both(sample, process, part)})
            levels = ((part, place), (process, here), (sample, ("samples", self.name)))
            files, where = next(((p.files, at) for p, at in levels if p.files is not None), (None, place))
            for period, some in self._by_period(files).items():
                luminosity = self.config.analysis.periods.get(period, whole.luminosity)
                named = self._files(some, parameters, (*where, "files"))
                if self._optional and not named:
                    continue
                update = {"files": named, "luminosity": luminosity}
                resolved = Part(**{key: getattr(whole.model_copy(update=update), key) for key in Part.model_fields})
                yield (f"{name}-{period}" if period else name), self._with_metadata(resolved, parameters, place)

    def _by_period(self, files: object) -> dict[str, object]:
        if isinstance(files, Mapping):
            return {period: [filled(f, {PERIOD: period}) for f in _listed(some)] for period, some in files.items()}
        listed = _listed(files)
        if not any(PERIOD in placeholders(pattern) for pattern in listed):
            return {"": listed}
        return {period: [filled(f, {PERIOD: period}) for f in listed] for period in self.config.analysis.periods}

    def _files(self, files: object, parameters: Mapping[str, float], here: Location) -> list[str]:
        """Return the names of the files themselves, relative to the folder where they lie below it.

        Of a grid those of the point with these parameters; else a pattern whose placeholders become columns stays as it is.
        """
        names: list[str] = []
        for pattern in _listed(files):
            try:
                found = self._of_point(pattern, parameters)
            except DataError as error:
                if self._optional:
                    continue
                self.missing.append((here, str(error)))
                found = []
            stays = not found or (not parameters and any(file.parameters for file in found))
            names += [pattern] if stays else [self._relative(file.path) for file in found]
        return list(dict.fromkeys(names))

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path)

    def _of_point(self, pattern: str, parameters: Mapping[str, float]) -> list[FoundFile]:
        """Return the files of a pattern whose names bear the parameters of a point, however their numbers are written."""
        found = [
            file
            for file in located(pattern, self.folder)
            if all(parameters.get(name, value) == value for name, value in file.parameters.items())
        ]
        if not found:
            point = self.folder / filled(pattern, _written(parameters))
            raise DataError(f"{point}: no such file, as other points of the grid have")
        return found

    def _with_metadata(self, part: Part, parameters: Mapping[str, float], here: Location) -> Part:
        if part.metadata is None or self.config.events.metadata is None:
            return part
        row = filled(part.metadata, _written(parameters))
        try:
            return with_metadata(part, self.config.events.metadata, row, self.folder)
        except DataError as error:
            self.missing.append(((*here, "metadata"), str(error)))
            return part


def _named_in(parameters: Mapping[str, float]) -> str:
    return ", ".join(parameters)


def _written(parameters: Mapping[str, float]) -> dict[str, str]:
    return {name: digits(value) for name, value in parameters.items()}


def _files_of(sample: SampleConfiguration) -> list[object]:
    """Return what a sample, or the alternative that is used, names as files, part by part."""
    chosen = sample.alternatives[sample.use] if sample.alternatives and sample.use else sample
    levels = ((part, chosen, sample) for part in chosen.parts.values() or [chosen])
    return [next((part.files for part in parts if part.files is not None), None) for parts in levels]


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

    def there(names: Sequence[str]) -> list[str]:
        return [name for name in members_of(names, stand_for) if name not in config.left_out]

    def members(names: list[str] | None) -> list[str] | None:
        return None if names is None else there(names)

    training = config.training.model_copy(
        update={"signal": members(config.training.signal), "background": members(config.training.background)}
    )
    judgement = config.judgement.model_copy(update={"signal": members(config.judgement.signal)})
    systematics = {
        name: s
        if isinstance(s, AlternativeSample | TransferFactors)
        else s.model_copy(update={"samples": members(s.samples)})
        for name, s in config.systematics.items()
        if _moves_one(s, samples, there)
    }
    inference = {
        name: i if isinstance(i, LimitPlane | CwolaScan) else i.model_copy(update={"signal": members(i.signal)})
        for name, i in config.inference.items()
    }
    return config.model_copy(
        update={
            "samples": samples,
            "groups": {name: there(names) for name, names in config.groups.items()},
            "training": training,
            "judgement": judgement,
            "systematics": systematics,
            "inference": inference,
        }
    )


def _moves_one(
    systematic: Systematic, samples: Mapping[str, SampleConfiguration], there: Callable[[Sequence[str]], list[str]]
) -> bool:
    """Return whether what a systematic names is there."""
    if isinstance(systematic, AlternativeSample):
        return systematic.sample in samples and systematic.use in samples[systematic.sample].alternatives
    if isinstance(systematic, TransferFactors):
        return systematic.sample in samples
    return not systematic.samples or bool(there(systematic.samples))
