"""The page's sections in their order, each with its figures, its tables and a word on what they show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fivesigma.report.answer import Status, has_pseudo_data, status
from fivesigma.report.cells import Cell
from fivesigma.report.content import RunContent
from fivesigma.report.figures import FigureView
from fivesigma.report.inference import OVERVIEW_TYPES, inference_parts, observed_label, overview
from fivesigma.report.labels import column_label
from fivesigma.report.mass_fits import mass_fit_tables, mass_fits_of
from fivesigma.report.models import auc_table, built_table, judgement_tables
from fivesigma.report.tables import Column, Group, Part, Row, Table, tables_of
from fivesigma.report.yields import cutflow_table, sample_table, variations_table

__all__ = ["Section", "inputs_table", "sections"]

_PRINTED = frozenset(
    {"schema", "fivesigma", "analysis", "samples", "models", "inference", "findings", "judgement", "variations"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the page."""

    identifier: str
    title: str
    parts: tuple[Part, ...] = ()
    figures: tuple[FigureView, ...] = ()
    empty: str = "Nothing was made for this section."

    @property
    def shown(self) -> tuple[FigureView, ...]:
        """The figures that are open to see."""
        return tuple(figure for figure in self.figures if not figure.detail)

    @property
    def details(self) -> tuple[FigureView, ...]:
        """The figures that are shown when asked for."""
        return tuple(figure for figure in self.figures if figure.detail)


def sections(content: RunContent, figures: Mapping[str, tuple[FigureView, ...]]) -> tuple[Section, ...]:
    """Return the sections between the summary and the findings.

    Parameters
    ----------
    content : RunContent
        What the page is made from.
    figures : Mapping
        Section to its figures, without the one that the summary shows.
    """
    titles = {
        "yields": ("Yields and cutflow", _yields(content)),
        "features": ("Features", _features(content)),
        "models": ("Models", _models(content)),
        "judgement": ("Judgement", _judgement(content)),
        "inference": ("Inference", _inference(content, status(content.results, content.config))),
    }
    made = (
        Section(identifier=name, title=title, parts=tuple(parts), figures=figures.get(name, ()))
        for name, (title, parts) in titles.items()
    )
    return tuple(section for section in made if section.parts or section.figures or not _not_asked(section, content))


def _not_asked(section: Section, content: RunContent) -> bool:
    """Return whether a section is of models, where all that was asked for are scans that train their own."""
    asked = [entry.get("type") for entry in (content.config.get("inference") or {}).values()]
    scans_alone = bool(asked) and set(asked) == {"cwola_scan"} and not content.config.get("models")
    return section.identifier in ("models", "judgement") and scans_alone


def _yields(content: RunContent) -> Iterator[Part]:
    if samples := content.results.get("samples"):
        yield Part(tables=(sample_table(samples, content.config),))
    if content.cutflow:
        yield Part(tables=(cutflow_table(content.cutflow, content.config),))
    if variations := content.results.get("variations"):
        yield Part(tables=(variations_table(variations, samples or {}),))


def _features(content: RunContent) -> Iterator[Part]:
    features = content.config.get("features", {})
    for key, caption in (("inputs", "Model inputs"), ("observables", "Observables, kept from the models")):
        if chosen := features.get(key):
            models = content.models if key == "inputs" else {}
            yield Part(tables=(inputs_table(caption, chosen, models, features.get("titles") or {}),))


def inputs_table(
    caption: str, chosen: Any, models: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]
) -> Table:
    """Return how each input or observable is computed, what figures call it and, if there are models, which of them see it."""
    expressions = chosen if isinstance(chosen, Mapping) else {name: name for name in chosen}
    users = {
        name: set(model["inputs"]) for name, model in models.items() if isinstance(model.get("inputs"), list | tuple)
    }
    titled = any(name in titles for name in expressions)
    rows = []
    for name, expression in expressions.items():
        using = [model for model, inputs in users.items() if name in inputs]
        used = Cell(text="all models" if len(using) == len(models) else ", ".join(using) or "no model")
        called = Cell(text=titles.get(name, name))
        cells = (Cell(text=str(expression), kind="code"), *([called] if titled else []), *([used] if users else []))
        rows.append(Row(head=name, cells=cells))
    columns = ("Name", "Computed as", *(["In figures"] if titled else []), *(["Used by"] if users else []))
    return Table(
        caption=caption,
        columns=tuple(Column(text=text, numeric=False) for text in columns),
        groups=(Group(rows=tuple(rows)),),
    )


def _labelled(content: RunContent) -> dict[str, Any]:
    """Return the models that were trained with labels; those of a scan stand beside it."""
    return {name: model for name, model in (content.results.get("models") or {}).items() if model["auc"] is not None}


def _models(content: RunContent) -> Iterator[Part]:
    if models := _labelled(content):
        yield Part(tables=(auc_table(models),))
    if content.models:
        yield Part(tables=(built_table(content.models),))


def _judgement(content: RunContent) -> Iterator[Part]:
    judgement, models = content.results.get("judgement") or {}, _labelled(content)
    for table in judgement_tables(judgement, models, pseudo=has_pseudo_data(content.results)):
        yield Part(tables=(table,))


def _inference(content: RunContent, kind: Status) -> Iterator[Part]:
    entries = content.results.get("inference") or {}
    if any(entry["type"] in OVERVIEW_TYPES for entry in entries.values()):
        yield Part(tables=(overview(entries, kind),))
    if fits := mass_fits_of(entries):
        yield Part(tables=tuple(mass_fit_tables(fits, observed_label("Observed significance", kind))))
    yield from inference_parts(entries, kind)
    for key, value in content.results.items():
        if key not in _PRINTED:
            yield Part(tables=tuple(tables_of(column_label(key), value)))
