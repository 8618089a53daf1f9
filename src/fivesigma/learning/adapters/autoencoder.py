"""An autoencoder: a network that learns to give back background events, and does so badly with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import MissingExtraError

try:
    from fivesigma.learning.engine.estimator import DenseEstimator
    from fivesigma.learning.engine.losses import Loss, SquaredError
    from fivesigma.learning.engine.settings import Settings
except ImportError as error:
    raise MissingExtraError("PyTorch", "torch") from error

__all__ = ["Autoencoder"]


class Autoencoder(DenseEstimator):
    """A dense autoencoder with weighted squared error; parameters are `fivesigma.learning.engine.settings.Settings`.

    ``hidden`` are the widths down to the code; from there the same widths lead back to the inputs. What is far from all that it
    trained on comes back changed (Heimel et al., arXiv:1808.08979; Farina et al., arXiv:1808.08992).
    """

    takes_negative_weights: ClassVar[bool] = False
    trains_on: ClassVar[Literal["background"]] = "background"
    loss: ClassVar[type[Loss]] = SquaredError
    defaults: ClassVar[Mapping[str, Any]] = {
        "hidden": (128, 64, 36, 18, 8),
        "activation": "relu",
        "epochs": 40,
        "batch_size": 1024,
        "learning_rate": 1e-3,
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
        """Return the inputs, the layers to the code and back, and the inputs."""
        return (inputs, *settings.hidden, *settings.hidden[-2::-1], inputs)

    def score(self, X: Matrix) -> Floats:
        """Return the squared difference of inputs and outputs, mean over the inputs, shape (n,)."""
        difference = self.network(X).astype(np.float64) - X
        return np.asarray(np.mean(difference**2, axis=1))
