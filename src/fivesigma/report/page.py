"""The page: one HTML file that fetches nothing, and reads well without scripts, on paper, on a phone and in the dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fivesigma.core.version import __version__
from fivesigma.report.answer import answer, setting, status
from fivesigma.report.closing import finding_groups, outline, provenance_part
from fivesigma.report.content import RunContent
from fivesigma.report.figures import FigureView, figure_views
from fivesigma.report.interactive import scripts
from fivesigma.report.opening import key_numbers, source
from fivesigma.report.sections import sections
from fivesigma.report.traced import traced

__all__ = ["environment", "render"]


def render(content: RunContent) -> str:
    """Return the page of a run as HTML text, UTF-8 to be.

    Whatever comes from the user is escaped; figures are images of their own; a content security policy inside the page
    forbids any request and any script but the two that it names by their digests.
    """
    running = scripts(content)
    content = replace(
        content, results=traced(content.results, "results.json"), cutflow=traced(content.cutflow, "cutflow.json")
    )
    hero, rest = _figures(content, running.charts)
    analysis = content.config.get("analysis", {})
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=analysis.get("title") or analysis.get("name") or content.results.get("analysis") or "Analysis",
            setting=setting(content.config),
            status=status(content.results, content.config),
            answer=answer(content.results, content.config),
            source=source(content),
            numbers=key_numbers(content),
            hero=hero,
            summary=rest.get("summary", ()),
            sections=sections(content, rest),
            findings=finding_groups(content.results.get("findings")),
            provenance=provenance_part(content.provenance),
            configuration=outline(content.config),
            scripts=running,
            version=content.results.get("fivesigma") or __version__,
            css=Markup(files("fivesigma.report").joinpath("templates", "page.css").read_text("utf-8")),  # noqa: S704 (ours)
        )
    )


def environment() -> Environment:
    """Return what fills our templates: all that comes from outside is escaped, and nothing may be left out."""
    return Environment(
        loader=PackageLoader("fivesigma.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _figures(
    content: RunContent, charts: Mapping[str, str]
) -> tuple[FigureView | None, dict[str, tuple[FigureView, ...]]]:
    """Return the figure that shows the answer and the others by section, numbered in the order of the page."""
    order = ("summary", "yields", "features", "models", "judgement", "inference")
    ranked = sorted(
        content.figures, key=lambda figure: (figure.name != content.hero, order.index(figure.section), figure.detail)
    )
    hero, by_section = None, dict[str, tuple[FigureView, ...]]()
    for figure, view in zip(ranked, figure_views(ranked, charts), strict=True):
        if figure.name == content.hero:
            hero = view
        else:
            by_section[figure.section] = (*by_section.get(figure.section, ()), view)
    return hero, by_section
