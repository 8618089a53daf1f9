"""A first analysis of somebody's files: a commented YAML that is valid and runs, with guesses to be mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from fivesigma.analysis.schema_types import named_like
from fivesigma.analysis.starter_columns import Features, chosen_features, missing_values
from fivesigma.analysis.starter_labels import told_apart
from fivesigma.analysis.starter_tables import StarterTable, starter_tables
from fivesigma.analysis.starter_text import StarterSample, starter_yaml
from fivesigma.analysis.starter_weights import Weighed, weighed, window
from fivesigma.core.errors import DataError
from fivesigma.core.sample import Kind
from fivesigma.events.missing import MissingValues

__all__ = ["Starter", "starter"]

_LONG = 6
_FEWEST, _FEWEST_OF_BOTH_SIGNS = 60, 150.0
"""Events of a class, or effective ones where weights have both signs, that leave every fold something to train and validate on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """The text of a YAML, and what its user should know besides."""

    text: str
    remarks: tuple[str, ...]


def starter(given: Mapping[Kind, Sequence[Path]], unknown: Sequence[Path] = ()) -> Starter:
    """Return a first analysis of event files.

    Samples are called as their files, and weighed by the column that is called as weights are. Inputs are the numbers that all
    samples have, without weights, identifiers, labels and masses; masses are observables.

    Parameters
    ----------
    given
        Files by kind, as the user named them; relative to the current folder.
    unknown
        Files whose kind is to be guessed from their names.

    Raises
    ------
    DataError
        If a file cannot be read, nothing tells signal from background, or the samples have no column in common.
    """
    found, remarks = starter_tables(given, unknown)
    tables = told_apart(found, remarks)
    features = chosen_features(tables)
    if not features.inputs:
        raise DataError(_without_inputs(tables, features))
    by_column = missing_values(tables, features)
    missing = MissingValues(
        of_column={name: tuple(float(v) for v in values if v != "nan") for name, values in by_column.items()}
    )
    weighed_tables = [(table, weighed(table, features.observables, missing)) for table in tables]
    for table, found_weights in weighed_tables:
        if found_weights.remark:
            remarks.append(f"{table.description.name}: {found_weights.remark}")
    text = starter_yaml(
        _samples(weighed_tables),
        features,
        missing=by_column,
        window=window(weighed_tables, features.observables),
        trains=all(_enough(kind, weighed_tables) for kind in ("signal", "background")),
    )
    return Starter(text=text, remarks=tuple(dict.fromkeys(remarks)))


def _without_inputs(tables: Sequence[StarterTable], features: Features) -> str:
    names = ", ".join(table.description.name for table in tables)
    reasons = "; ".join(f"{reason}: {', '.join(columns[:8])}" for reason, columns in features.left_out.items())
    return f"{names}: there is no column that all samples have and that models may see ({reasons or 'there are no columns'})"


def _enough(kind: str, tables: Sequence[tuple[StarterTable, Weighed]]) -> bool:
    """Return whether a class has events enough to train on, whatever the folds."""
    parts = [part for table, part in tables if table.kind == kind]
    total, squares = sum(part.total for part in parts), sum(part.squares for part in parts)
    signed = any(
        (table.columns[part.column].minimum or 0) < 0 for table, part in tables if part.column and table.kind == kind
    )
    effective = total**2 / squares if squares else 0.0
    return sum(part.events for part in parts) >= _FEWEST and (not signed or effective >= _FEWEST_OF_BOTH_SIGNS)


def _samples(tables: Sequence[tuple[StarterTable, Weighed]]) -> list[StarterSample]:
    """Return one sample for each table that is simulated, and one for all data."""
    samples, names = list[StarterSample](), set[str]()
    simulated, data = ([pair for pair in tables if (pair[0].kind == "data") is is_data] for is_data in (False, True))
    for (table, part), stem in zip(simulated, _short([table.stem for table, _ in simulated]), strict=True):
        shares = bool(table.select or table.remark)
        name, label = (f"{stem}_{table.kind}", f"{stem}, {table.kind}") if shares else (stem, stem)
        samples.append(_sample(_name(name, names), label, [table], part))
    if data:
        samples.append(_sample(_name("data", names), "Data", [table for table, _ in data], data[0][1]))
    return samples


def _short(stems: Sequence[str]) -> list[str]:
    """Return names without a long ending that all of them share."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*map(reversed, stems), strict=False))
    ending = "".join(letters[0] for letters in same)[::-1]
    short = [stem.removesuffix(ending) for stem in stems]
    return short if len(ending) >= _LONG and all(len(stem) > 1 for stem in short) else list(stems)


def _sample(name: str, label: str, tables: Sequence[StarterTable], part: Weighed) -> StarterSample:
    first = tables[0]
    return StarterSample(
        name=name,
        label=label,
        kind=first.kind,
        guessed=first.guessed,
        files=tuple(dict.fromkeys(_shown(table.path) for table in tables)),
        trees=tuple(dict.fromkeys(table.tree for table in tables if table.tree is not None)),
        select=first.select,
        weight=part.weight,
        of_generator=part.of_generator,
        events=part.events,
        total=part.total,
        remarks=tuple(filter(None, (first.remark, part.remark))),
    )


def _shown(path: Path) -> str:
    """Return a path as the YAML names it: relative if it was given so and lies below the current folder, else absolute."""
    if path.is_absolute() or ".." in path.parts:
        return str(path.absolute())
    return str(path)


def _name(stem: str, taken: set[str]) -> str:
    """Return a name like a file's that the schema allows and no other sample has."""
    name = unique = named_like(stem, 56)
    count = 1
    while unique in taken:
        count += 1
        unique = f"{name}_{count}"
    taken.add(unique)
    return unique
