"""Runs beside each other: what differs in how they were made, and what that did to each number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.page_content import of_this_version
from fivesigma.core.errors import DataError, FivesigmaError

__all__ = ["Difference", "NumberDifference", "RunComparison", "RunRecord", "compare_records", "compare_runs"]

_NOT_RESULTS = frozenset({"schema", "fivesigma", "findings"})
_TIMES = frozenset({"seconds"})
_MEDIAN = 2  # of the five expected limits, whose neighbours are the ends of the ±1σ band


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a finished run left: its resolved configuration, its results, and where they come from."""

    config: Mapping[str, Any]
    results: Mapping[str, Any]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is not the same in all runs, by dotted key; a run that is not among the ``values`` has no such thing."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDifference:
    """A number that is not the same in all runs.

    Attributes
    ----------
    key
        Its place in ``results.json``, dotted.
    values
        Of each run that has it.
    errors
        Its uncertainty in each run that tells one.
    change
        The largest change from the first run that has it, with its sign, in units of that run's uncertainty; None if it has none.
    relative
        The same change over the number itself; None where that is zero.
    """

    key: str
    values: Mapping[str, float]
    errors: Mapping[str, float]
    change: float | None
    relative: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """What differs between runs.

    Attributes
    ----------
    runs
        Their names, in the order given.
    settings
        Of the resolved configurations.
    origins
        Code, versions, input files, and who unblinded.
    numbers
        Of the results, those that changed most first: in units of their uncertainties, then relative to themselves.
    words
        All else of the results: what only some runs have, what is blind in one, methods, verdicts.
    findings
        By code and subject, with their severity in the runs that have them.
    unchanged
        How many numbers are the same in all runs.
    """

    runs: tuple[str, ...]
    settings: tuple[Difference, ...]
    origins: tuple[Difference, ...]
    numbers: tuple[NumberDifference, ...]
    words: tuple[Difference, ...]
    findings: tuple[Difference, ...]
    unchanged: int


def compare_runs(*runs: Path | str) -> RunComparison:
    """Return what differs between finished runs, given as their directories.

    Raises
    ------
    FivesigmaError
        If fewer than two are given, or one twice.
    DataError
        If one is not a finished run, or of another version's layout.
    """
    paths = [Path(run) for run in runs]
    if len({path.resolve() for path in paths}) < max(2, len(paths)):
        raise FivesigmaError("a comparison needs two runs or more, each once")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    return compare_records({name: _record(path) for name, path in zip(names, paths, strict=True)})


def compare_records(records: Mapping[str, RunRecord]) -> RunComparison:
    """Return what differs between runs given by their names: keys of the first run first, in its order."""
    results = {name: dict(_leaves(_told(record.results))) for name, record in records.items()}
    errors = {name: dict(_errors(_told(record.results))) for name, record in records.items()}
    kept = [_same_kind(key, by_run) for key, by_run in _side_by_side(results).items()]
    numbers = [_number(key, values, errors) for key, values, is_number in kept if is_number]
    changed = [one for one in numbers if len(set(one.values.values())) > 1]
    words = [Difference(key=key, values=values) for key, values, is_number in kept if not is_number]
    return RunComparison(
        runs=tuple(records),
        settings=_differences({name: dict(_leaves(record.config)) for name, record in records.items()}),
        origins=_differences({name: _origin(record.provenance) for name, record in records.items()}),
        numbers=tuple(sorted(changed, key=_size, reverse=True)),
        words=tuple(one for one in words if _differs(one.values, records)),
        findings=_differences({name: _findings(record.results) for name, record in records.items()}),
        unchanged=len(numbers) - len(changed),
    )


def _record(path: Path) -> RunRecord:
    directory = RunDirectory(path)
    results, provenance = directory.read_results(), directory.read_json("provenance.json")
    try:
        config = YAML(typ="safe").load(directory.read_text("config.yaml"))
    except YAMLError as error:
        raise DataError(f"{path / 'config.yaml'}: damaged") from error
    for file, value in (("config.yaml", config), ("provenance.json", provenance)):
        if not isinstance(value, Mapping):
            raise DataError(f"{path / file}: damaged")
    record = RunRecord(config=config, results=results, provenance=provenance)
    with of_this_version(path):
        compare_records({path.name: record})  # alone, so that it is the damaged one that is named
    return record


