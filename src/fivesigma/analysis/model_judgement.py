"""All that is said of one model, from the files that the earlier stages left: what a worker does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.judging import classes, judged
from fivesigma.analysis.model_inputs import looked_at, score_of
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.regions import seen
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.score_files import load_member_scores, load_scores, load_training_scores
from fivesigma.analysis.stages import Outcome
from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import derive_seed
from fivesigma.core.numbers import digits
from fivesigma.core.parallel import Shared
from fivesigma.core.scores import Scores
from fivesigma.evaluation.binned_scores import Balance
from fivesigma.evaluation.calibration import Calibration, calibration
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.classification import Classification, classification
from fivesigma.evaluation.distributions import ScoreDistribution, score_distribution
from fivesigma.evaluation.estimator_gap import ScoredEvents
from fivesigma.evaluation.figures_of_merit import FigureOfMerit, MeritScan, figures_of_merit
from fivesigma.evaluation.importance import Importances, permutation_importance
from fivesigma.evaluation.observable_dependence import ObservableCorrelations, observable_correlations
from fivesigma.evaluation.overtraining import Overtraining, overtraining
from fivesigma.evaluation.partial_dependence import PartialDependence, partial_dependence
from fivesigma.evaluation.roc import RocCurve, auc, roc
from fivesigma.evaluation.score_scale import ScaleCheck, check_score_scale
from fivesigma.evaluation.sculpting import sculpting
from fivesigma.evaluation.significance_improvement import SignificanceImprovement, significance_improvement
from fivesigma.evaluation.spurious_signal import ObservableSculpting, spurious_signal
from fivesigma.evaluation.threshold_yields import ThresholdYields, threshold_yields
from fivesigma.evaluation.working_points import maximised
from fivesigma.events.files import filled
from fivesigma.learning.catalogue import classifier, scores_log_odds
from fivesigma.learning.fitted_model import VALIDATION_PARTS, Point
from fivesigma.learning.storage import load_model
from fivesigma.statistics.agreement import ChiSquare
from fivesigma.statistics.differences import with_seeds

__all__ = ["JudgedModel", "ModelToJudge", "depend_model", "judge_model"]

_LIMIT_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedModel:
    """All that is said of one model; what does not apply to it is None or empty."""

    roc: RocCurve
    improvement: SignificanceImprovement
    calibration: Calibration | None
    overtraining: Overtraining | None
    scale: ScaleCheck | None
    merits: MeritScan
    thresholds: ThresholdYields
    maximised: FigureOfMerit
    classification: Classification | None
    score: ScoreDistribution
    score_with_data: ScoreDistribution | None
    agreement: ChiSquare | None
    agreement_with_signal: ChiSquare | None
    observables: ObservableCorrelations
    sculpting: tuple[ObservableSculpting, ...]
    importances: Importances | None


@dataclass(frozen=True, slots=True)
class ModelToJudge:
    """One model to judge, from the files of the earlier stages.

    ``groups`` are the inputs that are correlated with each other; while ``blind``, data are held against simulation outside signal
    regions only.
    """

    model: str
    directory: RunDirectory
    events: Outcome
    config: Configuration
    shows_data: bool
    blind: bool
    groups: Sequence[Sequence[str]]

    @property
    def point(self) -> Point:
        """The point of the signal grid that the model is judged at."""
        return point_of(self.config, self.model, classes(self.config)["signal"])

    def scores(self) -> tuple[Scores, ...]:
        """Return the model's scores of all events and, if it has several seeds, those of each alone."""
        folds, seeds = self.config.training.folds, self.config.models[self.model].seeds
        of_all = load_scores(self.directory, self.model, folds, point=self.point)
        return (of_all, *load_member_scores(self.directory, self.model, folds, seeds=seeds))


