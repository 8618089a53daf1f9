"""First stage: files to a `Dataset`, with its cutflow, and the same for each variation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fivesigma.analysis.bookkeeping import cutflow_csv, cutflow_of, yields_of
from fivesigma.analysis.dataset_files import TRAINING_FILE, dataset_file, variation_key, write_dataset
from fivesigma.analysis.regions import require_apart
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.sample_files import asks_for_variations, is_of_periods, moves_events, parts_of, variations_of
from fivesigma.analysis.schema import Configuration, Part
from fivesigma.analysis.stages import Outcome
from fivesigma.core.dataset import Dataset
from fivesigma.core.finding import Finding
from fivesigma.core.format import few
from fivesigma.core.identity import file_digest
from fivesigma.core.parallel import Workers
from fivesigma.core.sample import NOMINAL, Sample, SampleInfo, Variation
from fivesigma.events.assemble import dataset
from fivesigma.events.checks import check_samples
from fivesigma.events.files import filled, located
from fivesigma.events.read import sample_of

__all__ = [
    "findings_of",
    "input_digests",
    "load_events",
    "read_events",
]


def input_digests(config: Configuration, data: Path) -> dict[str, str]:
    """Return the digest of every input file of a resolved configuration, by its name relative to ``data``."""
    digests = {}
    for path in _inputs(config, data):
        shown = path.relative_to(data) if path.is_relative_to(data) else path
        digests[str(shown)] = file_digest(path)
    return digests


def _inputs(config: Configuration, data: Path) -> list[Path]:
    """Return every file that events come from, friends among them."""
    found: dict[Path, None] = {}
    patterns = [pattern for part in _parts(config) for pattern in part.files or ()]
    patterns += [p for s in config.samples.values() if s.inject is not None for p in s.inject.files or ()]
    for pattern in patterns:
        for file in located(pattern, data):
            found.setdefault(file.path)
            names = {"name": file.path.name, "stem": file.path.name.partition(".")[0]}
            friends = [filled(friend.partition(":")[0], names) for friend in config.events.friends]
            found |= {data / friend: None for friend in friends if friend and (data / friend).is_file()}
    return list(found)


def _parts(config: Configuration) -> list[Part]:
    """Return the parts of all samples and of their alternatives."""
    samples = config.samples.values()
    others = [process for sample in samples for process in sample.alternatives.values()]
    return [part for process in (*samples, *others) for part in process.parts.values()]


def read_events(context: RunContext, digests: dict[str, str]) -> Outcome:
    """Read, select and weigh the events; performed unless files and configuration are as before."""
    config = context.config
    parts = [
        digests,
        context.blind,
        config.analysis.luminosity if any(part.cross_section for part in _parts(config)) else None,
        config.analysis.seed if any(sample.inject is not None for sample in config.samples.values()) else None,
        config.events.model_dump(),
        config.features.model_dump(exclude={"titles"}),
        {name: sample.model_dump() for name, sample in config.samples.items()},
        {name: s.model_dump() for name, s in config.systematics.items() if moves_events(s)},
        config.analysis.periods if any(map(is_of_periods, config.systematics.values())) else None,
        config.left_out,
        config.models_left_out,
        asks_for_variations(config),
        config.training.select,
        {name: region.model_dump() for name, region in config.regions.items()} if context.blind else None,
    ]
    context.stages.forget_others("events", parts)  # nor of events that are blind now
    return context.stages.perform("events", parts, "Reading events", lambda: _read(context))


def load_events(
    config: Configuration, data: Path, *, blind: bool, workers: Workers | None = None
) -> tuple[tuple[Sample, ...], Dataset]:
    """Return the samples of a resolved configuration, and the dataset of them all."""
    samples = tuple(_sample(config, data, name, blind=blind, workers=workers) for name in config.samples)
    return samples, _dataset(config, samples)


def _read(context: RunContext) -> Outcome:
    config, directory = context.config, context.directory
    variations = list(variations_of(config))
    count, samples = len(config.samples) + len(variations), []
    for done, name in enumerate(config.samples, start=1):
        samples.append(_sample(config, context.data, name, blind=context.blind, workers=context.workers))
        context.advance("Reading events", done, count)
    nominal = _dataset(config, samples)
    if context.blind:
        require_apart(config, nominal)
    datasets = {variation_key(NOMINAL): write_dataset(directory, nominal)}
    varied_yields: dict[str, Any] = {}
    for done, (variation, moved) in enumerate(variations, start=len(config.samples) + 1):
        shifted = [
            _sample(config, context.data, name, blind=False, workers=context.workers, variation=variation)
            for name in moved
        ]
        datasets[variation_key(variation)] = write_dataset(directory, _dataset(config, shifted, variation))
        varied_yields[variation_key(variation)] = {sample.name: float(sample.weight.sum()) for sample in shifted}
        context.advance("Reading events", done, count)
    cutflow = {sample.name: cutflow_of(sample) for sample in samples}
    directory.write_json("cutflow.json", cutflow)
    directory.write_text("cutflow.csv", cutflow_csv(cutflow))
    varied_yields |= _reweighted(samples)
    value = {
        "inputs": list(nominal.inputs),
        "observables": list(nominal.observables),
        "datasets": datasets,
        "samples": {sample.name: yields_of(sample) for sample in samples},
        "cutflow": cutflow,
        "variations": varied_yields,
        "training": _write_training(context),
    }
    files = [
        dataset_file(NOMINAL),
        *(dataset_file(variation) for variation, _ in variations),
        "cutflow.json",
        "cutflow.csv",
    ]
    files += [TRAINING_FILE] if value["training"] is not None else []
    return Outcome(value=value, findings=findings_of(samples, config), files=tuple(files))


def _write_training(context: RunContext) -> dict[str, Any] | None:
    """Read and write the simulated events that models train on, if they are others than those of the analysis."""
    config, cuts = context.config, context.config.training.select
    if cuts is None:
        return None
    simulated = [name for name, sample in config.samples.items() if sample.kind != "data"]
    looser = config.model_copy(update={"events": config.events.model_copy(update={"select": cuts})})
    samples = [_sample(looser, context.data, name, blind=False, workers=context.workers) for name in simulated]
    written = write_dataset(context.directory, _dataset(looser, samples), TRAINING_FILE)
    return {"dataset": written, "cutflow": {sample.name: cutflow_of(sample) for sample in samples}}


def _reweighted(samples: list[Sample]) -> dict[str, dict[str, float]]:
    """Return the yield of each sample in each variation of its weights."""
    found: dict[str, dict[str, float]] = {}
    for sample in samples:
        for variation, weight in sample.weights.items():
            found.setdefault(variation_key(variation), {})[sample.name] = float(weight.sum())
    return found


def _sample(
    config: Configuration,
    data: Path,
    name: str,
    *,
    blind: bool,
    workers: Workers | None,
    variation: Variation = NOMINAL,
) -> Sample:
    sample = config.samples[name]
    parts = parts_of(config, name, data, blind=blind, variation=variation)
    info = SampleInfo(
        name=name, kind=sample.kind, label=sample.label, pseudo=sample.pseudo, parameters=dict(sample.parameters)
    )
    columns = {**config.features.inputs, **config.features.observables}
    remove = sample.duplicates == "remove"
    return sample_of(parts, info, columns=columns, remove_duplicates=remove, workers=workers)


def _dataset(config: Configuration, samples: Any, variation: Variation = NOMINAL) -> Dataset:
    return dataset(
        samples,
        inputs=list(config.features.inputs),
        observables=list(config.features.observables),
        missing=config.events.missing is not None,
        variation=variation,
    )


def _unweighted(config: Configuration) -> Iterator[Finding]:
    """Yield a finding if nothing says what simulated events weigh: whoever means one says so."""
    unsaid = [
        name
        for name, sample in config.samples.items()
        if sample.kind != "data"
        and config.events.weight is None
        and any(part.weight is None and part.cross_section is None for part in sample.parts.values())
    ]
    if unsaid:
        yield Finding(
            code="unweighted-simulation",
            severity="warning",
            subject=few(unsaid),
            message="Neither `weight` nor `cross_section` is given: every event counts as one expected event, whatever the luminosity."
            " Say `weight: 1` if that is meant.",
        )


def findings_of(samples: Sequence[Sample], config: Configuration) -> tuple[Finding, ...]:
    """Return what is notable in the samples of a resolved configuration."""
    removed = {name for name, sample in config.samples.items() if sample.duplicates == "remove"}
    grid = {name: sample.grid for name, sample in config.samples.items() if sample.grid is not None}
    absent = [
        Finding(
            code="sample-left-out",
            severity="info",
            subject=name,
            message="It is optional, and none of its files is there: nothing is expected of it.",
        )
        for name in config.left_out
    ]
    absent += [
        Finding(code="model-left-out", severity="warning", subject=name, message=f"It is optional, and {why}.")
        for name, why in config.models_left_out.items()
    ]
    return (*absent, *_unweighted(config), *check_samples(samples, without_duplicates=removed, grid=grid))
