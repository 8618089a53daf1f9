"""Fourth stage: whether each model is what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fivesigma.analysis.consistency import axes_of
from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.drawing import Drawing, draw
from fivesigma.analysis.judging import classes, judged, judged_by, told
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration, LimitPlane, TemplateFit
from fivesigma.analysis.score_files import load_scores, load_training_scores
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.core.finding import Finding
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared, iterate_map
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classification import Classification, classification
from fivesigma.evaluation.correlation import (
    ObservableCorrelations,
    observable_correlations,
    score_follows_observable,
)
from fivesigma.evaluation.distributions import ScoreDistribution, score_distribution
from fivesigma.evaluation.figures_of_merit import MeritScan, figures_of_merit
from fivesigma.evaluation.overtraining import Overtraining, ScoredEvents, overtraining
from fivesigma.evaluation.roc import RocCurve, roc
from fivesigma.events.files import filled
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.losses import loss_curves
from fivesigma.plots.style import numbers

__all__ = ["judge_models"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """All that is said of one model."""

    roc: RocCurve
    overtraining: Overtraining | None
    merits: MeritScan
    classification: Classification | None
    score: ScoreDistribution
    observables: ObservableCorrelations


@dataclass(frozen=True, slots=True)
class _Item:
    """One model to judge, from the files of the earlier stages."""

    model: str
    directory: RunDirectory
    events: Outcome
    config: Configuration
    shows_data: bool


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
    items = [_Item(name, context.directory, events, context.config, context.shows_data) for name in names]
    judged: dict[str, _Judged] = {}
    for done, (index, result) in enumerate(iterate_map(_judge, items, workers=context.workers), start=1):
        judged[names[index]] = result
        context.advance("Judging the models", done, len(names))
    judged = {name: judged[name] for name in names}
    value = {
        "models": {name: _areas(result) for name, result in judged.items()},
        "judgement": {name: _summary(result) for name, result in judged.items()},
    }
    findings = _by_use(context.config, score_follows_observable([result.observables for result in judged.values()]))
    figures = draw(context, [*_drawings(context, judged), *_losses(models)], "Drawing the judgement")
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


def _judge(item: _Item, _shared: Shared) -> _Judged:
    config, folds = item.config, item.config.training.folds
    dataset, stays = judged(config, load_dataset(item.directory, item.events))
    point = point_of(config, item.model, classes(config)["signal"])
    scores = load_scores(item.directory, item.model, folds, point=point).where(stays)
    seed = derive_seed(config.analysis.seed, "judgement")
    merits = figures_of_merit(
        dataset,
        scores,
        background_uncertainty=config.judgement.background_uncertainty,
        regulators=config.judgement.regulators,
        rate_regulators=config.judgement.rate_regulators,
        floor=config.judgement.floor,
        seed=seed,
    )
    working_point = next((merit.best for merit in merits.figures if merit.name == "asimov_z"), None)
    return _Judged(
        roc=roc(dataset, scores, **classes(config), seed=seed),
        overtraining=_overtraining(item, dataset, scores, seed) if _learns(config, item.model) else None,
        merits=merits,
        classification=classification(dataset, scores, working_point.cuts, show_data=item.shows_data, seed=seed)
        if working_point is not None
        else None,
        score=score_distribution(dataset, scores, show_data=item.shows_data),
        observables=observable_correlations(_kept_from(config, item.model, dataset), scores, seed=seed),
    )


def _learns(config: Configuration, model: str) -> bool:
    """Return whether a model was trained here, so that its training events are known."""
    return classifier(config.models[model].use).trains_on != "nothing"


def _kept_from(config: Configuration, model: str, dataset: Dataset) -> Dataset:
    """Return the dataset with the observables that a model does not take itself, as one that is a published score does."""
    asked, points = config.models[model].inputs or (), [sample.parameters for sample in config.samples.values()]
    taken = {filled(name, {key: f"{value:g}" for key, value in point.items()}) for name in asked for point in points}
    observables = {name: column for name, column in dataset.observables.items() if name not in taken}
    return dataclasses.replace(dataset, observables=observables)


def _overtraining(item: _Item, dataset: Dataset, scores: Scores, seed: int) -> Overtraining:
    training = load_training_scores(item.directory, item.model)
    train = ScoredEvents(
        score=training.value, is_signal=training.is_signal, weight=training.weight, estimator=training.fold
    )
    trained = classes(item.config)
    signal = tuple(trained["signal"] or dataset.names("signal"))
    background = tuple(trained["background"] or dataset.names("background"))
    tested = dataset.of(*signal, *background)
    out_of_fold = ScoredEvents(
        score=scores.value[tested],
        is_signal=dataset.of(*signal)[tested],
        weight=dataset.weight[tested],
        estimator=scores.fold[tested],
    )
    return overtraining(item.model, train, out_of_fold, seed=seed)


def _areas(judged: _Judged) -> dict[str, Any]:
    return {
        "auc": numbers(judged.roc.auc),
        "auc_train": None if judged.overtraining is None else numbers(judged.overtraining.auc_train),
        "auc_difference": None if judged.overtraining is None else numbers(judged.overtraining.difference),
    }


def _summary(judged: _Judged) -> dict[str, Any]:
    rejections = {
        f"signal efficiency {r.signal_efficiency:g}": numbers(r.rejection)
        for r in judged.roc.rejections
        if r.rejection is not None
    }
    result = {
        "figures_of_merit": {merit.name: told(merit.best) for merit in judged.merits.figures},
        "background_rejection": rejections,
        "correlation_with": {name: numbers(c) for name, c in judged.observables.coefficients.items() if c is not None},
    }
    if judged.classification is not None:
        found = numbers(judged.classification)
        result["working_point"] = {
            key: found[key] for key in ("physics", "balanced", "signal", "background", "expected", "data", "data_total")
        }
    return result


def _losses(models: Mapping[str, Outcome]) -> Iterator[Drawing]:
    """Yield a drawing of the losses of those models that have any."""
    curves = [loss_curves(name, model.value["built"], model.value["history"]) for name, model in models.items()]
    if there := [curve for curve in curves if curve is not None]:
        yield Drawing(
            name="losses",
            section="models",
            title="Losses in training",
            caption="Weighted mean loss of each fold's training and validation events, both classes at equal weight if not told"
            " otherwise. The dot is where the validation loss was lowest.",
            alt="Training and validation loss of each model.",
            result=there,
        )


def _drawings(context: RunContext, judged: dict[str, _Judged]) -> list[Drawing]:
    """Return ROC curves and figures of merit of all models, and for each model its scores and its training."""
    points = context.figure_context.data_title
    drawings = [
        Drawing(
            name="roc",
            section="judgement",
            title="ROC curves",
            caption="Weighted, out of fold; intervals by a Poisson bootstrap of the events, retraining left out.",
            alt="ROC curves and background rejection of all models.",
            result=[result.roc for result in judged.values()],
        ),
        Drawing(
            name="merits",
            section="judgement",
            title="Figures of merit",
            caption="Against the cut on the score. Marked: the cut chosen on the other folds and the value read on the fold itself.",
            alt="Figures of merit of all models against the cut on the score.",
            result=[result.merits for result in judged.values()],
        ),
    ]
    for name, result in judged.items():
        drawings += _model_drawings(name, result, points)
    return drawings


def _model_drawings(name: str, result: _Judged, points: str) -> Iterator[Drawing]:
    """Yield the score of a model, and how it compares with that of the events it was trained on, where those are known."""
    shown = f", with {points}" if result.score.data is not None else ""
    said = "Score" if result.overtraining is None else "Out-of-fold score"
    yield Drawing(
        name=f"score-{name}",
        section="judgement",
        title=f"Score of {name}",
        caption=f"{said} on the common scale{shown}: the fraction of background below.",
        alt=f"Stacked score distribution of {name} by sample.",
        result=result.score,
    )
    if result.overtraining is not None:
        yield Drawing(
            name=f"overtraining-{name}",
            section="judgement",
            title=f"Training and out-of-fold events, {name}",
            caption="Shapes of the score on events an estimator trained on and on events it never saw. The AUCs are means over the"
            " estimators, with the interval of one; the ROC curve pools the events of all.",
            alt=f"Score of {name} on training and out-of-fold events.",
            result=result.overtraining,
        )