def judge_model(item: ModelToJudge, _shared: Shared) -> JudgedModel:
    """Judge a model on its out-of-fold scores."""
    config = item.config
    dataset, stays = judged(config, load_dataset(item.directory, item.events))
    scores, *members = (one.where(stays) for one in item.scores())
    seed, judgement = derive_seed(config.analysis.seed, "judgement"), config.judgement
    merits = figures_of_merit(
        dataset,
        scores,
        background_uncertainty=judgement.background_uncertainty,
        regulators=judgement.regulators,
        rate_regulators=judgement.rate_regulators,
        limit_level=_LIMIT_LEVEL if judgement.maximise == "expected_limit" else None,
        floor=judgement.floor,
        seed=seed,
    )
    figure = maximised(merits, judgement.maximise, judgement.regulators[0])
    kept, learns = _kept_from(config, item.model, dataset), _learns(config, item.model)
    there = seen(config, dataset, blind=item.blind)
    shape = score_distribution(dataset, scores, show_data=item.shows_data)
    with_data = with_signal = None
    if there.any():
        open_to_data = dataset.where(there), scores.where(there)
        with_data = shape if item.shows_data else score_distribution(*open_to_data, show_data=True)
        with_signal = score_distribution(*open_to_data, show_data=True, expected_signal=dataset.names("signal"))
    return JudgedModel(
        roc=_roc(config, dataset, scores, members, seed),
        improvement=significance_improvement(dataset, scores, **classes(config), seed=seed),
        calibration=_calibration(item, dataset, scores, seed) if learns else None,
        overtraining=_overtraining(item, dataset, scores, seed) if learns else None,
        scale=check_score_scale(
            dataset, scores, background=classes(config)["background"], validation=1 / VALIDATION_PARTS, seed=seed
        )
        if learns
        else None,
        merits=merits,
        thresholds=threshold_yields(dataset, scores, show_data=item.shows_data),
        maximised=figure,
        classification=None
        if figure.best is None
        else classification(dataset, scores, figure.best.cuts, show_data=item.shows_data, seed=seed),
        score=shape,
        score_with_data=with_data,
        agreement=None if with_data is None else with_data.agreement,
        agreement_with_signal=None if with_signal is None else with_signal.agreement,
        observables=observable_correlations(kept, scores, seed=seed),
        sculpting=tuple(_sculpting(config, kept, scores, seed)),
        importances=_importances(item, dataset, seed) if learns else None,
    )


def _roc(config: Configuration, dataset: Dataset, scores: Scores, members: Sequence[Scores], seed: int) -> RocCurve:
    """Return the ROC curve, with the luck of its seeds in the interval of the AUC."""
    curve, events = roc(dataset, scores, **classes(config), seed=seed), label(dataset, scores, **classes(config))
    alone = [auc(member.value[events.chosen], events.is_signal, events.weight) for member in members]
    return dataclasses.replace(curve, auc=with_seeds(curve.auc, alone))


def _sculpting(config: Configuration, dataset: Dataset, scores: Scores, seed: int) -> Iterator[ObservableSculpting]:
    """Yield what cuts do to the background in each observable that varies there, and that signal has too."""
    events = label(dataset, scores, **classes(config))
    for name, values in dataset.observables.items():
        there = np.isfinite(values[events.chosen])
        of_signal, of_background = (
            values[events.chosen][there & kind] for kind in (events.is_signal, ~events.is_signal)
        )
        if len(of_signal) and len(of_background) and of_background.min() < of_background.max():
            yield ObservableSculpting(
                shapes=sculpting(dataset, scores, name, **classes(config), seed=seed),
                spurious=spurious_signal(dataset, scores, name, **classes(config), seed=seed),
            )


def _importances(item: ModelToJudge, dataset: Dataset, seed: int) -> Importances | None:
    """Return what the model looks at; None if it takes no input of the analysis."""
    model = load_model(item.directory.root / "models" / item.model)
    if not (inputs := looked_at(model, dataset)):
        return None
    asked, samples = score_of(model, item.point), classes(item.config)
    return permutation_importance(dataset, asked, inputs=inputs, groups=item.groups, **samples, seed=seed)


def depend_model(item: ModelToJudge, _shared: Shared, *, inspected: Sequence[str]) -> tuple[PartialDependence, ...]:
    """Return how a model's score depends on those of the inspected inputs that it takes, as far as they vary."""
    if not _learns(item.config, item.model):
        return ()
    dataset, _ = judged(item.config, load_dataset(item.directory, item.events))
    model, seed = (
        load_model(item.directory.root / "models" / item.model),
        derive_seed(item.config.analysis.seed, "judgement"),
    )
    asked, samples = score_of(model, item.point), classes(item.config)
    taken = [name for name in inspected if name in looked_at(model, dataset)]
    return tuple(partial_dependence(dataset, asked, name, **samples, seed=seed) for name in taken)


def _learns(config: Configuration, model: str) -> bool:
    """Return whether a model was trained here, so that its training events are known."""
    return classifier(config.models[model].use).trains_on != "nothing"


def _calibration(item: ModelToJudge, dataset: Dataset, scores: Scores, seed: int) -> Calibration | None:
    """Return how the raw scores, as probabilities, agree with the mixture of the classes that the model was trained on."""
    if scores_log_odds(item.config.models[item.model].use):
        scores = dataclasses.replace(scores, raw=expit(scores.raw))
    balance: Balance = "yields" if item.config.training.balance == "yields" else "equal"
    return calibration(dataset, scores, **classes(item.config), balance=balance, seed=seed)


def _kept_from(config: Configuration, model: str, dataset: Dataset) -> Dataset:
    """Return the dataset with the observables that a model does not take itself, as one that is a published score does."""
    asked, points = config.models[model].inputs or (), [sample.parameters for sample in config.samples.values()]
    taken = {filled(name, {key: digits(value) for key, value in point.items()}) for name in asked for point in points}
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
