"""What the estimators of one fold learn from: its events, their training weights and their prepared inputs.

All of it comes of the events of other folds: the totals that weights are balanced by, the grid parameters that background events
bear, the steps of the preparation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, Matrix
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared
from fivesigma.learning.catalogue import make_classifier
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.preparation import Preparation, learn_preparation
from fivesigma.learning.training import Balance, equalising_factor, training_weight
from fivesigma.statistics.weighted import effective_events

__all__ = ["Columns", "FoldParts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which of the shared arrays' columns a model sees, and how their events are weighted.

    Attributes
    ----------
    inputs, parameters
        Columns of the shared inputs and of the shared grid parameters.
    equal
        Groups of samples, by their indices, that have equal totals of weight within their class.
    balance
        How the classes are balanced.
    """

    inputs: tuple[int, ...]
    parameters: tuple[int, ...]
    equal: tuple[tuple[int, ...], ...]
    balance: Balance


@dataclass(frozen=True, slots=True)
class FoldParts:
    """The parts to train on and to stop by, and what their inputs went through."""

    preparation: Preparation
    train: Part
    validation: Part

    @classmethod
    def of(cls, spec: ModelSpec, columns: Columns, fold: int, seed: int, shared: Shared) -> FoldParts:
        """Return the parts of a model's estimators for one fold."""
        untrained = make_classifier(spec.use, spec.parameters)
        ours = np.flatnonzero(shared["fold"] != fold)
        factor = equalising_factor(shared["weight"][ours], shared["sample"][ours], columns.equal)
        events = _Events(ours, shared["is_signal"][ours], shared["weight"][ours] * factor)
        X = _inputs(columns, events, derive_seed(seed, "parameters", fold), shared)
        parts = []
        for name, of_part in (("train", ~shared["validates"][ours]), ("validation", shared["validates"][ours])):
            chosen = _chosen(events, of_part, untrained.trains_on, spec.negative_weights == "drop")
            balance: Balance = "yields" if untrained.trains_on == "background" else columns.balance
            if balance == "halves":
                chosen = _halves(chosen, events.is_signal[chosen], derive_seed(seed, "halves", name, fold))
            is_signal = events.is_signal[chosen]
            weight = training_weight(events.weight[chosen], is_signal, balance=balance, negative=spec.negative_weights)
            parts.append(Part(X[chosen], is_signal, weight))
        train = parts[0]
        steps = untrained.prepares_with if spec.prepare is None else spec.prepare
        preparation = learn_preparation(
            steps, train.X, np.maximum(train.weight, 0.0), impute=not untrained.takes_missing
        )
        prepared = (Part(preparation(part.X), part.is_signal, part.weight) for part in parts)
        return cls(preparation, *prepared)

    @property
    def description(self) -> dict[str, float]:
        """How many events trained and validated, and how many the training weights leave of either class."""
        weight, is_signal = self.train.weight, self.train.is_signal
        effective = {
            f"effective {name} events": round(effective_events(weight[mine]))
            for name, mine in (("signal", is_signal), ("background", ~is_signal))
            if mine.any()
        }
        return {"training events": len(self.train.X), "validation events": len(self.validation.X), **effective}


@dataclass(frozen=True, slots=True)
class _Events:
    """The events of the other folds: their places in the shared arrays, classes, and weights before classes are balanced."""

    places: Ints
    is_signal: Bools
    weight: Floats


def _inputs(columns: Columns, events: _Events, seed: int, shared: Shared) -> Matrix:
    """Return what a model sees of events before preparation, with grid parameters if it is parametrised.

    A signal event has those of its point, a background event those of a signal event drawn by the weight it has in training, so
    that they tell nothing of the class.
    """
    X = np.ascontiguousarray(shared["X"][events.places][:, columns.inputs])
    if not columns.parameters:
        return X
    parameters = shared["parameters"][events.places][:, columns.parameters]
    counts = np.abs(events.weight[events.is_signal])
    drawn = np.random.default_rng(seed).choice(
        np.flatnonzero(events.is_signal), size=int((~events.is_signal).sum()), p=counts / counts.sum()
    )
    parameters[~events.is_signal] = parameters[drawn]
    return np.concatenate([X, parameters], axis=1)


def _chosen(events: _Events, of_part: Bools, trains_on: str, positive: bool) -> Ints:
    """Return the places of the events that a model uses."""
    used = of_part & (events.weight > 0 if positive else events.weight != 0)
    return np.flatnonzero(used & ~events.is_signal if trains_on == "background" else used)


def _halves(chosen: Ints, is_signal: Bools, seed: int) -> Any:
    """Return as many events of either class: all of the smaller, drawn ones of the larger."""
    random = np.random.default_rng(seed)
    fewest = min(int(is_signal.sum()), int((~is_signal).sum()))
    drawn = [random.choice(chosen[one], fewest, replace=False) for one in (is_signal, ~is_signal)]
    return np.sort(np.concatenate(drawn))
