"""What the page of a run is made from, put together from what the stages made or recorded."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fivesigma.analysis.configuration import read_configuration
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.inference_names import needs_classes
from fivesigma.analysis.schema import Configuration, Training
from fivesigma.analysis.stages import FigureNote, Outcome, Stages
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding
from fivesigma.report.content import FigureEntry, RunContent
from fivesigma.report.interactive import CHARTS

__all__ = ["NOT_JUDGED", "NOT_LOOKED_AT", "Outcomes", "of_this_version", "page_content", "stored_content"]

NOT_LOOKED_AT, NOT_JUDGED = Outcome(value={}), Outcome(value={"models": {}, "judgement": {}})
"""What there is instead of these stages where an analysis has no classes to tell apart."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What the stages of a run made, and what was known before them."""

    events: Outcome
    features: Outcome
    models: Mapping[str, Outcome]
    judgement: Outcome
    inference: Mapping[str, Outcome]
    known: tuple[Finding, ...] = ()

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
        return (*self.known, *(finding for outcome in self.all for finding in outcome.findings))

    @property
    def figures(self) -> tuple[FigureNote, ...]:
        """Every figure, in the order of the stages."""
        return tuple(note for outcome in self.all for note in outcome.figures)


def page_content(
    directory: RunDirectory,
    config: Configuration,
    outcomes: Outcomes,
    values: Mapping[str, Any],
    origin: Mapping[str, Any],
) -> RunContent:
    """Return what the page is made from; ``values`` are those of ``results.json``, ``origin`` of ``provenance.json``."""
    return RunContent(
        config=config.model_dump(),
        results=values,
        cutflow=outcomes.events.value["cutflow"],
        models={name: _as_built(config, outcome.value) for name, outcome in outcomes.models.items()},
        provenance=origin,
        figures=tuple(_entry(directory, note) for note in outcomes.figures),
        numbers=_numbers(directory, outcomes),
        hero=_hero(outcomes),
    )


def stored_content(root: Path) -> RunContent:
    """Return what the page of a finished run is made from, by what its stages recorded.

    Raises
    ------
    DataError
        If there is no finished run, or another version made it and recorded other things.
    """
    directory = RunDirectory(root)
    values, origin = directory.read_results(), directory.read_json("provenance.json")
    config = read_configuration(root / "config.yaml")
    with of_this_version(root):
        return page_content(directory, config, _recorded(directory, config), values, origin)


@contextlib.contextmanager
def of_this_version(root: Path) -> Iterator[None]:
    """Raise DataError if a run does not hold what this version records, and what is done with it in the block fails of it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{root}: damaged, or made by another version; `fivesigma run` makes it again") from error


def _recorded(directory: RunDirectory, config: Configuration) -> Outcomes:
    stages, judged = Stages(directory=directory), needs_classes(config)
    return Outcomes(
        events=stages.recorded("events"),
        features=stages.recorded("features") if judged else NOT_LOOKED_AT,
        models={name: stages.recorded(f"model-{name}") for name in config.models},
        judgement=stages.recorded("judgement") if judged else NOT_JUDGED,
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
