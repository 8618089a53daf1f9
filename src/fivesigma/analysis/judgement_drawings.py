"""The figures of the judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fivesigma.analysis.drawing import Drawing
from fivesigma.analysis.model_judgement import JudgedModel
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome
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


def judgement_drawings(context: RunContext, judged: Mapping[str, JudgedModel]) -> list[Drawing]:
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
