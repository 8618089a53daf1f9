"""How a scan is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from fivesigma.inference.mass.backgrounds import BackgroundFamily

__all__ = ["EfficiencyOf", "ScanOptions"]

EfficiencyOf: TypeAlias = Literal["all", "sidebands"]
"""Whether a selection keeps a fraction of a fold's events of all masses, or of those in the sidebands of the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How a scan is made.

    Attributes
    ----------
    use, parameters
        The classifier that is trained on window against sidebands, see `fivesigma.learning.catalogue`; one that learns background
        alone, as an autoencoder, is trained on all events instead, once for all windows.
    prepare
        Steps that inputs go through; the classifier's own if None.
    folds
        Every event is scored by estimators of the other folds.
    members
        Estimators per fold and window, of different seeds and validation events, whose scores are averaged.
    efficiencies
        Fractions that are selected.
    efficiency_of
        Of which events.
    decorrelate
        Replace each feature by its quantile among events of the same mass before training.
    family, order
        Of the background in the mass spectrum; the order by F-test outside the window if None.
    energy
        √s in GeV, for dijets.
    bins
        Of the spectrum, about.
    least_events
        A window or sideband with fewer events is skipped.
    seed
        Every consumer derives its own.
    """

    use: str = "hist_gradient_boosting"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prepare: tuple[str, ...] | None = None
    folds: int = 5
    members: int = 10
    efficiencies: tuple[float, ...] = (0.1, 0.01, 0.002)
    efficiency_of: EfficiencyOf = "all"
    decorrelate: bool = False
    family: BackgroundFamily = "dijet"
    order: int | None = None
    energy: float | None = 13_000.0
    bins: int = 40
    least_events: int = 200
    seed: int = 42
