"""A fully connected network that tells signal from background; many of them are trained at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import MissingExtraError

try:
    from fivesigma.learning.engine.estimator import DenseEstimator
    from fivesigma.learning.engine.losses import CrossEntropy, Loss
    from fivesigma.learning.engine.settings import Settings
except ImportError as error:
    raise MissingExtraError("PyTorch", "torch") from error

__all__ = ["Network"]


class Network(DenseEstimator):
    """A multilayer perceptron with weighted binary cross-entropy; parameters are `fivesigma.learning.engine.settings.Settings`.

    The checkpoint kept is the one with the lowest weighted loss on the validation part; training stops when that has not fallen for
    ``patience`` epochs.
    """

    takes_negative_weights: ClassVar[bool] = True
    trains_on: ClassVar[Literal["both"]] = "both"
    scores_log_odds: ClassVar[bool] = True
    loss: ClassVar[type[Loss]] = CrossEntropy
    defaults: ClassVar[Mapping[str, Any]] = {
        "hidden": (64, 64),
        "activation": "relu",
        "epochs": 40,
        "batch_size": 1024,
        "learning_rate": 4e-3,
        "optimiser": "adam",
        "momentum": 0.9,
        "weight_decay": 0.0,
        "schedule": "constant",
        "decay": 0.95,
        "dropout": 0.0,
        "patience": 6,
    }

    @classmethod
    def widths(cls, settings: Settings, inputs: int) -> tuple[int, ...]:
        """Return the inputs, the hidden layers and one output."""
        return (inputs, *settings.hidden, 1)

    def score(self, X: Matrix) -> Floats:
        """Return the logit, shape (n,), in double precision so that distinct events stay distinct."""
        return self.network(X)[:, 0].astype(np.float64)
