"""What runs on a page: our own code and the library it draws with, allowed by their digests alone, and the numbers it shows."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from fivesigma.core.sample import Kind
from fivesigma.plots.style import DATA, PALETTE, sample_colours

__all__ = ["Scripts", "assembled", "charted_samples"]

_PARTS = ("base", "statistics", "thresholds", "histograms", "scatter", "charts", "origins", "start")
_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """Everything that runs on a page.

    Attributes
    ----------
    policy
        Which scripts the content security policy allows: these two, by their digests.
    code
        Our own.
    library
        plotly.js, compressed and in base 64.
    numbers
        What they show, as JSON that may stand inside a script element.
    panels
        The panels that there are numbers for, by section.
    charts
        Figure to the kind of chart that its numbers are drawn as.
    """

    policy: Markup
    code: Markup
    library: Markup
    numbers: Markup
    panels: Mapping[str, tuple[str, ...]]
    charts: Mapping[str, str]


def assembled(numbers: Mapping[str, Any], panels: Mapping[str, tuple[str, ...]], charts: Mapping[str, str]) -> Scripts:
    """Return what runs on a page, from the numbers it shows and where it shows them; see `Scripts`.

    Every panel and chart finds its own among ``numbers``; ``samples`` and ``titles`` are there for all.
    """
    code, library = _code(), _plotly()
    return Scripts(
        policy=Markup(f"'sha256-{_digest(code)}' 'sha256-{_digest(library)}'"),  # noqa: S704 (base 64)
        code=Markup(code),  # noqa: S704 (ours)
        library=Markup(_packed(library)),  # noqa: S704 (base 64)
        numbers=_embedded({"palette": PALETTE, **numbers}),
        panels=panels,
        charts=charts,
    )


def charted_samples(kinds: Mapping[str, Kind], titles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what charts call samples, and their colours, which are those of the figures."""
    of_kind = {kind: [name for name in kinds if kinds[name] == kind] for kind in ("signal", "background")}
    colours = sample_colours(of_kind["signal"], of_kind["background"])
    return {
        name: {"title": titles[name], "kind": kind, "colour": colours.get(name, DATA)} for name, kind in kinds.items()
    }


def _embedded(value: Any) -> Markup:
    """Return strict JSON that ends no script element, its numbers to ten digits."""
    text = json.dumps(_short(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 (no markup is left)


def _short(value: Any) -> Any:
    """Return a JSON value with arrays as short as ten digits make them; numbers of records stay as they are."""
    if isinstance(value, Mapping):
        return {str(key): _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [float(f"{item:.{_DIGITS}g}") if isinstance(item, float) else _short(item) for item in value]
    return value


@cache
def _code() -> str:
    """Return our scripts as one that leaves no name behind."""
    folder = files("fivesigma.report").joinpath("scripts")
    parts = "\n".join(folder.joinpath(f"{part}.js").read_text("utf-8") for part in _PARTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def _plotly() -> str:
    """Return plotly.js as the library plotly brings it."""
    return files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")


@cache
def _packed(code: str) -> str:
    return base64.b64encode(gzip.compress(code.encode(), 9, mtime=0)).decode()


@cache
def _digest(code: str) -> str:
    """Return what a content security policy knows a script by."""
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
