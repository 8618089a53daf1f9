"""Which events are in which region."""

from __future__ import annotations

import numpy as np

from fivesigma.analysis.schema import Configuration
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.expressions import Expression

__all__ = ["region_mask", "require_apart", "seen"]


def region_mask(config: Configuration, dataset: Dataset, region: str) -> Bools:
    """Return which events, shape (n,), are in a region."""
    select = config.regions[region].select
    if select is None:
        return np.ones(len(dataset), dtype=np.bool_)
    return Expression(select).mask(dataset.columns(), len(dataset))


def seen(config: Configuration, dataset: Dataset, *, blind: bool) -> Bools:
    """Return which events, shape (n,), lie where data can be held against simulation: while blind outside all signal regions."""
    there = np.full(len(dataset), bool(dataset.names("data")))
    if blind:
        for name, region in config.regions.items():
            if region.kind == "signal":
                there &= ~region_mask(config, dataset, name)
        there &= bool((there & dataset.background).any())
    return there


def require_apart(config: Configuration, dataset: Dataset) -> None:
    """Raise DataError if a control region reaches into a blind one: its data would have a hole that its simulation has not."""
    masks = {name: region_mask(config, dataset, name) for name in config.regions}
    for control, signal in ((c, s) for c in masks for s in masks):
        if (config.regions[control].kind, config.regions[signal].kind) != ("control", "signal"):
            continue
        if shared := int(np.count_nonzero(masks[control] & masks[signal] & ~dataset.data)):
            raise DataError(
                f"control region {control!r} shares {shared} simulated events with the signal region {signal!r}, whose data are"
                " blind: its own data would be incomplete; cut the signal region out of it"
            )
