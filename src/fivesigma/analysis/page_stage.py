"""Last stage: ``results.json``, ``findings.json``, ``provenance.json`` and the page."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from typing import Any

from ruamel.yaml import YAML

from fivesigma.analysis.configuration import read_configuration
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.schema import Configuration, Training
from fivesigma.analysis.stages import FigureNote, Outcome, Stages
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding
from fivesigma.core.identity import digest
from fivesigma.core.provenance import code_digest, library_versions
from fivesigma.core.version import __version__
from fivesigma.report.content import FigureEntry, RunContent
from fivesigma.report.interactive import CHARTS
from fivesigma.report.page import render

__all__ = ["Outcomes", "provenance", "resolved_yaml", "results", "write_page", "write_page_again"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What the stages of a run made."""

    events: Outcome
    features: Outcome
    models: Mapping[str, Outcome]
    judgement: Outcome
    inference: Mapping[str, Outcome]

    @property
    def all(self) -> tuple[Outcome, ...]:
        """Every outcome, in the order of the stages."""
        return (self.events, self.features, *self.models.values(), self.judgement, *self.inference.values())

    @property
    def records(self) -> set[str]:
        """The records of the stages."""
        names = ["events", "features", "judgement", *(f"model-{name}" for name in self.models)]
        return {f"stages/{name}.json" for name in (*names, *(f"inference-{name}" for name in self.inference))}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the stages."""
        return tuple(finding for outcome in self.all for finding in outcome.findings)

    @property
    def figures(self) -> tuple[FigureNote, ...]:
        """Every figure, in the order of the stages."""
        return tuple(note for outcome in self.all for note in outcome.figures)


def results(config: Configuration, outcomes: Outcomes) -> dict[str, Any]:
    """Return what ``results.json`` holds: the same for the same configuration but for fields called ``seconds``."""
    judged = outcomes.judgement.value
    models = {
        name: {**judged["models"][name], "seconds": outcome.value["seconds"], "folds": outcome.value["folds"]}
        for name, outcome in outcomes.models.items()
    }
    inference = {name: outcome.value for name, outcome in outcomes.inference.items()}
    return {
        "schema": 1,
        "fivesigma": __version__,
        "analysis": config.analysis.name,
        "samples": outcomes.events.value["samples"],
        "variations": outcomes.events.value["variations"],
        "models": {**models, **_without_labels(inference)},
        "judgement": {**judged["judgement"], **outcomes.features.value},
        "inference": inference,
        "findings": [dataclasses.asdict(finding) for finding in outcomes.findings],
    }


def _without_labels(inference: Mapping[str, Any]) -> dict[str, Any]:
    """Return the classifiers that scans trained: without labels there is no AUC of signal and background."""
    return {
        name: {"auc": None, "auc_train": None, "auc_difference": None, "folds": entry["training"]["folds"]}
        for name, entry in inference.items()
        if entry["type"] == "cwola_scan" and entry["training"] is not None
    }


def provenance(
    config: Configuration,
    *,
    inputs: Mapping[str, str],
    began: datetime,
    unblinding: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Return where the numbers come from: versions, digests of configuration and inputs, command and times."""
    ended = datetime.now(UTC)
    versions = {"fivesigma": __version__, "python": python_version(), **library_versions()}
    return {
        "versions": versions,
        "code": code_digest(),
        "seed": config.analysis.seed,
        "configuration": digest(config.model_dump()),
        "inputs": dict(inputs),
        "command": " ".join(["fivesigma", *sys.argv[1:]]),
        "began": began.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - began).total_seconds(), 1),
        "unblinding": [dict(entry) for entry in unblinding],
    }


def resolved_yaml(config: Configuration) -> str:
    """Return the configuration with every default spelled out."""
    yaml, text = YAML(), io.StringIO()
    yaml.width = 120
    yaml.dump(config.model_dump(), text)
    return text.getvalue()


def write_page(
    directory: RunDirectory,
    config: Configuration,
    outcomes: Outcomes,
    values: Mapping[str, Any],
    origin: Mapping[str, Any],
) -> Path:
    """Write ``report.html`` and return its path."""
    figures = tuple(_entry(directory, note) for note in outcomes.figures)
    content = RunContent(
        config=config.model_dump(),
        results=values,
        cutflow=outcomes.events.value["cutflow"],
        models={name: _as_built(config, outcome.value) for name, outcome in outcomes.models.items()},
        provenance=origin,
        figures=figures,
        numbers=_numbers(directory, outcomes),
        hero=_hero(outcomes),
    )
    directory.write_text("report.html", render(content))
    return directory.root / "report.html"


