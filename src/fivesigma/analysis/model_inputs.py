"""Fitted models as functions of their inputs, for what asks how the score depends on them."""

from __future__ import annotations

from fivesigma.core.dataset import Dataset
from fivesigma.core.scores import Scores
from fivesigma.evaluation.importance import ScoreOf
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.fitted_model import FittedModel, Point

__all__ = ["looked_at", "score_of"]


def looked_at(model: FittedModel, dataset: Dataset) -> tuple[str, ...]:
    """Return the inputs whose importance can be asked for: those of the model that are inputs of the dataset.

    None of a model that hands on a ready-made score: it looks at that alone.
    """
    trained = classifier(model.spec.use).trains_on != "nothing"
    if not trained and len(model.spec.inputs) == 1:
        return ()
    return tuple(name for name in model.spec.inputs if name in dataset.inputs)


def score_of(model: FittedModel, point: Point | None = None) -> ScoreOf:
    """Return a function that scores events with a model, of a parametrised one at a point of the signal grid.

    Every event is scored by the estimator of its own fold, whatever its inputs were replaced by: fold and ledger go by identifiers.

    Raises
    ------
    FivesigmaError
        If the model knows of no such point, when it is asked.
    """

    def score(dataset: Dataset) -> Scores:
        return model.score(dataset, point)

    return score
