"""Fourth stage: whether each model is what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from fivesigma.analysis.consistency import axes_of
from fivesigma.analysis.drawing import draw
from fivesigma.analysis.judgement_drawings import judgement_drawings, loss_drawings
from fivesigma.analysis.judgement_values import areas, summary
from fivesigma.analysis.judging import judged_by
from fivesigma.analysis.model_judgement import JudgedModel, ModelToJudge, judge_model
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration, LimitPlane, TemplateFit
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.finding import Finding
from fivesigma.core.parallel import iterate_map
from fivesigma.evaluation.correlation import score_follows_observable

__all__ = ["judge_models"]


def judge_models(context: RunContext, events: Outcome, models: dict[str, Outcome]) -> Outcome:
    """Judge every model on its out-of-fold scores, and draw what was found."""
    parts = [
        outcome_digest(context.directory, events),
        {name: outcome_digest(context.directory, model) for name, model in models.items()},
        *judged_by(context),
    ]
    return context.stages.perform("judgement", parts, "Judging the models", lambda: _models(context, events, models))


def _models(context: RunContext, events: Outcome, models: Mapping[str, Outcome]) -> Outcome:
    names = list(context.config.models)
    if not names:
        return Outcome(value={"models": {}, "judgement": {}})
    items = [ModelToJudge(name, context.directory, events, context.config, context.shows_data) for name in names]
    judged: dict[str, JudgedModel] = {}
    for done, (index, result) in enumerate(iterate_map(judge_model, items, workers=context.workers), start=1):
        judged[names[index]] = result
        context.advance("Judging the models", done, len(names))
    judged = {name: judged[name] for name in names}
    value = {
        "models": {name: areas(result) for name, result in judged.items()},
        "judgement": {name: summary(result) for name, result in judged.items()},
    }
    findings = _by_use(context.config, score_follows_observable([result.observables for result in judged.values()]))
    figures = draw(context, [*judgement_drawings(context, judged), *loss_drawings(models)], "Drawing the judgement")
    return Outcome(value=value, findings=findings, figures=figures)


def _by_use(config: Configuration, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings on observables, those that no fit uses only for information."""
    fitted = {
        axis
        for fit in config.inference.values()
        if isinstance(fit, TemplateFit | LimitPlane)
        for axis in axes_of(fit.observable)
    }
    used = {f"{model} and {observable}" for model in config.models for observable in fitted}
    return tuple(f if f.subject in used else dataclasses.replace(f, severity="info") for f in findings)