def write_page_again(root: Path) -> Path:
    """Write the page of a finished run from what its stages recorded, and return its path.

    Raises
    ------
    DataError
        If there is no finished run, or another version made it and recorded other things.
    """
    directory = RunDirectory(root)
    values, origin = directory.read_json("results.json"), directory.read_json("provenance.json")
    config = read_configuration(root / "config.yaml")
    try:
        return write_page(directory, config, _recorded(directory, config), values, origin)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{root}: damaged, or made by another version; `fivesigma run` makes it again") from error


def _recorded(directory: RunDirectory, config: Configuration) -> Outcomes:
    stages = Stages(directory=directory)
    return Outcomes(
        events=stages.recorded("events"),
        features=stages.recorded("features"),
        models={name: stages.recorded(f"model-{name}") for name in config.models},
        judgement=stages.recorded("judgement"),
        inference={name: stages.recorded(f"inference-{name}") for name in config.inference},
    )


def _numbers(directory: RunDirectory, outcomes: Outcomes) -> dict[str, Any]:
    """Return what scripts of the page draw: numbers of figures, and what stages left for the page alone."""
    scans = (f"scan-{name}" for name, outcome in outcomes.inference.items() if outcome.value["type"] == "cwola_scan")
    drawn = {note.name for note in outcomes.figures}.intersection([*CHARTS, "features", *scans])
    left = {Path(file).stem: file for outcome in outcomes.all for file in outcome.files if file.startswith("page/")}
    files = {**{name: f"figures/{name}.json" for name in sorted(drawn)}, **left}
    return {name: directory.read_json(file) for name, file in files.items()}


def _hero(outcomes: Outcomes) -> str:
    """Return the figure that shows the answer: the first of the inference, else of the judgement."""
    for outcome in (*outcomes.inference.values(), outcomes.judgement):
        for note in outcome.figures:
            return note.name
    return ""


def _entry(directory: RunDirectory, note: FigureNote) -> FigureEntry:
    svg = directory.read_text(note.files[0])
    return FigureEntry(
        name=note.name,
        section=note.section,
        title=note.title,
        caption=note.caption,
        alt=note.alt,
        detail=note.detail,
        svg=svg,
        files=note.files,
    )


_TRAINED_ON = (
    "training events",
    "validation events",
    "effective signal events",
    "effective background events",
    "seeds",
)


def _as_built(config: Configuration, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model as it was asked for, as it was really built, and what it was trained on."""
    described, built = value["described"], _merged(value["built"])
    training = config.training
    return {
        "use": described["use"],
        "inputs": [*described["inputs"], *described["parametrised"]],
        "asked": {**described["parameters"], **_sought(described["tune"])},
        "built": {key: entry for key, entry in built.items() if key not in _TRAINED_ON},
        "trained_on": {
            **{key: built[key] for key in _TRAINED_ON if key in built},
            **_weights(value["trains_on"], training, described["negative_weights"]),
        },
        "seconds": value["seconds"],
    }


def _sought(tune: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what was asked of tuning."""
    return {} if tune is None else {"sought": f"{', '.join(tune['ranges'])} in {tune['trials']} trials"}


def _weights(trains_on: str, training: Training, negative: str) -> dict[str, str]:
    """Return how the events of training were chosen and weighted."""
    if trains_on == "nothing":
        return {}
    cuts = {} if training.select is None else {"cuts": ", ".join(training.select) or "none"}
    classes = "background alone" if trains_on == "background" else training.balance
    return {"classes": classes, "negative weights": negative, **cuts}


def _merged(built: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the folds' estimators were built as; what differs as a range, or as what some of them have."""
    merged: dict[str, Any] = {}
    for key in dict.fromkeys(key for fold in built for key in fold):
        values = [fold[key] for fold in built if key in fold]
        if len(values) < len(built):
            merged[key] = f"{', or '.join(dict.fromkeys(map(str, values)))} (in {len(values)} of {len(built)} folds)"
        elif all(v == values[0] for v in values):
            merged[key] = values[0]
        elif isinstance(values[0], str):
            merged[key] = ", or ".join(dict.fromkeys(values))
        else:
            merged[key] = {"from": min(values), "to": max(values)}
    return merged
