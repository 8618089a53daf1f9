"""How a scan is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from fivesigma.inference.mass.backgrounds import BackgroundFamily

__all__ = ["WEAK_TREES", "EfficiencyOf", "NullFeatures", "ScanOptions"]

WEAK_TREES: Mapping[str, Any] = MappingProxyType(
    {
        "learning_rate": 0.05,
        "max_iter": 100,
        "max_leaf_nodes": 15,
        "min_samples_leaf": 50,
        "max_bins": 63,
    }
)
"""Parameters of gradient-boosted trees where a per cent of one class makes the difference: slow, small and smooth."""

EfficiencyOf: TypeAlias = Literal["all", "sidebands"]
"""Whether a selection keeps a fraction of a fold's events of all masses, or of those in the sidebands of the window."""
NullFeatures: TypeAlias = Literal["conditional", "independent"]
"""Whether the features of pseudo-experiments follow the mass as those of the background do, or know nothing of it."""


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
    range
        Masses in GeV that are looked at and fitted.
    least_events
        A window or sideband with fewer events is skipped.
    mass_title
        What figures call the mass.
    seed
        Every consumer derives its own.
    """

    use: str = "hist_gradient_boosting"
    parameters: Mapping[str, Any] = field(default_factory=lambda: dict(WEAK_TREES))
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
    range: tuple[float, float]
    least_events: int = 200
    mass_title: str = "$m_{jj}$ [GeV]"
    seed: int = 42
