"""The expected limit on a counted signal against the cut on a score, and the cut where it is least, chosen where it can't flatter."""

from __future__ import annotations

from dataclasses import dataclass

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, band, facts
from fivesigma.core.errors import DataError
from fivesigma.core.scores import Scores
from fivesigma.evaluation.merits import Merit, expected_limit_merit
from fivesigma.inference.counting_scan import Method, counting_scan
from fivesigma.searches.working_point import chosen_cuts
from fivesigma.statistics.bands import Band, band_of

__all__ = ["WorkingPointCurve", "working_point_curve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPointCurve:
    """The expected limit on the signal strength against the cut on a model's score.

    Attributes
    ----------
    region, model
        What is counted where, and whose score is cut on.
    cuts
        Those that leave signal and background, shape (m,); what lies at and above each is counted.
    signal, background
        Expected events, shape (m,).
    background_effective
        Effective simulated background events, shape (m,).
    limit_expected
        Upper limits on μ at -2, -1, 0, +1, +2 σ of what background alone gives, asymptotic, shape (5, m).
    fold_cuts, cut
        The cut of each fold, chosen on the other folds, and their median.
    limit
        The same limits with each fold counted above its own cut: what to quote of the curve.
    limit_exact
        As ``limit`` by exact Poisson limits, as counting quotes it.
    naive_cut, naive_limit
        The best cut chosen and read on the same events, and the median limit there: biased.
    floor
        Effective background events that a cut had to leave where it was chosen; not the naive one.
    background_uncertainty
        Relative; the simulation's own error is added in quadrature.
    level
        Confidence level.
    method
        How the limits of the curve were made.
    """

    region: str
    model: str
    cuts: Floats
    signal: Floats
    background: Floats
    background_effective: Floats
    limit_expected: Floats
    fold_cuts: tuple[float, ...]
    cut: float
    limit: Band
    limit_exact: Band
    naive_cut: float
    naive_limit: float
    floor: float
    background_uncertainty: float
    level: float
    method: str

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {
            "cut": self.cut,
            "expected limit": band(self.limit),
            "the same, exact": band(self.limit_exact),
            "read where it was chosen": self.naive_limit,
        }
        return facts(f"{self.model}: the cut with the lowest limit", values).html


def working_point_curve(
    dataset: Dataset,
    scores: Scores,
    mask: Bools,
    *,
    background_uncertainty: float = 0.0,
    merit: Merit | None = None,
    floor: float = 10.0,
    level: float = 0.95,
    region: str = "",
) -> WorkingPointCurve:
    """Return the expected limit against the cut, and the cut that is best where it can't flatter.

    The cut of fold j is chosen on the other folds, their yields scaled by k / (k - 1), as for
    `fivesigma.searches.working_point.count_above_working_point`, which counts at the same cuts if given the same merit. Only simulation
    is looked at.

    Parameters
    ----------
    dataset, scores
        The events, and the model's out-of-fold score of each.
    mask
        The region, shape (n,).
    background_uncertainty
        Relative; the simulation's own error is added in quadrature.
    merit
        What chooses the cut; the expected limit if None.
    floor
        Effective background events that a cut must leave where it is chosen.
    level
        Confidence level of the limits.
    region
        The region's name, for messages.

    Raises
    ------
    DataError
        If no cut leaves enough background, or no signal is left where each fold's was chosen.
    """
    by_fold, best = chosen_cuts(
        dataset, scores, mask, merit or expected_limit_merit(background_uncertainty, level), floor=floor, region=region
    )
    everything = by_fold.all()
    there = everything.allowed(0.0) & (everything.signal > 0)
    yields, cuts = everything.at(there), by_fold.cuts[there]
    if best.signal <= 0 or best.naive_cut not in cuts:
        raise DataError(f"region {region!r}: above the cuts on {scores.model} that were chosen no signal is expected")
    scan = counting_scan(
        yields.signal,
        yields.background,
        background_uncertainty=background_uncertainty,
        background_events=yields.background_effective,
        method="asymptotic",
        level=level,
        region=region,
    )

    def band(method: Method) -> Band:
        read = counting_scan(
            best.signal,
            best.background,
            background_uncertainty=background_uncertainty,
            background_events=best.background_effective,
            method=method,
            level=level,
            region=region,
        )
        return band_of(read.limit_expected)

    return WorkingPointCurve(
        region=region,
        model=scores.model,
        cuts=cuts,
        signal=yields.signal,
        background=yields.background,
        background_effective=yields.background_effective,
        limit_expected=scan.limit_expected,
        fold_cuts=best.cuts,
        cut=best.cut,
        limit=band("asymptotic"),
        limit_exact=band("exact"),
        naive_cut=best.naive_cut,
        naive_limit=float(scan.limit_expected[2, cuts == best.naive_cut][0]),
        floor=floor,
        background_uncertainty=background_uncertainty,
        level=level,
        method=scan.method,
    )
