"""What the dense networks among the classifiers share: training, many at once, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from safetensors.numpy import load_file, save_file

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError
from fivesigma.learning.classifiers import Job, Part
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.dense_network import DenseNetwork
from fivesigma.learning.engine.devices import stack_size, training_device
from fivesigma.learning.engine.losses import Loss
from fivesigma.learning.engine.record import Record
from fivesigma.learning.engine.settings import Settings
from fivesigma.learning.engine.training import train

__all__ = ["DenseEstimator"]


class DenseEstimator:
    """A dense network: what differs between its kinds is the loss, the widths from its inputs on, and what a score is.

    Attributes
    ----------
    settings
        What it was asked to be; the parameters that the classifier was made with.
    network
        What was trained; there is none before.
    record
        How the losses went.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    suffix: ClassVar[str] = ".safetensors"
    prepares_with: ClassVar[tuple[str, ...]] = ("standard",)
    takes_missing: ClassVar[bool] = False
    defaults: ClassVar[Mapping[str, Any]]
    loss: ClassVar[type[Loss]]
    network: DenseNetwork

    def __init__(self, **parameters: Any) -> None:
        self.settings = Settings.of({**self.defaults, **parameters})
        self.record = Record()

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return cls.defaults

    @classmethod
    def stack_size(cls, parameters: Mapping[str, Any]) -> int:
        """Return how many of these parameters to train at once; it depends on the device and never on the number of workers."""
        settings = Settings.of({**cls.defaults, **parameters})
        return stack_size(training_device(), batch=8 * settings.batch_size * sum(cls.widths(settings, 1)))

    @classmethod
    def widths(cls, settings: Settings, inputs: int) -> tuple[int, ...]:
        """Return the widths of a network's layers from its inputs to its outputs."""
        raise NotImplementedError

    @classmethod
    def fit_together(cls, estimators: Sequence[Self], jobs: Sequence[Job]) -> None:
        """Train estimators, each for its own job; those of the same settings and inputs step together.

        Raises
        ------
        DataError
            If a part cannot be trained on, see `fivesigma.learning.engine.training.train`.
        FivesigmaError
            If a loss is no longer a number.
        """
        kinds = [(estimator.settings, job.train.X.shape[1]) for estimator, job in zip(estimators, jobs, strict=True)]
        for kind in dict.fromkeys(kinds):
            places = [place for place, its in enumerate(kinds) if its == kind]
            cls._fit_kind(*kind, [estimators[place] for place in places], [jobs[place] for place in places])

    @classmethod
    def _fit_kind(cls, settings: Settings, inputs: int, estimators: Sequence[Self], jobs: Sequence[Job]) -> None:
        architecture = Architecture(widths=cls.widths(settings, inputs), activation=settings.activation)
        trained = train(jobs, settings, architecture, cls.loss, training_device())
        for estimator, its in zip(estimators, trained, strict=True):
            estimator.network, estimator.record = its.network, its.record

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train; errors as for `fit_together`."""
        self.fit_together([self], [Job(train, validation, seed)])

    def score(self, X: Matrix) -> Floats:
        """Return one score per event, shape (n,), larger for signal."""
        raise NotImplementedError

    def describe(self) -> Mapping[str, Any]:
        """Return the layers as built, the number of parameters, how they were trained, and the epochs."""
        settings, record = self.settings, self.record
        epochs = {"epochs": len(record.training), "best epoch": record.best_epoch} if record.training else {}
        return {
            "layers": " → ".join(map(str, self.network.architecture.widths)),
            "activation": settings.activation,
            "parameters": self.network.architecture.parameters,
            "optimiser": settings.optimiser,
            "learning rate": f"{settings.learning_rate:g}, {settings.schedule.replace('_', '-')}",
            "batch size": settings.batch_size,
            "dropout": settings.dropout,
            "weight decay": settings.weight_decay,
            **epochs,
        }

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses per epoch on training and validation events; the former as training met them."""
        return {"training": list(self.record.training), "validation": list(self.record.validation)}

    def save(self, path: Path) -> None:
        """Write weights and biases as safetensors."""
        save_file(self.network.arrays(), path)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If the file holds other layers than the parameters say.
        """
        self = cls(**parameters)
        try:
            self.network = DenseNetwork.from_arrays(load_file(path), self.settings.activation)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from error
        found = self.network.architecture.widths
        if found != (expected := cls.widths(self.settings, found[0])):
            layers, of_parameters = (" → ".join(map(str, widths)) for widths in (found, expected))
            raise DataError(f"{path}: holds layers {layers}, the model's parameters say {of_parameters}")
        return self
