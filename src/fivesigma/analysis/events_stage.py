"""First stage: files to a `Dataset`, with its cutflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.regions import require_apart
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration, SampleConfiguration
from fivesigma.analysis.stages import Outcome
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.expressions import Expression
from fivesigma.core.finding import Finding
from fivesigma.core.identity import file_digest
from fivesigma.core.sample import Sample, SampleInfo
from fivesigma.events.assemble import dataset
from fivesigma.events.checks import check_samples
from fivesigma.events.files import find_files
from fivesigma.events.read import Blinding, EventFiles

__all__ = ["input_digests", "load_dataset", "read_events"]

_FILE = "events/dataset.safetensors"


def input_digests(config: Configuration, data: Path) -> dict[str, str]:
    """Return the digest of every input file, by its name relative to ``data``.

    Raises
    ------
    DataError
        If files are missing: all of them, at once.
    """
    digests, missing = {}, []
    for name, sample in config.samples.items():
        try:
            files = find_files(sample.files, data)
        except DataError as error:
            missing.append(f"samples.{name}.files: {error}")
            continue
        for path in files:
            shown = path.relative_to(data) if path.is_relative_to(data) else path
            digests[str(shown)] = file_digest(path)
    if missing:
        raise DataError("\n".join(missing))
    return digests


def read_events(context: RunContext, digests: dict[str, str]) -> Outcome:
    """Read, select and weigh the events; performed unless files and configuration are as before."""
    config = context.config
    parts = [
        digests,
        context.blind,
        config.events.model_dump(),
        config.features.model_dump(exclude={"titles"}),
        {name: sample.model_dump() for name, sample in config.samples.items()},
        {name: region.model_dump() for name, region in config.regions.items()} if context.blind else None,
    ]
    context.stages.forget_others("events", parts)  # nor of events that are blind now
    return context.stages.perform("events", parts, "Reading events", lambda: _read(context))


def load_dataset(directory: RunDirectory, events: Outcome) -> Dataset:
    """Return the dataset that the events stage wrote."""
    arrays = directory.read_arrays(_FILE)
    observables = {name.removeprefix("observable."): a for name, a in arrays.items() if name.startswith("observable.")}
    return Dataset(
        X=arrays["X"],
        inputs=tuple(events.value["inputs"]),
        observables={name: observables[name] for name in events.value["observables"]},
        weight=arrays["weight"],
        id=arrays["id"],
        sample=arrays["sample"],
        samples=tuple(SampleInfo(**info) for info in events.value["infos"]),
    )


def _read(context: RunContext) -> Outcome:
    config, directory = context.config, context.directory
    columns = sorted(_columns(config))
    ordered = []
    for done, (name, sample) in enumerate(config.samples.items(), start=1):
        ordered.append(_read_sample(context, name, sample, columns))
        context.advance("Reading events", done, len(config.samples))
    made = dataset(ordered, inputs=config.features.inputs, observables=config.features.observables)
    if context.blind:
        require_apart(config, made)
    arrays: dict[str, NDArray[Any]] = {"X": made.X, "weight": made.weight, "id": made.id, "sample": made.sample}
    arrays |= {f"observable.{name}": column for name, column in made.observables.items()}
    directory.write_arrays(_FILE, arrays)
    cutflow = {
        s.name: [{"step": r.step, "events": r.events, "total": r.total, "error": r.error} for r in s.cutflow]
        for s in ordered
    }
    directory.write_json("cutflow.json", cutflow)
    infos = [{"name": i.name, "kind": i.kind, "label": i.label, "pseudo": i.pseudo} for i in made.samples]
    value = {
        "inputs": list(made.inputs),
        "observables": list(made.observables),
        "infos": infos,
        "samples": {sample.name: _yields(sample) for sample in ordered},
        "cutflow": cutflow,
    }
    return Outcome(value=value, findings=_findings(ordered, config), files=(_FILE, "cutflow.json"))


def _read_sample(context: RunContext, name: str, sample: SampleConfiguration, columns: Sequence[str]) -> Sample:
    events = context.config.events
    weight = sample.weight or events.weight
    files = EventFiles(
        files=find_files(sample.files, context.data),
        tree=sample.tree or events.tree,
        cuts={step: Expression(cut) for step, cut in _cuts(name, sample, events.select).items()},
        weight=Expression(weight) if weight is not None else None,
        id_columns=tuple(events.id),
        blinding=_blinding(context.config) if context.blind else None,
    )
    return files.sample(
        name,
        kind=sample.kind,
        label=sample.label,
        pseudo=sample.pseudo,
        columns=columns,
        remove_duplicates=sample.duplicates == "remove",
    )


def _cuts(name: str, sample: SampleConfiguration, common: Mapping[str, str]) -> dict[str, str]:
    own = {f"is {name}": sample.select} if sample.select is not None else {}
    return {**own, **common}


def _columns(config: Configuration) -> set[str]:
    """Return the columns that inputs and observables need; cuts and weights name their own."""
    expressions = (*config.features.inputs.values(), *config.features.observables.values())
    return set().union(*(Expression(text).names for text in expressions))


def _blinding(config: Configuration) -> Blinding:
    """Return what is blind: any signal region, over inputs and observables by their names."""
    selects = [region.select for region in config.regions.values() if region.kind == "signal"]
    condition = " or ".join(f"({select})" if select is not None else "True" for select in selects)
    inputs, observables = (
        {name: Expression(text) for name, text in columns.items()}
        for columns in (config.features.inputs, config.features.observables)
    )
    return Blinding(condition=Expression(condition), observables=observables, inputs=inputs)


def _yields(sample: Sample) -> dict[str, Any]:
    """Return what ``results.json`` says of a sample."""
    squares = float(np.square(sample.weight).sum())
    total, absolute = float(sample.weight.sum()), float(np.abs(sample.weight).sum())
    negative = float(np.abs(sample.weight[sample.weight < 0]).sum())
    return {
        "kind": sample.kind,
        "label": sample.info.title,
        "pseudo": sample.info.pseudo,
        "events": len(sample),
        "yield": total,
        "yield_error": float(np.sqrt(squares)),
        "effective_events": total**2 / squares if squares else 0.0,
        "negative_weight_fraction": negative / absolute if absolute else 0.0,
    }


def _findings(samples: Sequence[Sample], config: Configuration) -> tuple[Finding, ...]:
    removed = {name for name, sample in config.samples.items() if sample.duplicates == "remove"}
    return check_samples([sample for sample in samples if sample.name not in removed])
