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

from fivesigma.analysis.directory import RESULTS_SCHEMA, RunDirectory
from fivesigma.analysis.page_content import Outcomes, of_this_version, page_content, stored_content
from fivesigma.analysis.schema import Configuration
from fivesigma.core.identity import digest
from fivesigma.core.provenance import code_digest, library_versions
from fivesigma.core.version import __version__
from fivesigma.report.page import render

__all__ = ["provenance", "resolved_yaml", "results", "write_page", "write_page_again"]


def results(config: Configuration, outcomes: Outcomes) -> dict[str, Any]:
    """Return what ``results.json`` holds: the same for the same configuration but for fields called ``seconds``."""
    judged = outcomes.judgement.value
    models = {
        name: {**judged["models"][name], "seconds": outcome.value["seconds"], "folds": outcome.value["folds"]}
        for name, outcome in outcomes.models.items()
    }
    inference = {name: outcome.value for name, outcome in outcomes.inference.items()}
    return {
        "schema": RESULTS_SCHEMA,
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
    directory.write_text("report.html", render(page_content(directory, config, outcomes, values, origin)))
    return directory.root / "report.html"


def write_page_again(root: Path) -> Path:
    """Write the page of a finished run from what its stages recorded, and return its path; DataError as `stored_content` has it."""
    content = stored_content(root)
    with of_this_version(root):
        RunDirectory(root).write_text("report.html", render(content))
    return root / "report.html"
