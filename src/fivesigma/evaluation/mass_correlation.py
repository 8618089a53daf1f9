"""How features follow a mass that is searched for bumps, and which of them follow it too much.

Trained on a window of mass against its sidebands, a classifier learns the mass from a feature that follows it, and its cut carves
a bump. A threshold on the linear correlation sorts out the worst; what it keeps may still depend on the mass in ways that are not
linear, which the distance correlation tells. `fivesigma.statistics.conditional_quantiles` keeps all features and takes their
dependence away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import require_length
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.evaluation.correlation import Correlations, without_nan
from fivesigma.evaluation.observable_dependence import InputCorrelations, dependences_on
from fivesigma.statistics.dependence import weighted_correlation

__all__ = ["MassCorrelations", "mass_correlations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MassCorrelations:
    """How features depend on a mass, and on each other.

    Attributes
    ----------
    inputs
        Pearson's, Spearman's and the distance correlation of each feature with the mass.
    matrix
        Pearson's coefficients of the features and, last, the mass.
    events
        How many events have a mass.
    threshold
        The size of Pearson's coefficient from which on a feature is not kept; None keeps all.
    """

    inputs: InputCorrelations
    matrix: Correlations
    events: int
    threshold: float | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """The features whose correlation is below the threshold in size; one that does not vary has none and is kept."""
        limit = self.threshold
        return tuple(
            name
            for name, dependence in self.inputs.dependences.items()
            if limit is None or dependence.pearson is None or abs(dependence.pearson.value) < limit
        )

    @property
    def dropped(self) -> tuple[str, ...]:
        """The other features."""
        return tuple(name for name in self.inputs.dependences if name not in self.kept)


def mass_correlations(
    X: ArrayLike,
    names: Sequence[str],
    mass: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    observable: str = "m_jj",
    threshold: float | None = None,
    replicas: int = 200,
    seed: int = 0,
) -> MassCorrelations:
    """Return how features depend on a mass, with intervals and with what independence would give.

    Parameters
    ----------
    X
        Features, shape (n, k); events that lack one (NaN) do not count for it.
    names
        Of the k features.
    mass
        Shape (n,).
    weight
        Shape (n,); all one if None.
    observable
        What the mass is called.
    threshold
        In (0, 1]: features correlated by as much, in size, are not among those kept. Which they are depends on the events; where a
        search looks at the same events, chosen are those of all masses together and without labels.
    replicas, seed
        Of the bootstrap; the draw and the permutations of the distance correlation have the same seed.

    Raises
    ------
    FivesigmaError
        If the threshold is not in (0, 1], or a name is given twice or is that of the mass.
    DataError
        If names and features are not equally many, no event has a mass, or weights do not sum to something positive.
    """
    features, masses = np.asarray(X, dtype=np.float64), np.asarray(mass, dtype=np.float64)
    weights = np.ones(len(masses)) if weight is None else np.asarray(weight, dtype=np.float64)
    require_length(len(masses), X=features, weight=weights)
    _require_names(names, features.shape[1], observable)
    if threshold is not None and not 0 < threshold <= 1:
        raise FivesigmaError(f"the threshold of a correlation lies above 0 and up to 1, not at {threshold:g}")
    there = ~np.isnan(masses)
    features, masses, weights = features[there], masses[there], weights[there]
    if not weights.sum() > 0:
        raise DataError(f"the weights of {len(weights)} events with {observable} sum to {weights.sum():g}")
    columns = dict(zip(names, features.T, strict=True))
    matrix = weighted_correlation(np.column_stack([features, masses]), weights)
    return MassCorrelations(
        inputs=InputCorrelations(
            observable=observable, dependences=dependences_on(masses, columns, weights, replicas=replicas, seed=seed)
        ),
        matrix=Correlations(name="all events", features=(*names, observable), matrix=without_nan(matrix)),
        events=len(masses),
        threshold=threshold,
    )


def _require_names(names: Sequence[str], features: int, observable: str) -> None:
    if len(names) != features:
        raise DataError(f"{len(names)} names are given for {features} features")
    everything = [*names, observable]
    if twice := sorted({name for name in everything if everything.count(name) > 1}):
        raise FivesigmaError(f"{', '.join(twice)} is the name of several features, or of a feature and the mass")
