"""Pseudo-experiments without a signal: masses from the smooth fit, features from a model of the background.

Permuting features among events of nearly the same mass is no null: a signal keeps both its mass and its features. Here nothing of a
resonance survives. Of *independent* features each pseudo-event takes those of an event of any mass. Of *conditional* ones it
takes the quantiles that an event of any mass has among events of its own mass, and from them the features at its new mass: they follow
the mass as those of the background do, smoothly. What a signal's events have in common is thereby spread over all masses, but those
that come near its mass get its very features again: a bump, broad and flat, stays of a strong one. So events of a window where a signal may
be are best left out.

Where many events have one value, each gets a place of its own on that value's step (L. Rüschendorf, J. Stat. Plan. Inference 139
(2009) 3921), so that a share that changes with the mass does so in what is drawn; a missing value is such a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError
from fivesigma.core.identity import derive_seed
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.options import NullFeatures, ScanOptions
from fivesigma.searches.anomaly.results import AnomalyScan
from fivesigma.searches.anomaly.scan import ScanEvents
from fivesigma.searches.anomaly.windows import MassWindow
from fivesigma.statistics.conditional_quantiles import ConditionalQuantiles

__all__ = ["BackgroundModel"]

_FINE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundModel:
    """What pseudo-experiments are drawn from.

    Attributes
    ----------
    features
        Whether features follow the mass, or know nothing of it.
    edges, cumulative
        Of fine bins of the mass, in GeV, and the number of events expected below each, shape (m,).
    rows
        What features are drawn from, shape (n, k): the features, or their quantiles among events of the same mass.
    quantiles
        From these to features; None if they are independent of the mass.
    floor
        Below it a value stands for a missing one, shape (k,).
    """

    features: NullFeatures
    edges: Floats
    cumulative: Floats
    rows: Floats
    quantiles: ConditionalQuantiles | None
    floor: Floats

    @classmethod
    def of(
        cls,
        mass: Floats,
        X: Matrix,
        *,
        spectrum: Spectrum,
        fit: SpectrumFit,
        family: BackgroundFamily,
        order: int,
        energy: float | None,
        features: NullFeatures,
        without: MassWindow | None = None,
    ) -> Self:
        """Return the model of the background in events.

        Parameters
        ----------
        mass, X
            Masses in GeV, shape (n,), in the range of the spectrum, and features, shape (n, k).
        spectrum, fit, family, order, energy
            Their spectrum before any selection, the smooth fit of it, and what was fitted.
        features
            Whether features follow the mass.
        without
            Where a signal may be: features are not drawn from the events in this window, and how they follow the mass is interpolated.

        Raises
        ------
        DataError
            If there are no events, or features shall follow the mass and one is infinite, or fewer than 100 events have it.
        """
        edges = np.geomspace(*spectrum.range, _FINE + 1)
        counts = _fine_counts(spectrum, fit, family, order, energy, edges)
        if without is not None:
            outside = ~without.inside(mass)
            mass, X = mass[outside], X[outside]
        if not len(X):
            raise DataError("there are no events to draw features from")
        rows, quantiles, floor = np.asarray(X, dtype=np.float64), None, np.full(X.shape[1], -np.inf)
        if features == "conditional":
            filled, floor = _filled(rows)
            quantiles = ConditionalQuantiles.fit(filled, mass)
            rows = _places(quantiles, filled, mass)
        return cls(
            features=features,
            edges=edges,
            cumulative=np.concatenate([[0.0], np.cumsum(counts)]),
            rows=rows,
            quantiles=quantiles,
            floor=floor,
        )

    @classmethod
    def of_scan(cls, scan: AnomalyScan, events: ScanEvents, options: ScanOptions, *, features: NullFeatures) -> Self:
        """Return the model of the background in a scan's events, their features taken from outside its best window.

        Raises
        ------
        DataError
            As `of` does.
        """
        best = scan.best_window
        return cls.of(
            events.mass,
            events.given,
            spectrum=scan.spectrum,
            fit=scan.fit,
            family=scan.family,
            order=scan.order,
            energy=options.energy,
            features=features,
            without=None if best is None else best.window,
        )

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is large in it."""
        return {"rows": self.rows}

    def draw(self, seed: int) -> tuple[Floats, Matrix]:
        """Return the masses, shape (N,), in no order, and the features, shape (N, k), of one pseudo-experiment; N is Poisson."""
        random = np.random.default_rng(derive_seed(seed, "pseudo-experiment", self.features))
        total = float(self.cumulative[-1])
        mass = np.interp(random.uniform(0, total, random.poisson(total)), self.cumulative, self.edges)
        rows = self.rows[random.integers(0, len(self.rows), len(mass))]
        if self.quantiles is None:
            return mass, rows.astype(np.float32)
        X = self.quantiles.value(rows, mass)
        return mass, np.where(self.floor > X, np.nan, X).astype(np.float32)


def _filled(X: Floats) -> tuple[Floats, Floats]:
    """Return features with a number far below all others for a missing value, shape (n, k), and where "far below" begins, (k,)."""
    missing = np.isnan(X)
    # fmin and fmax pass over what is missing; of nothing at all they leave it missing
    lowest, highest = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    reach = np.maximum(highest - lowest, 1.0)
    floor = np.where(missing.any(axis=0) & np.isfinite(reach), lowest - reach, -np.inf)
    return np.where(missing, lowest - 2 * reach, X), floor


def _places(quantiles: ConditionalQuantiles, X: Floats, mass: Floats) -> Floats:
    """Return quantiles among events of the same mass, shape (n, k): of one of many equal values, anywhere on their step."""
    below, up_to = (quantiles.quantile(np.nextafter(X, side), mass) for side in (-np.inf, np.inf))
    chance = np.random.default_rng(derive_seed(0, "places on steps")).uniform(size=X.shape)
    return np.clip(below + (up_to - below) * chance, 0.0, 1.0)


def _fine_counts(
    spectrum: Spectrum,
    fit: SpectrumFit,
    family: BackgroundFamily,
    order: int,
    energy: float | None,
    edges: Floats,
) -> Floats:
    """Return the fitted events in fine bins: the function of the fit, whose shape does not depend on its bins."""
    coarse = BinnedBackground.of(family, order, spectrum.edges, energy=energy)
    fine = BinnedBackground.of(family, order, edges, energy=energy)
    own = coarse.transform @ fit.values[: coarse.count]
    values: Floats = np.asarray(np.linalg.solve(fine.transform, own))
    counts, _ = fine.expected(values)
    return np.maximum(counts, 0.0)
