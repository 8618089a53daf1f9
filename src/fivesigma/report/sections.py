"""The page's sections in their order, each with its figures, its tables and a word on what they show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fivesigma.report.answer import Status, status
from fivesigma.report.cells import Cell, cell, interval
from fivesigma.report.content import RunContent
from fivesigma.report.figures import FigureView
from fivesigma.report.inference import inference_parts, observed_word, overview
from fivesigma.report.models import auc_table, built_table, judgement_tables
from fivesigma.report.tables import Column, Group, Part, Row, Table, tables_of
from fivesigma.report.yields import cutflow_table, sample_table

__all__ = ["FindingView", "KeyNumber", "Section", "finding_views", "key_numbers", "outline", "sections"]

_PRINTED = frozenset({"schema", "fivesigma", "analysis", "samples", "models", "inference", "findings", "judgement"})
_SEVERITIES = ("serious", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the page."""

    identifier: str
    title: str
    parts: tuple[Part, ...] = ()
    figures: tuple[FigureView, ...] = ()
    empty: str = "Nothing was made for this section."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """A number beside the answer."""

    label: str
    value: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as the page prints it."""

    severity: str
    code: str
    subject: str
    message: str
    evidence: str


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
    return tuple(
        Section(identifier=name, title=title, parts=tuple(parts), figures=figures.get(name, ()))
        for name, (title, parts) in titles.items()
    )


def _yields(content: RunContent) -> Iterator[Part]:
    if samples := content.results.get("samples"):
        yield Part(tables=(sample_table(samples, content.config),))
    if content.cutflow:
        yield Part(tables=(cutflow_table(content.cutflow, content.config),))


def _features(content: RunContent) -> Iterator[Part]:
    features = content.config.get("features", {})
    for key, caption in (("inputs", "Model inputs"), ("observables", "Observables, kept from the models")):
        if chosen := features.get(key):
            yield Part(tables=(_inputs_table(caption, chosen, content.models if key == "inputs" else {}),))


def _inputs_table(caption: str, chosen: Any, models: Mapping[str, Mapping[str, Any]]) -> Table:
    expressions = chosen if isinstance(chosen, Mapping) else {name: name for name in chosen}
    users = {
        name: set(model["inputs"]) for name, model in models.items() if isinstance(model.get("inputs"), list | tuple)
    }
    rows = []
    for name, expression in expressions.items():
        using = [model for model, inputs in users.items() if name in inputs]
        used = Cell(text="all models" if len(using) == len(models) else ", ".join(using) or "no model")
        rows.append(Row(head=name, cells=(Cell(text=str(expression), kind="code"), *([used] if users else []))))
    columns = ("Name", "Computed as", *(["Used by"] if users else []))
    return Table(
        caption=caption,
        columns=tuple(Column(text=text, numeric=False) for text in columns),
        groups=(Group(rows=tuple(rows)),),
    )


def _models(content: RunContent) -> Iterator[Part]:
    if models := content.results.get("models"):
        yield Part(tables=(auc_table(models),))
    if content.models:
        yield Part(tables=(built_table(content.models),))


def _judgement(content: RunContent) -> Iterator[Part]:
    for table in judgement_tables(content.results.get("judgement") or {}, content.results.get("models") or {}):
        yield Part(tables=(table,))


def _inference(content: RunContent, kind: Status) -> Iterator[Part]:
    entries = content.results.get("inference") or {}
    if entries:
        yield Part(tables=(overview(entries, kind),))
    yield from inference_parts(entries, kind)
    for key, value in content.results.items():
        if key not in _PRINTED:
            yield Part(tables=tuple(tables_of(key.replace("_", " ").capitalize(), value)))


def key_numbers(content: RunContent, entry: Mapping[str, Any] | None) -> tuple[KeyNumber, ...]:
    """Return the numbers that stand beside the answer; what is blind shows as such."""
    numbers = []
    if entry is not None:
        word = observed_word(status(content.results, content.config)).lower()
        band = entry.get("limit_expected")
        numbers = [
            KeyNumber(label="expected limit on μ, 95 % CL", value=cell(band[2] if band else None)),
            KeyNumber(label="expected significance", value=cell(entry.get("z_expected"), "z_expected")),
            KeyNumber(label=f"{word} limit on μ", value=cell(entry.get("limit_observed"))),
            KeyNumber(label=f"{word} significance", value=cell(entry.get("z_observed"), "z_observed")),
        ]
    aucs = {name: model["auc"] for name, model in content.results.get("models", {}).items() if model.get("auc")}
    if aucs:
        best = max(aucs, key=lambda name: float(aucs[name]["value"]))
        numbers.append(KeyNumber(label=f"highest AUC, out of fold ({best})", value=interval(aucs[best])))
    return tuple(numbers)


def finding_views(results: Mapping[str, Any]) -> tuple[FindingView, ...]:
    """Return the findings, the most serious first."""
    findings = sorted(results.get("findings") or (), key=lambda finding: _SEVERITIES.index(finding["severity"]))
    return tuple(
        FindingView(
            severity=finding["severity"],
            code=finding["code"],
            subject=finding.get("subject") or "",
            message=finding["message"],
            evidence="; ".join(
                f"{key} {cell(item, key).text}" for key, item in (finding.get("evidence") or {}).items()
            ),
        )
        for finding in findings
    )


def outline(value: Any, indent: int = 0) -> str:
    """Return nested mappings as indented text, each leaf as strict JSON."""
    lines = []
    for key, item in value.items():
        nested = isinstance(item, Mapping) and item
        text = "\n" + outline(item, indent + 2) if nested else " " + json.dumps(item, ensure_ascii=False, default=str)
        lines.append(f"{' ' * indent}{key}:{text}")
    return "\n".join(lines)
