"""The figures of the judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fivesigma.analysis.drawing import Drawing
from fivesigma.analysis.judging import fitted_observables
from fivesigma.analysis.model_judgement import JudgedModel
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import Outcome
from fivesigma.evaluation.comparison import Comparison
from fivesigma.evaluation.partial_dependence import PartialDependence
from fivesigma.learning.losses import loss_curves

__all__ = ["judgement_drawings", "loss_drawings"]


def loss_drawings(models: Mapping[str, Outcome]) -> Iterator[Drawing]:
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


def judgement_drawings(
    context: RunContext,
    judged: Mapping[str, JudgedModel],
    comparison: Comparison | None,
    curves: Mapping[str, Sequence[PartialDependence]],
) -> Iterator[Drawing]:
    """Yield the figures of all models together, then those of each."""
    models = list(judged.values())
    yield Drawing(
        name="roc",
        section="judgement",
        title="ROC curves",
        caption="Weighted, out of fold; intervals by a Poisson bootstrap of the events, retraining left out.",
        alt="ROC curves and background rejection of all models.",
        result=[model.roc for model in models],
    )
    if comparison is not None:
        yield _comparison(comparison)
    yield Drawing(
        name="merits",
        section="judgement",
        title="Figures of merit",
        caption="Against the cut on the score. Marked: the cut chosen on the other folds and the value read on the fold itself.",
        alt="Figures of merit of all models against the cut on the score.",
        result=[model.merits for model in models],
    )
    yield Drawing(
        name="significance-improvement",
        section="judgement",
        title="Significance improvement",
        caption="Signal efficiency over the root of the background efficiency, where at least"
        f" {models[0].improvement.floor:g} effective background events pass. Marked: the cut chosen on one half of the events and"
        " read on the other.",
        alt="Significance improvement of all models against signal efficiency.",
        result=[model.improvement for model in models],
    )
    if calibrated := [model.calibration for model in models if model.calibration is not None]:
        yield Drawing(
            name="calibration",
            section="judgement",
            title="Calibration",
            caption="The fraction of signal among events of similar raw score, under the mixture of the classes that was trained on."
            " Nothing here needs calibrated scores; who reads them as probabilities does.",
            alt="Fraction of signal against raw score.",
            result=calibrated,
        )
    yield from _understanding(models, [curve for several in curves.values() for curve in several])
    yield from _sculpting(context.config, models)
    for name, model in judged.items():
        yield from _model_drawings(name, model, context.figure_context.data_title)


def _comparison(comparison: Comparison) -> Drawing:
    return Drawing(
        name="comparison",
        section="judgement",
        title="Differences between the models",
        caption=f"On the same events. The intervals hold for all pairs together, but in {100 * comparison.error_rate:g} % of cases;"
        " the wider ones are for estimators trained on other events, too.",
        alt="Differences between pairs of models in AUC, significance improvement and Asimov Z.",
        result=comparison,
    )


def _understanding(models: Sequence[JudgedModel], curves: Sequence[PartialDependence]) -> Iterator[Drawing]:
    """Yield what the models look at."""
    if found := [model.importances for model in models if model.importances is not None]:
        drawn, together = found[0], any(one.groups for one in found)
        yield Drawing(
            name="importance",
            section="judgement",
            title="Importance of the inputs",
            caption="AUC lost out of fold when an input has the values of other events"
            f"{', and where several correlated ones have' if together else ''}; of {drawn.events:,} events of {drawn.all_events:,}.",
            alt="Importance of each input for each model.",
            result=found,
        )
    if curves:
        yield Drawing(
            name="partial-dependence",
            section="judgement",
            title="Dependence of the score on an input",
            caption="Mean score when an input has one value in all events, for the inputs of most importance; thin lines are the"
            " estimators of single folds. The histograms show where there are events, on a scale of their own.",
            alt="Partial dependence of each model's score on its inputs.",
            result=curves,
        )


def _sculpting(config: Configuration, models: Sequence[JudgedModel]) -> Iterator[Drawing]:
    """Yield what cuts do to the background in the observables; in detail in those that are fitted, or in the first."""
    there = [both for model in models for both in model.sculpting]
    if not there:
        return
    yield Drawing(
        name="spurious-signal",
        section="judgement",
        title="Spurious signal",
        caption="What a fit would take for signal in background alone after a cut on the score, if it took the background's shape"
        " from before the cut, in units of the error that data would leave on it.",
        alt="Spurious signal over its error for each model and cut.",
        result=[both.spurious for both in there],
    )
    names = dict.fromkeys(both.shapes.observable for both in there)
    shown = [name for name in names if name in fitted_observables(config)] or list(names)[:1]
    for both in there:
        model, observable = both.shapes.model, both.shapes.observable
        if observable in shown:
            yield Drawing(
                name=f"sculpting-{model}-{observable}",
                section="judgement",
                title=f"Background in {observable}, cut on {model}",
                caption=f"Shapes of the background before and after cuts on the score of {model}, and their ratio.",
                alt=f"Background in {observable} before and after cuts on {model}.",
                result=both,
                detail=True,
            )


def _model_drawings(name: str, result: JudgedModel, points: str) -> Iterator[Drawing]:
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
        detail=True,
    )
    if result.score.data is None and result.score_with_data is not None:
        yield Drawing(
            name=f"score-{name}-with-data",
            section="judgement",
            title=f"Score of {name} outside the signal regions, with {points}",
            caption=f"{said} on the common scale, of events outside the signal regions, with {points}.",
            alt=f"Stacked score distribution of {name} by sample outside the signal regions, with {points}.",
            result=result.score_with_data,
            detail=True,
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
            detail=True,
        )
