"""Everything a page is made from, as plain values: no configuration language, no folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

__all__ = ["FigureEntry", "FigureSection", "RunContent"]

FigureSection: TypeAlias = Literal["summary", "yields", "features", "models", "judgement", "inference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureEntry:
    """One figure: its SVG, what it shows, and where its files lie relative to the page; a ``detail`` is shown when asked for.

    Raises
    ------
    ValueError
        If the section is not one of ``FigureSection``, the alternative text is empty, a file's link is not
        relative, or ``svg`` is not an SVG.
    """

    name: str
    section: FigureSection
    title: str
    caption: str
    alt: str
    svg: str
    detail: bool = False
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.section not in get_args(FigureSection):
            raise ValueError(f"figure {self.name!r}: no section {self.section!r}; there are: {get_args(FigureSection)}")
        if not self.alt.strip():
            raise ValueError(
                f"figure {self.name!r} has no alternative text; say what it shows to those who cannot see it"
            )
        if outside := [link for link in self.files if re.match(r"[a-z][a-z0-9+.-]*:|/", link, re.IGNORECASE)]:
            raise ValueError(f"figure {self.name!r}: links must be relative to the page, not {outside}")
        if "<svg" not in self.svg:
            raise ValueError(f"figure {self.name!r}: its svg holds no <svg> element")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContent:
    """A run: resolved configuration, results, cutflow, models as built, provenance and figures.

    Attributes
    ----------
    config : Mapping
        The resolved configuration.
    results : Mapping
        What ``results.json`` holds.
    cutflow : Mapping
        Sample to its rows ``{step, events, total, error}``.
    models : Mapping
        Model to ``use``, ``inputs``, what was ``asked`` for, what was ``built``, what it was ``trained_on``, and ``seconds``.
    provenance : Mapping
        Versions, seed, digests, command, times.
    figures : tuple of FigureEntry
        In the order in which they are numbered.
    numbers : Mapping
        What scripts of the page draw: the numbers of some figures by the figure's name, and the yields above every cut
        (``thresholds``) and a few events (``scatter``) as the stages left them.
    hero : str
        The name of the figure that shows the answer; empty where there are no figures.

    Raises
    ------
    ValueError
        If two figures share a name, or ``hero`` names none of them.
    """

    config: Mapping[str, Any]
    results: Mapping[str, Any]
    cutflow: Mapping[str, Sequence[Mapping[str, Any]]]
    models: Mapping[str, Mapping[str, Any]]
    provenance: Mapping[str, Any]
    figures: tuple[FigureEntry, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    hero: str = ""

    def __post_init__(self) -> None:
        names = Counter(figure.name for figure in self.figures)
        if doubled := [name for name, times in names.items() if times > 1]:
            raise ValueError(f"figures share the names {doubled}")
        if self.hero and self.hero not in names:
            raise ValueError(f"no figure is called {self.hero!r}; there are: {sorted(names)}")
