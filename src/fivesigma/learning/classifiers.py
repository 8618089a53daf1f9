"""What a classifier is to cross-fitting: the protocol that every adapter follows, and how a model is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

from fivesigma.core.arrays import Bools, Floats, Matrix

__all__ = ["Classifier", "Job", "ModelSpec", "NegativeWeights", "Part", "Range", "Stackable", "Tuning"]

NegativeWeights = Literal["absolute", "drop", "keep"]
"""What training makes of an event of negative weight: it counts with |w|, not at all, or as it is. Yields are never touched."""


@dataclass(frozen=True, slots=True)
class Part:
    """Events to train on or to validate with: prepared inputs (n, k), which are signal (n,), training weights (n,)."""

    X: Matrix
    is_signal: Bools
    weight: Floats


@dataclass(frozen=True, slots=True)
class Job:
    """One estimator's training: the part to train on, the part to stop and to choose a checkpoint by, and the seed."""

    train: Part
    validation: Part
    seed: int


class Classifier(Protocol):
    """What an adapter does. Parameters are those of the library, given as keywords to the constructor.

    Attributes
    ----------
    suffix
        Ends the name of the file that ``save`` writes and ``load`` reads.
    prepares_with
        Names of the steps (`fivesigma.learning.preparation.STEPS`) that its inputs go through if the user names none.
    takes_negative_weights
        Whether it can train with them.
    trains_on
        The events that it learns from: both classes, the background alone, or none (its scores come ready-made).
    """

    suffix: ClassVar[str]
    prepares_with: ClassVar[tuple[str, ...]]
    takes_negative_weights: ClassVar[bool]
    trains_on: ClassVar[Literal["both", "background", "nothing"]]

    @property
    def takes_missing(self) -> bool:
        """Whether, of these parameters, it makes something of a NaN itself; else what is missing is imputed before."""
        ...

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        ...

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train; the validation part is for stopping and for choosing a checkpoint."""
        ...

    def score(self, X: Matrix) -> Floats:
        """Return one score per event, shape (n,), larger for signal."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Return the model as it was really built: layers, parameters, trees, epochs."""
        ...

    def history(self) -> Mapping[str, list[float]]:
        """Return losses per epoch or iteration, by name; empty where there are none."""
        ...

    def save(self, path: Path) -> None:
        """Write the trained estimator in a format that loading executes nothing from."""
        ...

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote."""
        ...


@runtime_checkable
class Stackable(Protocol):
    """What a classifier has besides, of which many are trained at once faster than one after the other."""

    @classmethod
    def stack_size(cls, parameters: Mapping[str, Any]) -> int:
        """Return how many of these parameters to train at once; it depends on the device and never on the number of workers."""
        ...

    @classmethod
    def fit_together(cls, estimators: Sequence[Any], jobs: Sequence[Job]) -> None:
        """Train estimators of the same parameters, each for its own job, as its ``fit`` would to rounding."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Values of a parameter from ``low`` to ``high``, both among them; whole numbers if both are, even in the logarithm if asked."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Parameters that each fold seeks on its own training and validation parts, so that the scores quoted never saw the choice.

    Attributes
    ----------
    ranges
        Where each parameter is sought: in a range, or among choices.
    trials
        How many are tried at most.
    minutes
        After which no further one is begun; no limit if None.
    """

    ranges: Mapping[str, Range | tuple[Any, ...]]
    trials: int
    minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model to train.

    Attributes
    ----------
    name
        What figures call it.
    use
        The name of the classifier.
    inputs
        Names of the inputs it sees.
    parameters
        Of the classifier.
    prepare
        Names of the steps its inputs go through, see `fivesigma.learning.preparation`; the classifier's own if None.
    seeds
        How many are trained in each fold, from different seeds; their scores are averaged.
    negative_weights
        What training makes of negative weights.
    parametrised
        Names of the parameters of a signal grid that are inputs too: those of its point for a signal event, for a background
        event those of a signal event drawn at random (Baldi et al., arXiv:1601.07913).
    tune
        What is sought among, if anything is.
    """

    name: str
    use: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, Any]
    prepare: tuple[str, ...] | None = None
    seeds: int = 1
    negative_weights: NegativeWeights = "absolute"
    parametrised: tuple[str, ...] = ()
    tune: Tuning | None = None
