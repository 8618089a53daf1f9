"""What every uncertainty costs on a signal strength that is counted above a cut in a model's score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, facts
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding, remarks
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import score_cuts
from fivesigma.evaluation.yields import FoldYields, yields_by_fold
from fivesigma.inference.strength_uncertainty import StrengthUncertainty
from fivesigma.inference.systematics import Systematic, check_systematics
from fivesigma.searches.strength_changes import StrengthChanges, require_groups, strength_changes
from fivesigma.searches.strength_checks import check_effects, check_noise, check_sides, check_unused
from fivesigma.searches.strength_choice import chosen_places, left_by, mc_statistics_of, read_at, uncertainty_of
from fivesigma.searches.varied_scores import ScoredEvents, VariedScores, check_scores, require_varied

__all__ = ["StrengthRow", "StrengthScan", "classifier_systematics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthRow:
    """The uncertainty of the signal strength at a model's best cut, and what it is made of.

    Attributes
    ----------
    model
        Name of the model.
    cut, cuts
        The median of the cuts that the folds chose, and each fold's.
    expected_signal, expected_background
        Events above them.
    statistics
        δμ from the number of events: √n / S.
    signal, background, luminosity, detector
        δμ from the systematics of each group, in quadrature.
    systematic, total
        These four in quadrature, and with the statistics.
    mc_statistics
        δμ from the number of simulated events, which is in neither: more simulation takes it away.
    background_effective
        Effective number of simulated background events above the cuts, (Σw)² / Σw².
    nuisances
        δμ from each systematic.
    nuisance_errors
        Of these, by the number of simulated events that cross the cut.
    seconds
        What the training of the model took; None if not told.
    """

    model: str
    cut: float
    cuts: tuple[float, ...]
    expected_signal: float
    expected_background: float
    statistics: float
    signal: float
    background: float
    luminosity: float
    detector: float
    systematic: float
    total: float
    mc_statistics: float
    background_effective: float
    nuisances: Mapping[str, float]
    nuisance_errors: Mapping[str, float]
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthScan:
    """The uncertainty of the signal strength against the cut on a model's score.

    Attributes
    ----------
    model
        Name of the model.
    cuts
        On the common scale, ascending, shape (m,): those above which signal and background are left.
    expected_signal, expected_background
        Events at and above each, shape (m,).
    uncertainty
        δμ and its parts, each of shape (m,).
    detector_error
        Error of its part ``detector``, by the number of simulated events that a shift carries over the cut, shape (m,).
    mc_statistics
        δμ from the number of simulated events, beside these, shape (m,).
    background_effective
        Effective number of simulated background events, shape (m,).
    floor
        How many of these a cut must leave to be chosen.
    best
        The row at the best cut.
    findings
        What a reader should know before believing all this.
    """

    model: str
    cuts: Floats
    expected_signal: Floats
    expected_background: Floats
    uncertainty: StrengthUncertainty
    detector_error: Floats
    mc_statistics: Floats
    background_effective: Floats
    floor: float
    best: StrengthRow
    findings: tuple[Finding, ...]

    def _repr_html_(self) -> str:
        best = self.best
        values: dict[str, Entry] = {
            "cut": best.cut,
            "signal": best.expected_signal,
            "background": best.expected_background,
            "δμ from statistics": best.statistics,
            **{f"δμ from {name}": part for name, part in best.nuisances.items()},
            "δμ in all": best.total,
            "of the simulation, besides": best.mc_statistics,
        }
        return facts(f"{self.model} at its best cut", values, notes=remarks(self.findings)).html


def classifier_systematics(
    dataset: Dataset,
    scores: Scores,
    mask: Bools | None = None,
    *,
    systematics: Sequence[Systematic],
    varied: Sequence[VariedScores] = (),
    floor: float = 10.0,
    cuts: Floats | None = None,
    seconds: float | None = None,
) -> StrengthScan:
    """Return what every uncertainty costs on the strength μ of n = μ S + B at each cut on a model's score, and at the best.

    A systematic at +1 σ moves signal and background, all samples together, and with them the strength that is measured, at μ = 1:
    δμ = abs(dS + dB) / S, by linear propagation. Systematics are independent of each other and add in quadrature, within their group
    and between groups; what is correlated is one systematic. The best cut has the smallest total δμ: that of fold j on the other
    folds, their yields scaled by k / (k - 1), and each fold is read with its own.

    Parameters
    ----------
    dataset, scores
        The events, and the model's out-of-fold score of each.
    mask
        The region, shape (n,); all events if None.
    systematics
        `Normalisation` and `ShapeSystematic` uncertainties, each of group "signal", "background", "luminosity" or "detector".
    varied
        Events and scores as the shape systematics make them, up and down; those that touch weights only are ``dataset.weights``.
    floor
        Effective background events that a cut must leave where it is chosen.
    cuts
        Ascending, shape (m,); `fivesigma.evaluation.choice.score_cuts` if None.
    seconds
        What the training of the model took, for the row.

    Raises
    ------
    FivesigmaError
        If a systematic is of no such group, lacks a variation, or names no sample there is.
    DataError
        If no cut leaves enough background in every fold, or variations are not of these events.
    """
    mask = np.ones(len(dataset), dtype=np.bool_) if mask is None else mask
    nominal = ScoredEvents(dataset, scores, mask & ~dataset.data)
    cuts = score_cuts() if cuts is None else cuts
    require_groups(systematics)
    check_systematics(systematics, nominal.samples)
    require_varied(nominal, varied)
    kept = nominal.mask
    yields = yields_by_fold(
        scores.value[kept], dataset.signal[kept], dataset.weight[kept], scores.fold[kept], folds=scores.folds, cuts=cuts
    )
    changes = strength_changes(nominal, systematics, varied, cuts)
    every = changes.of(np.ones(scores.folds, dtype=np.bool_))
    left = left_by(yields.all(), 0.0)
    shown = yields.all().at(left)
    best = _best(yields, changes, floor, scores.model, seconds)
    return StrengthScan(
        model=scores.model,
        cuts=cuts[left],
        expected_signal=shown.signal,
        expected_background=shown.background,
        uncertainty=uncertainty_of(shown, changes.by_group(every[:, left])),
        detector_error=changes.errors("detector")[left] / shown.signal,
        mc_statistics=mc_statistics_of(shown),
        background_effective=shown.background_effective,
        floor=floor,
        best=best,
        findings=(
            *check_scores(nominal, varied),
            *check_effects(changes, scores.model),
            *check_noise(systematics, best.nuisances, best.nuisance_errors, total=best.total, model=scores.model),
            *check_sides(nominal, systematics, varied, best.cuts, signal=best.expected_signal, total=best.total),
            *check_unused(nominal, systematics, varied),
        ),
    )


def _best(yields: FoldYields, changes: StrengthChanges, floor: float, model: str, seconds: float | None) -> StrengthRow:
    """Return the row at the cuts that each fold chose on the others."""
    places = chosen_places(yields, changes, floor, model)
    read = read_at(yields, places)
    if not left_by(read, 0.0)[0]:
        raise DataError(f"the cuts on {model} that were chosen on other folds leave no signal or no background")
    moved, errors = changes.at(places)
    parts = uncertainty_of(read, changes.by_group(moved))
    names = [systematic.name for systematic in changes.systematics]
    chosen = tuple(float(yields.cuts[place]) for place in places)
    return StrengthRow(
        model=model,
        cut=float(np.median(chosen)),
        cuts=chosen,
        expected_signal=float(read.signal[0]),
        expected_background=float(read.background[0]),
        statistics=float(parts.statistics[0]),
        signal=float(parts.signal[0]),
        background=float(parts.background[0]),
        luminosity=float(parts.luminosity[0]),
        detector=float(parts.detector[0]),
        systematic=float(parts.systematic[0]),
        total=float(parts.total[0]),
        mc_statistics=float(mc_statistics_of(read)[0]),
        background_effective=float(read.background_effective[0]),
        nuisances=dict(zip(names, (np.abs(moved[:, 0]) / read.signal[0]).tolist(), strict=True)),
        nuisance_errors=dict(zip(names, (errors[:, 0] / read.signal[0]).tolist(), strict=True)),
        seconds=seconds,
    )
