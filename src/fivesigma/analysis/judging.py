"""What the features and the models are judged by, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from fivesigma.analysis.inference_names import fitted_in
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.evaluation.choice import HonestMaximum
from fivesigma.plots.style import numbers
from fivesigma.statistics.agreement import ChiSquare

__all__ = ["Classes", "classes", "fitted_observables", "in_doubt", "judged", "judged_by", "told"]


def judged_by(context: RunContext) -> list[Any]:
    """Return what every judgement depends on besides the events and the models, for the keys of its stages."""
    config = context.config
    return [
        context.shows_data,
        {name: region.model_dump() for name, region in config.regions.items()} if context.blind else None,
        config.features.titles,
        config.analysis.model_dump(),
        config.judgement.model_dump(),
        config.training.model_dump(),
    ]


class Classes(TypedDict):
    """The samples of either class, for what is said of the classification itself; yields count all samples of a kind."""

    signal: Sequence[str] | None
    background: Sequence[str] | None


def classes(config: Configuration) -> Classes:
    """Return the classes that a model is judged by: those it was trained on, of a grid one point; None stands for all."""
    return {"signal": config.judgement.signal or config.training.signal, "background": config.training.background}


def judged(config: Configuration, dataset: Dataset) -> tuple[Dataset, Bools]:
    """Return the dataset without the signals that are not judged by, and which of all events those are, shape (n,)."""
    if config.judgement.signal is None:
        return dataset, np.ones(len(dataset), dtype=np.bool_)
    others = [name for name in dataset.names("signal") if name not in config.judgement.signal]
    return dataset.without(*others), ~dataset.of(*others)


def fitted_observables(config: Configuration) -> set[str]:
    """Return what is fitted: observables and models' names."""
    return {name for inference in config.inference.values() for name in fitted_in(inference)}


def in_doubt(of_background: ChiSquare | None, with_signal: ChiSquare | None) -> ChiSquare | None:
    """Return the better of two agreements with data: whether there is a signal in them is not the simulation's fault."""
    found = [one for one in (of_background, with_signal) if one is not None]
    return max(found, key=lambda one: one.p_value, default=None)


def told(best: HonestMaximum | None) -> dict[str, Any] | None:
    """Return what ``results.json`` says of a maximum, the naive one beside it."""
    if best is None:
        return None
    return {
        "cut": best.cut,
        "keeps": best.direction,
        **{key: numbers(best.value)[key] for key in ("value", "low", "high")},
        "signal": best.signal,
        "background": best.background,
        "naive_cut": best.naive_cut,
        "naive_value": best.naive_value,
    }
