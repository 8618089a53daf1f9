"""A count above a cut beside a template fit of the whole score: what it gains to look at all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.scores import Scores
from fivesigma.inference.filling import templates
from fivesigma.inference.region_bins import Bins
from fivesigma.inference.systematics import MC_STATISTICS, STATISTICS
from fivesigma.inference.template_fit import TemplateFitResult
from fivesigma.inference.templates import Templates
from fivesigma.inference.varied_events import VariedEvents
from fivesigma.searches.classifier_systematics import StrengthRow
from fivesigma.searches.strength_changes import GROUPS
from fivesigma.searches.varied_scores import VariedScores
from fivesigma.statistics.quadrature import quadrature

__all__ = ["CountAndFit", "count_and_fit", "score_templates"]

_PARTS = (STATISTICS, *GROUPS, MC_STATISTICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountAndFit:
    """The expected uncertainty of the signal strength from a count at the best cut, and from a fit of the whole score.

    Attributes
    ----------
    model
        Name of the model.
    count, fit
        δμ of each for μ = 1, the statistics of the simulation included in both.
    gain
        ``count / fit``, above one where the fit is better.
    count_parts, fit_parts
        What statistics, the groups of systematics and the statistics of the simulation add in quadrature. The fit correlates its
        parameters, so that its parts do not add up to ``fit`` exactly.
    """

    model: str
    count: float
    fit: float
    gain: float
    count_parts: Mapping[str, float]
    fit_parts: Mapping[str, float]


def score_templates(
    dataset: Dataset,
    scores: Scores,
    mask: Bools | None = None,
    *,
    varied: Sequence[VariedScores] = (),
    bins: Bins = 10,
    floor: float = 10.0,
) -> Templates:
    """Return blind templates of a model's score in a region, those of all variations among them.

    Parameters
    ----------
    dataset, scores, mask, varied
        As for `fivesigma.searches.classifier_systematics.classifier_systematics`.
    bins, floor
        As for `fivesigma.inference.filling.templates`.
    """
    others = [
        VariedEvents(variation=one.variation, dataset=one.dataset, values=one.scores, regions={"all": one.events.mask})
        for one in varied
    ]
    return templates(
        dataset,
        scores,
        bins=bins,
        regions={"all": np.ones(len(dataset), dtype=np.bool_) if mask is None else mask},
        observed=False,
        floor=floor,
        weights=dataset.weights,
        varied=others,
    )


def count_and_fit(row: StrengthRow, fit: TemplateFitResult) -> CountAndFit:
    """Return a count at the best cut beside a fit of the whole score with the same systematics.

    Parameters
    ----------
    row
        The count.
    fit
        The fit, blind, so that its uncertainty is what is expected for μ = 1; see `score_templates`.

    Raises
    ------
    FivesigmaError
        If the fit was to data, or tells its systematics in other groups.
    """
    if fit.mu is not None:
        raise FivesigmaError(
            f"{row.model}: the fit is to data and the count is expected; fill templates with observed=False"
        )
    for group in fit.breakdown:
        if group not in _PARTS:
            raise FivesigmaError(f"{row.model}: the fit has a group {group!r}; the count has {', '.join(_PARTS)}")
    parts = {part: float(getattr(row, part)) for part in _PARTS}
    count = float(quadrature(row.total, row.mc_statistics))
    return CountAndFit(
        model=row.model,
        count=count,
        fit=fit.sigma_mu,
        gain=count / fit.sigma_mu,
        count_parts=parts,
        fit_parts={part: fit.breakdown.get(part, 0.0) for part in _PARTS},
    )
