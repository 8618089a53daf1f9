"""The whole of an analysis, stage by stage; what stands is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.events_stage import input_digests, read_events
from fivesigma.analysis.features_stage import judge_features
from fivesigma.analysis.inference_names import needs_classes
from fivesigma.analysis.inference_stage import infer
from fivesigma.analysis.judgement_stage import judge_models
from fivesigma.analysis.models_stage import fit_models
from fivesigma.analysis.opening import opened
from fivesigma.analysis.page_content import NOT_JUDGED, NOT_LOOKED_AT, Outcomes
from fivesigma.analysis.page_stage import provenance, resolved_yaml, results, write_page
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import FINAL, Stages
from fivesigma.analysis.unblinding import looked_at_before, record_unblinding, unblinding
from fivesigma.core.finding import Finding
from fivesigma.core.parallel import Workers

__all__ = ["STAGES", "FinishedRun", "run_analysis"]

STAGES = ("events", "models", "judgement", "inference", "page")
_SWEPT = ("figures", "inference", "models", "page", "scores", "stages", "templates", "tuning")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """What a run left: its page if it came that far, its findings, and the stages that were done rather than found."""

    directory: Path
    page: Path | None
    findings: tuple[Finding, ...]
    redone: tuple[str, ...]


def run_analysis(
    path: Path,
    output: Path | None = None,
    *,
    data: Path | None = None,
    settings: Sequence[str] = (),
    until: str = "page",
    workers: Workers | None = None,
    unblind: bool = False,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    advance: Callable[[str, int, int], None] = lambda *_: None,
) -> FinishedRun:
    """Run an analysis into a directory; what stands there from the same configuration and inputs is not done again.

    Parameters
    ----------
    path
        The YAML.
    output
        The run directory; ``runs/`` and the name of the analysis if None.
    data
        The folder that names of files are relative to; the YAML's own if None.
    settings
        Changes of the configuration as ``key=value``.
    until
        The last stage to do, one of `STAGES`.
    workers
        Where to compute; in this process if None.
    unblind
        Look at the data in signal regions; who did and when is recorded.
    fresh
        Do everything again.
    tell, advance
        Told of each stage, and of progress within it as (what, done, all).

    Raises
    ------
    ConfigurationError
        With all that is wrong in the configuration.
    DataError
        If files are missing or their events are not what the analysis needs.
    """
    began = datetime.now(UTC)
    folder = data or path.parent
    config = opened(path, folder, settings)
    digests = input_digests(config, folder)
    directory = RunDirectory(output or Path("runs") / config.analysis.name)
    directory.create()
    stages = Stages(directory=directory, fresh=fresh, tell=tell)
    blind = config.analysis.blind and not unblind
    context = RunContext(
        config=config,
        data=folder,
        directory=directory,
        stages=stages,
        workers=workers or Workers(1),
        blind=blind,
        advance=advance,
    )
    with directory.working():
        _retire(directory, config, tell)
        looked = record_unblinding(directory, config) if config.analysis.blind and unblind else unblinding(directory)
        outcomes = _perform(context, digests, STAGES.index(until), looked_at_before(looked, config, blind=blind))
        page = None
        if until == "page":
            origin = provenance(config, inputs=digests, began=began, unblinding=looked)
            page = _write(context, outcomes, origin)
    return FinishedRun(directory=directory.root, page=page, findings=outcomes.findings, redone=tuple(stages.redone))


def _write(context: RunContext, outcomes: Outcomes, origin: dict[str, Any]) -> Path:
    """Write results and page, ``results.json`` last: where it stands, all of the run does."""
    context.stages.tell("Writing the page")
    directory, values = context.directory, results(context.config, outcomes)
    directory.sweep(_SWEPT, outcomes.records.union(*(outcome.all_files for outcome in outcomes.all)))
    directory.write_json("findings.json", values["findings"])
    directory.write_json("provenance.json", origin)
    page = write_page(directory, context.config, outcomes, values, origin)
    directory.write_json("results.json", values)
    return page


def _perform(context: RunContext, digests: dict[str, str], last: int, known: Iterable[Finding]) -> Outcomes:
    events = read_events(context, digests)
    dataset = load_dataset(context.directory, events)
    models = fit_models(context, events, dataset) if last >= 1 else {}
    judges = last >= 2 and needs_classes(context.config)
    features = judge_features(context, events, dataset) if judges else NOT_LOOKED_AT
    judgement = judge_models(context, events, models, features) if judges else NOT_JUDGED
    inference = infer(context, events, models) if last >= 3 else {}
    return Outcomes(
        known=tuple(known), events=events, features=features, models=models, judgement=judgement, inference=inference
    )


def _retire(directory: RunDirectory, config: Configuration, tell: Callable[[str], None]) -> None:
    """Write the configuration; results of another one no longer count, and the user is told so."""
    text, before = resolved_yaml(config), directory.root / "config.yaml"
    if before.is_file() and before.read_bytes() != text.encode():
        tell(f"{directory.root} holds a run of another configuration; what changed is done again")
        directory.remove(*FINAL)
    directory.write_text("config.yaml", text)
