"""What stands behind the numbers of a run: the cuts, the sums of weights, the raw events and the files they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fivesigma.core.format import count
from fivesigma.report.cells import measured_cell
from fivesigma.report.content import RunContent
from fivesigma.report.traced import token
from fivesigma.report.yields import sample_label

__all__ = ["Facts", "origins"]

Facts = list[tuple[str, str]]
"""Pairs of a word and what it says."""


def origins(content: RunContent) -> dict[str, Facts]:
    """Return what is told of every number whose origin begins with a key: a file of the run and a JSON pointer.

    A number has the facts of every key that its origin begins with, as ``results.json/samples/zz/yield`` has those of
    ``results.json/samples/zz``.
    """
    return {key: facts for key, facts in _all(content) if facts}


def _all(content: RunContent) -> Iterator[tuple[str, Facts]]:
    samples = content.results.get("samples") or {}
    for name in samples:
        yield f"results.json/samples/{token(name)}", _sample(content, name)
    for name, steps in content.cutflow.items():
        for place in range(len(steps)):
            yield f"cutflow.json/{token(name)}/{place}", _step(content, name, steps[: place + 1])
    for name, model in content.models.items():
        facts = _model(content, name, model)
        yield f"results.json/models/{token(name)}", facts
        yield f"results.json/judgement/{token(name)}", facts
    for key in ("inputs", "single_cuts", "comparison"):
        yield f"results.json/judgement/{key}", _simulated(content)
    for name in content.results.get("inference") or {}:
        yield f"results.json/inference/{token(name)}", _inference(content, name)


def _sample(content: RunContent, name: str) -> Facts:
    entry = content.results["samples"][name]
    return [
        ("Sample", sample_label(name, content.config)),
        *_cuts(content.cutflow.get(name, ())),
        ("Sum of weights", _measured(entry.get("yield"), entry.get("yield_error"))),
        ("Raw events", count(entry.get("events") or 0)),
        *_files(content, [name]),
    ]


def _step(content: RunContent, name: str, steps: Sequence[Mapping[str, Any]]) -> Facts:
    last = steps[-1]
    return [
        ("Sample", sample_label(name, content.config)),
        *_cuts(steps),
        ("Sum of weights", _measured(last["total"], last.get("error"))),
        ("Raw events", count(last["events"])),
        *_files(content, [name]),
    ]


def _model(content: RunContent, name: str, model: Mapping[str, Any]) -> Facts:
    trained = model.get("trained_on") or {}
    return [
        ("Model", f"{name}, {model['use']}"),
        *((key.capitalize(), str(value)) for key, value in trained.items() if isinstance(value, str)),
        *_simulated(content),
        ("Its scores", f"scores/{name}.safetensors"),
    ]


def _inference(content: RunContent, name: str) -> Facts:
    asked = (content.config.get("inference") or {}).get(name) or {}
    told = ((key, asked.get(key)) for key in ("region", "regions", "observable", "model"))
    return [
        ("Inference", f"{name}, {asked.get('type', '').replace('_', ' ')}".rstrip(", ")),
        *((key.capitalize(), _listed(value)) for key, value in told if value),
        *_simulated(content),
    ]


def _simulated(content: RunContent) -> Facts:
    """Return what all simulated samples together are."""
    samples = {name: one for name, one in (content.results.get("samples") or {}).items() if one.get("kind") != "data"}
    sums = (
        f"{sample_label(name, content.config)} {_measured(one.get('yield'), None)}" for name, one in samples.items()
    )
    return [
        ("Sums of weights", "; ".join(sums)),
        ("Raw events", count(sum(one.get("events") or 0 for one in samples.values()))),
        *_files(content, samples),
    ]


def _cuts(steps: Sequence[Mapping[str, Any]]) -> Facts:
    return [("Cuts", "; ".join(str(step["step"]) for step in steps[1:]) or "none")] if steps else []


def _files(content: RunContent, names: Sequence[str] | Mapping[str, Any]) -> Facts:
    """Return the files of samples with the digests of what was read; a pattern stands for all that match it."""
    asked = content.config.get("samples") or {}
    parts = (part for name in names for part in (asked.get(name, {}).get("parts") or {}).values())
    files = list(dict.fromkeys(file for part in parts for file in part.get("files") or ()))
    digests = content.provenance.get("inputs") or {}
    said = [f"{file} ({digests[file]})" if file in digests else file for file in files]
    return [("Files", "; ".join(said))] if said else []


def _measured(value: float | None, error: float | None) -> str:
    cell = measured_cell(value, error)
    return f"{cell.text} ± {cell.error}" if cell.error else cell.text


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
