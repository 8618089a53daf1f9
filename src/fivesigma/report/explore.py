"""The page of events before any model: one HTML file that looks as that of a run does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from fivesigma.core.format import percent
from fivesigma.core.version import __version__
from fivesigma.report.answer import setting
from fivesigma.report.cells import Cell, told_as
from fivesigma.report.closing import finding_groups
from fivesigma.report.content import FigureEntry
from fivesigma.report.figures import FigureView, figure_views
from fivesigma.report.page import environment
from fivesigma.report.scripts import Scripts, assembled, charted_samples
from fivesigma.report.sections import Section, inputs_table
from fivesigma.report.tables import Column, Group, Part, Row, Table
from fivesigma.report.yields import cutflow_table, sample_label, sample_table

__all__ = ["Exploration", "render_exploration"]

_SECTIONS = {
    "samples": "Samples and cutflow",
    "distributions": "Distributions",
    "correlations": "Correlations",
    "pairs": "Pairs of features",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """Events as they are looked at.

    Attributes
    ----------
    config
        The resolved configuration.
    blind
        Whether there are data of which those in signal regions were dropped.
    samples, cutflow
        What ``results.json`` and ``cutflow.json`` of a run say of them.
    missing
        Fraction of the events that lack a feature, by feature and sample; only what is lacking somewhere.
    figures
        By section: distributions, correlations, pairs.
    numbers
        What scripts of the page draw: ``features``, ``correlations`` and ``scatter``, as those of a run's page are.
    findings
        What was found in the events, as in ``findings.json``.
    """

    config: Mapping[str, Any]
    blind: bool
    samples: Mapping[str, Mapping[str, Any]]
    cutflow: Mapping[str, Sequence[Mapping[str, Any]]]
    missing: Mapping[str, Mapping[str, float]]
    figures: Mapping[str, Sequence[FigureEntry]]
    findings: Sequence[Mapping[str, Any]]
    numbers: Mapping[str, Any] = field(default_factory=dict)


def render_exploration(content: Exploration) -> str:
    """Return the page as HTML text, UTF-8 to be; it is as closed as that of a run, see `fivesigma.report.page.render`."""
    running = _scripts(content)
    entries = [entry for name in _SECTIONS for entry in content.figures.get(name, ())]
    views = iter(figure_views(entries, running.charts))
    figures = {name: tuple(next(views) for _ in content.figures.get(name, ())) for name in _SECTIONS}
    analysis = content.config["analysis"]
    return (
        environment()
        .get_template("explore.html.j2")
        .render(
            title=analysis["title"] or analysis["name"],
            setting=setting(content.config),
            blind=content.blind,
            sections=tuple(_sections(content, figures)),
            findings=finding_groups(content.findings),
            scripts=running,
            version=__version__,
            css=Markup(files("fivesigma.report").joinpath("templates", "page.css").read_text("utf-8")),  # noqa: S704 (ours)
        )
    )


def _scripts(content: Exploration) -> Scripts:
    """Return what runs on the page."""
    numbers, titles = content.numbers, {name: sample_label(name, content.config) for name in content.samples}
    charts = {name: name for name in ("correlations",) if numbers.get(name)}
    return assembled(
        {
            "samples": charted_samples({name: one["kind"] for name, one in content.samples.items()}, titles),
            "titles": content.config["features"].get("titles") or {},
            "data_title": "pseudo-data" if any(one.get("pseudo") for one in content.samples.values()) else "data",
            "charts": {name: numbers[name] for name in charts},
            **numbers,
        },
        {
            "distributions": ("histograms",) if numbers.get("features") else (),
            "pairs": ("scatter",) if numbers.get("scatter") else (),
        },
        charts,
    )


def _sections(content: Exploration, figures: Mapping[str, tuple[FigureView, ...]]) -> Iterator[Section]:
    tables = {
        "samples": (sample_table(content.samples, content.config), cutflow_table(content.cutflow, content.config)),
        "distributions": (*_features(content), *_missing(content)),
    }
    for name, title in _SECTIONS.items():
        parts = tuple(Part(tables=(table,)) for table in tables.get(name, ()))
        yield Section(identifier=name, title=title, parts=parts, figures=figures[name])


def _features(content: Exploration) -> Iterator[Table]:
    for key, caption in (("inputs", "Model inputs"), ("observables", "Observables, kept from the models")):
        if chosen := content.config["features"][key]:
            yield inputs_table(caption, chosen, {}, content.config["features"].get("titles") or {})


def _missing(content: Exploration) -> Iterator[Table]:
    if not content.missing:
        return
    samples = list(content.samples)
    titles = content.config["features"]["titles"]
    yield Table(
        caption="Missing values",
        columns=(
            Column(text="Feature", numeric=False),
            *(Column(text=sample_label(name, content.config)) for name in samples),
        ),
        groups=(
            Group(
                rows=tuple(
                    Row(
                        head=titles.get(feature) or feature,
                        cells=tuple(_fraction(fractions.get(sample)) for sample in samples),
                    )
                    for feature, fractions in content.missing.items()
                )
            ),
        ),
        note="Fraction of a sample's events, each counted once, that have no value. Figures hold the others.",
    )


def _fraction(value: float | None) -> Cell:
    return Cell() if value is None else told_as(percent(value), value)
