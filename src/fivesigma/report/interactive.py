"""What the scripts of a run's page are told: the numbers behind its figures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fivesigma.plots.style import colours
from fivesigma.report.content import RunContent
from fivesigma.report.origins import origins
from fivesigma.report.scripts import Scripts, assembled, charted_samples
from fivesigma.report.yields import sample_label
from fivesigma.statistics.asymptotic_cls import band_thresholds
from fivesigma.statistics.significance import log_p_from_z

__all__ = ["CHARTS", "scripts"]

CHARTS = {"roc": "roc", "losses": "losses", "correlations": "correlations"}
"""Figures that can be looked into, by name, and the kind of their chart; those of scans besides."""
_PANELS = {"features": {"histograms": "features", "scatter": "scatter"}, "judgement": {"thresholds": "thresholds"}}
"""The panels of each section, and what they show of the numbers of a run."""
_LEVEL = 0.95
_SIGMAS = 40


def scripts(content: RunContent) -> Scripts:
    """Return what runs on the page of a run; panels and charts are there for what it has numbers of."""
    charts = _charts(content)
    panels = {
        section: tuple(panel for panel, shown in shows.items() if content.numbers.get(shown))
        for section, shows in _PANELS.items()
    }
    return assembled(_told(content, charts), panels, charts)


def _charts(content: RunContent) -> dict[str, str]:
    """Return the figures that can be looked into."""
    scans = [name for name, entry in (content.results.get("inference") or {}).items() if entry["type"] == "cwola_scan"]
    known = {**CHARTS, **{f"scan-{name}": "scan" for name in scans}}
    return {name: kind for name, kind in known.items() if content.numbers.get(name)}


def _told(content: RunContent, charts: Mapping[str, str]) -> dict[str, Any]:
    """Return all that the scripts are told of a run."""
    judgement, samples = content.config.get("judgement") or {}, content.results.get("samples") or {}
    analysis = content.config.get("analysis") or {}
    kinds, titles = (
        {name: one["kind"] for name, one in samples.items()},
        {name: sample_label(name, content.config) for name in samples},
    )
    return {
        "samples": charted_samples(kinds, titles),
        "models": colours(content.models),
        "titles": (content.config.get("features") or {}).get("titles") or {},
        "data_title": "pseudo-data" if any(one.get("pseudo") for one in samples.values()) else "data",
        "luminosity": analysis.get("luminosity"),
        "background_uncertainty": judgement.get("background_uncertainty", 0.0),
        "regulator": (judgement.get("regulators") or [10.0])[0],
        "floor": judgement.get("floor", 0.0),
        "band": band_thresholds(_LEVEL).tolist(),
        "tails": np.exp(log_p_from_z(np.arange(1, _SIGMAS + 1))).tolist(),
        "maxima": {name: _maximum(content, name) for name in content.models},
        **{shown: content.numbers.get(shown) for shows in _PANELS.values() for shown in shows.values()},
        "charts": {name: content.numbers[name] for name in charts},
        "origins": origins(content),
        "files": {"results.json": content.results, "cutflow.json": content.cutflow},
    }


def _maximum(content: RunContent, model: str) -> Any:
    """Return the honest maximum of the Asimov Z of a model, if there is one."""
    judged = (content.results.get("judgement") or {}).get(model) or {}
    return (judged.get("figures_of_merit") or {}).get("asimov_z")
