"""Pseudo-experiments without a signal: masses from the smooth fit, features from a model of the background.

Permuting features among events of nearly the same mass is no null: a signal keeps both its mass and its features. Here nothing of a
resonance survives. Of *independent* features each pseudo-event takes those of an event of any mass. Of *conditional* ones it
takes the quantiles that an event of any mass has among events of its own mass, and from them the features at its new mass: they follow
the mass as those of the background do, smoothly, and what is common to a resonance is spread over all masses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.identity import derive_seed
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.options import NullFeatures
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
    """

    features: NullFeatures
    edges: Floats
    cumulative: Floats
    rows: Floats
    quantiles: ConditionalQuantiles | None

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
        """
        edges = np.geomspace(*spectrum.range, _FINE + 1)
        counts = _fine_counts(spectrum, fit, family, order, energy, edges)
        quantiles = ConditionalQuantiles.fit(X, mass) if features == "conditional" else None
        rows = np.asarray(X, dtype=np.float64) if quantiles is None else quantiles.quantile(X, mass)
        return cls(
            features=features,
            edges=edges,
            cumulative=np.concatenate([[0.0], np.cumsum(counts)]),
            rows=rows,
            quantiles=quantiles,
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
        X = rows if self.quantiles is None else self.quantiles.value(rows, mass)
        return mass, X.astype(np.float32)


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
