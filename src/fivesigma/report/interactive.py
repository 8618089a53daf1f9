"""What scripts of the page need: the numbers behind figures and tables, and the page's own code, allowed by its digest alone."""

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

import numpy as np
from markupsafe import Markup

from fivesigma.plots.style import DATA, PALETTE, colours, sample_colours
from fivesigma.report.content import RunContent
from fivesigma.report.origins import origins
from fivesigma.report.yields import sample_label
from fivesigma.statistics.asymptotic_cls import band_thresholds
from fivesigma.statistics.significance import log_p_from_z

__all__ = ["CHARTS", "PANELS", "Scripts", "scripts"]

CHARTS = {"roc": "roc", "losses": "losses", "correlations": "correlations"}
"""Figures that can be looked into, by name, and the kind of their chart; those of scans besides."""
PANELS = {"features": ("histograms", "scatter"), "judgement": ("thresholds",)}
"""The panels of each section, and what they show of the numbers of a run."""
_SHOWS = {"histograms": "features", "scatter": "scatter", "thresholds": "thresholds"}
_PARTS = ("base", "statistics", "thresholds", "histograms", "scatter", "charts", "origins", "start")
_LEVEL = 0.95
_DIGITS = 10
_SIGMAS = 40


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


def scripts(content: RunContent) -> Scripts:
    """Return what runs on the page of a run."""
    charts = _charts(content)
    code, library = _code(), _plotly()
    return Scripts(
        policy=Markup(f"'sha256-{_digest(code)}' 'sha256-{_digest(library)}'"),  # noqa: S704 (base 64)
        code=Markup(code),  # noqa: S704 (ours)
        library=Markup(_packed(library)),  # noqa: S704 (base 64)
        numbers=_embedded(_told(content, charts)),
        panels={
            section: tuple(name for name in names if content.numbers.get(_SHOWS[name]))
            for section, names in PANELS.items()
        },
        charts=charts,
    )


def _charts(content: RunContent) -> dict[str, str]:
    """Return the figures that can be looked into."""
    scans = [name for name, entry in (content.results.get("inference") or {}).items() if entry["type"] == "cwola_scan"]
    known = {**CHARTS, **{f"scan-{name}": "scan" for name in scans}}
    return {name: kind for name, kind in known.items() if content.numbers.get(name)}


def _told(content: RunContent, charts: Mapping[str, str]) -> dict[str, Any]:
    """Return all that the scripts are told of a run."""
    judgement, samples = content.config.get("judgement") or {}, content.results.get("samples") or {}
    analysis = content.config.get("analysis") or {}
    return {
        "samples": _samples(content),
        "models": colours(content.models, None),
        "palette": PALETTE,
        "titles": (content.config.get("features") or {}).get("titles") or {},
        "data_title": "pseudo-data" if any(one.get("pseudo") for one in samples.values()) else "data",
        "luminosity": analysis.get("luminosity"),
        "background_uncertainty": judgement.get("background_uncertainty", 0.0),
        "regulator": (judgement.get("regulators") or [10.0])[0],
        "floor": judgement.get("floor", 0.0),
        "tails": np.exp(log_p_from_z(np.arange(1, _SIGMAS + 1))).tolist(),
        "band": band_thresholds(_LEVEL).tolist(),
        "maxima": {name: _maximum(content, name) for name in content.models},
        **{_SHOWS[name]: content.numbers.get(_SHOWS[name]) for names in PANELS.values() for name in names},
        "charts": {name: content.numbers[name] for name in charts},
        "origins": origins(content),
        "files": {"results.json": content.results, "cutflow.json": content.cutflow},
    }


def _samples(content: RunContent) -> dict[str, dict[str, str]]:
    """Return what charts call samples, and their colours, which are those of the figures."""
    kinds = {name: str(one.get("kind")) for name, one in (content.results.get("samples") or {}).items()}
    of_kind = {kind: [name for name in kinds if kinds[name] == kind] for kind in ("signal", "background")}
    colour = sample_colours(of_kind["signal"], of_kind["background"])
    return {
        name: {"title": sample_label(name, content.config), "kind": kind, "colour": colour.get(name, DATA)}
        for name, kind in kinds.items()
    }


def _maximum(content: RunContent, model: str) -> Any:
    """Return the honest maximum of the Asimov Z of a model, if there is one."""
    judged = (content.results.get("judgement") or {}).get(model) or {}
    return (judged.get("figures_of_merit") or {}).get("asimov_z")


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