def _told(results: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in results.items() if key not in _NOT_RESULTS}


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of a JSON value with its dotted key; times are none, nor are the ends and errors of an estimate."""
    match value:
        case Mapping() if _is_estimate(value):
            yield key, value["value"]
        case Mapping() if value:
            for name, item in value.items():
                if name not in _TIMES and not (name.endswith("_error") and name.removesuffix("_error") in value):
                    yield from _leaves(item, f"{key}.{name}" if key else str(name))
        case list() if any(isinstance(item, Mapping | list) for item in value) or _are_numbers(value):
            for place, item in enumerate(value):
                yield from _leaves(item, f"{key}[{place}]")
        case _:
            yield key, value


def _errors(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Yield the uncertainty of every leaf that has one, by the same key."""
    if isinstance(value, Mapping):
        if _is_estimate(value):
            yield key, (value["high"] - value["low"]) / 2
            return
        for name, item in value.items():
            place = f"{key}.{name}" if key else str(name)
            error = value.get(f"{name}_error")
            if isinstance(item, int | float) and isinstance(error, int | float):
                yield place, float(error)
            elif name == "limit_expected" and isinstance(item, list) and _are_numbers(item):
                yield f"{place}[{_MEDIAN}]", (item[_MEDIAN + 1] - item[_MEDIAN - 1]) / 2
            else:
                yield from _errors(item, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _errors(item, f"{key}[{number}]")


def _is_estimate(value: Mapping[str, Any]) -> bool:
    return {"value", "low", "high"} <= set(value) and all(_is_number(value[end]) for end in ("value", "low", "high"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(map(_is_number, values))


def _side_by_side(runs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each key what each run that has it holds."""
    keys = dict.fromkeys(key for leaves in runs.values() for key in leaves)
    return {key: {name: leaves[key] for name, leaves in runs.items() if key in leaves} for key in keys}


def _same_kind(key: str, values: dict[str, Any]) -> tuple[str, dict[str, Any], bool]:
    """Return a key and its values, and whether they are numbers of two runs or more, none missing."""
    return key, values, len(values) > 1 and all(map(_is_number, values.values()))


def _number(key: str, values: Mapping[str, float], errors: Mapping[str, Mapping[str, float]]) -> NumberDifference:
    mine = {name: errors[name][key] for name in values if key in errors[name]}
    first = next(iter(values))
    moved = max((value - values[first] for value in values.values()), key=abs)
    unit = mine.get(first)
    return NumberDifference(
        key=key,
        values=values,
        errors=mine,
        change=moved / unit if unit else None,
        relative=moved / abs(values[first]) if values[first] else None,
    )


def _size(one: NumberDifference) -> tuple[float, float]:
    relative = math.inf if one.relative is None else abs(one.relative)
    return (-1.0 if one.change is None else abs(one.change), relative)


def _differs(values: Mapping[str, Any], runs: Mapping[str, Any]) -> bool:
    first, *others = values.values()
    return len(values) < len(runs) or any(other != first for other in others)


def _differences(runs: Mapping[str, Mapping[str, Any]]) -> tuple[Difference, ...]:
    found = (Difference(key=key, values=values) for key, values in _side_by_side(runs).items())
    return tuple(one for one in found if _differs(one.values, runs))


def _origin(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the numbers come from besides the configuration."""
    told = {key: provenance.get(key) or {} for key in ("versions", "inputs")}
    flat = {f"{key}.{name}": value for key, entries in told.items() for name, value in entries.items()}
    unblinded = len(provenance.get("unblinding") or [])
    times = {0: "no", 1: "once"}.get(unblinded, f"{unblinded} times")
    return {"code": provenance.get("code"), "unblinded": times, **flat}


def _findings(results: Mapping[str, Any]) -> dict[str, str]:
    return {f"{one['code']}: {one['subject']}": one["severity"] for one in results.get("findings") or ()}
