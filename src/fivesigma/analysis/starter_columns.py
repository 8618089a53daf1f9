"""Which columns of a first analysis are inputs, which are kept from the models, which weigh events, and which are none of these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fivesigma.analysis.starter_labels import LABEL_NAMES, plain
from fivesigma.analysis.starter_tables import StarterTable
from fivesigma.core.expression_text import written
from fivesigma.events.describe import ColumnDescription
from fivesigma.events.identify import EVENT_NAMES, LUMI_NAMES, RUN_NAMES
from fivesigma.events.units import is_energy, is_mass

__all__ = ["Feature", "Features", "chosen_features", "missing_values", "weight_column"]

_WEIGHTS = (
    "weight",
    "totalweight",
    "fulleventweight",
    "eventweight",
    "evtweight",
    "finalweight",
    "physicsweight",
    "w",
    "wgt",
    "wt",
    "xsweight",
    "lumiweight",
)
_GENERATOR_WEIGHTS = ("genweight", "mcweight", "mceventweight", "weightmc", "generatorweight", "lheweight", "xwgtup")
_IDENTIFIERS = frozenset(
    plain(name)
    for name in (
        *EVENT_NAMES,
        *RUN_NAMES,
        *LUMI_NAMES,
        "entry",
        "index",
        "channelNumber",
        "dsid",
        "dataset_number",
        "mcChannelNumber",
    )
)
_WEIGHT = re.compile(
    r"weight|scalefactor|(^|_)sf(_|$)|(^|_)(xs|xsec)(_|$)|crosssection|kfactor|(^|_)lumi|sumw", re.IGNORECASE
)
_TRUTH = re.compile(
    r"^n?(gen|Gen|mc|MC|LHE|HTXS|truth|Generator|Pileup)(?=[A-Z_])|(?i:(^|_)(truth|pdgid)|truthmatched|genpart|pdgid$)"
)
_IDENTIFIER = re.compile(
    r"(event|evt|run|lumi|entry)_?(id|no|nr|num|number)$|^(id|idx|index)$|kaggleset|_?split$|^fold$", re.IGNORECASE
)
_SHIFTED = re.compile(r"(Up|Down|_up|_down|_UP|_DOWN)$")
_TRIGGER = re.compile(r"^(hlt|l1|flag|trig|pass|has|is)", re.IGNORECASE)
_RESERVED = frozenset({"trees", "pi", "True", "False"})
_YES_NO = {0.0, 1.0}
_MOST_INPUTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """An input or observable: its name, its expression, its title with a unit (empty if none is known), and its column."""

    name: str
    expression: str
    title: str
    column: str
    in_mev: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Inputs, observables, columns that were left out by the reason, and lists of momenta that could be used too."""

    inputs: tuple[Feature, ...]
    observables: tuple[Feature, ...]
    left_out: dict[str, list[str]]
    lists: tuple[ColumnDescription, ...]


def chosen_features(samples: Sequence[StarterTable]) -> Features:
    """Return what models may see of the columns that all samples have, and what is kept from them."""
    left_out: dict[str, list[str]] = {}
    inputs, observables, lists, taken = list[Feature](), list[Feature](), list[ColumnDescription](), set[str]()
    for name, column in samples[0].columns.items():
        columns = [sample.columns[name] for sample in samples if name in sample.columns]
        if column.kind == "jagged":
            fits = len(columns) == len(samples) and not (_TRUTH.search(name) or _SHIFTED.search(name))
            lists += [column] if fits and is_energy(name) and column.unit is not None else []
        elif reason := _left_out(name, columns, len(samples)):
            left_out.setdefault(reason, []).append(name)
        elif is_mass(name) and any(c.values is None for c in columns):
            observables.append(_feature(name, columns, taken))
        elif len(inputs) < _MOST_INPUTS:
            inputs.append(_feature(name, columns, taken))
        else:
            left_out.setdefault("more of the same", []).append(name)
    if not inputs:  # masses of parts of an event are inputs sooner than nothing is
        inputs, observables = observables[:-1] or observables, observables[-1:] if len(observables) > 1 else []
    return Features(inputs=tuple(inputs), observables=tuple(observables), left_out=left_out, lists=tuple(lists))


def weight_column(sample: StarterTable) -> tuple[str | None, bool]:
    """Return the column that weighs a sample's events, if there is one, and whether it is the generator's."""
    flat = [c for c in sample.columns.values() if c.kind == "flat" and c.minimum is not None]
    by_name = {plain(column.name): column.name for column in reversed(flat)}
    for names, of_generator in ((_WEIGHTS, False), (_GENERATOR_WEIGHTS, True)):
        for name in names:
            if name in by_name:
                return by_name[name], of_generator
    return None, False


def missing_values(samples: Sequence[StarterTable], features: Features) -> dict[str, list[float | str]]:
    """Return by column which values stand for "not there" in what is used; the word nan for what is no number in the files."""
    found: dict[str, list[float | str]] = {}
    for feature in (*features.inputs, *features.observables):
        for column in (sample.columns[feature.column] for sample in samples):
            values: list[float | str] = [column.sentinel.value] if column.sentinel is not None else []
            for value in [*values, *(["nan"] if column.missing else [])]:
                if value not in found.setdefault(feature.column, []):
                    found[feature.column].append(value)
    return {name: values for name, values in found.items() if values}


def _left_out(name: str, columns: Sequence[ColumnDescription], samples: int) -> str | None:
    """Return why a column is no input, None if it may be one."""
    reasons = {
        "not in all samples": len(columns) < samples,
        "no numbers": any(column.kind != "flat" for column in columns),
        **_by_name(name, columns),
        "infinite in some events": any(column.infinite for column in columns),
        "empty in some sample": any(column.minimum is None for column in columns),
        "the same in all events": _constant(columns) and len({column.minimum for column in columns}) == 1,
        "constant in each sample, so a label": _constant(columns),
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _by_name(name: str, columns: Sequence[ColumnDescription]) -> dict[str, bool]:
    bare, few = plain(name), all(column.values is not None for column in columns)
    yes_or_no = few and all(set(column.values or ()) <= _YES_NO for column in columns)
    return {
        "identify events": bare in _IDENTIFIERS or bool(_IDENTIFIER.search(name)),
        "weights": bare in (*_WEIGHTS, *_GENERATOR_WEIGHTS) or bool(_WEIGHT.search(name)),
        "labels": bare in LABEL_NAMES and few,
        "known of simulation only": bool(_TRUTH.search(name)),
        "shifted": bool(_SHIFTED.search(name)),
        "triggers and flags": yes_or_no and bool(_TRIGGER.search(name)),
    }


def _constant(columns: Sequence[ColumnDescription]) -> bool:
    return all(column.minimum == column.maximum and not column.sentinel for column in columns)


def _feature(name: str, columns: Sequence[ColumnDescription], taken: set[str]) -> Feature:
    units = {column.unit for column in columns} - {None}
    in_mev = "MeV" in units
    safe = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")
    safe = (safe if safe[:1].isalpha() else f"x_{safe}")[:60]
    while safe in taken or safe in _RESERVED:
        safe = f"{safe}_"
    taken.add(safe)
    unit = " [GeV]" if units & {"GeV", "MeV"} else ""
    expression = written(name) + (" / 1000" if in_mev else "")
    return Feature(name=safe, expression=expression, title=f"{name}{unit}" if unit else "", column=name, in_mev=in_mev)
