"""All that is said of one model, from the files that the earlier stages left: what a worker does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.judging import classes, judged
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.score_files import load_scores, load_training_scores
from fivesigma.analysis.stages import Outcome
from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classification import Classification, classification
from fivesigma.evaluation.correlation import ObservableCorrelations, observable_correlations
from fivesigma.evaluation.distributions import ScoreDistribution, score_distribution
from fivesigma.evaluation.figures_of_merit import MeritScan, figures_of_merit
from fivesigma.evaluation.overtraining import Overtraining, ScoredEvents, overtraining
from fivesigma.evaluation.roc import RocCurve, roc
from fivesigma.events.files import filled
from fivesigma.learning.catalogue import classifier

__all__ = ["JudgedModel", "ModelToJudge", "judge_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedModel:
    """All that is said of one model."""

    roc: RocCurve
    overtraining: Overtraining | None
    merits: MeritScan
    classification: Classification | None
    score: ScoreDistribution
    observables: ObservableCorrelations


@dataclass(frozen=True, slots=True)
class ModelToJudge:
    """One model to judge, from the files of the earlier stages."""

    model: str
    directory: RunDirectory
    events: Outcome
    config: Configuration
    shows_data: bool


def judge_model(item: ModelToJudge, _shared: Shared) -> JudgedModel:
    """Judge a model on its out-of-fold scores."""
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
    return JudgedModel(
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


def _overtraining(item: ModelToJudge, dataset: Dataset, scores: Scores, seed: int) -> Overtraining:
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
