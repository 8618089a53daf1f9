"""The signal that a fit of an observable would see in background alone, after a cut on the score has shaped it.

The background that is left, as expected at the analysis luminosity, is fitted with two templates: its own shape before the cut, and
the signal's shape after it. What the fit gives the signal is spurious. Resonance searches ask that it be small beside the error
that the data have anyway: less than a fifth of it in ATLAS's H → γγ (arXiv:1802.04146).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, table
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding
from fivesigma.core.scores import Scores
from fivesigma.evaluation.cut_histograms import CutHistograms, cut_histograms, observed_events
from fivesigma.evaluation.histograms import binning
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.evaluation.sculpting import Sculpting
from fivesigma.statistics.bootstrap import percentile_interval
from fivesigma.statistics.histograms import unit_sum
from fivesigma.statistics.two_templates import fit_two_templates

__all__ = [
    "ObservableSculpting",
    "SpuriousCut",
    "SpuriousFit",
    "SpuriousSignal",
    "sculpted",
    "spurious_signal",
]

_ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SpuriousFit:
    """What a fit gives to a signal that is not there.

    Attributes
    ----------
    events
        The fitted signal, in events in the fit's range, with the error that the simulation leaves.
    error
        The standard deviation that data at the luminosity would give it.
    ratio
        ``events`` over ``error``.
    """

    events: Estimate
    error: float
    ratio: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SpuriousCut:
    """What a fit sees after one cut.

    Attributes
    ----------
    efficiency
        The fraction of background that the cut is made to keep.
    background, signal
        Expected events in the fit's range after the cut.
    fit
        None where too few events are left to fit, in fewer than three bins, or the templates are one shape.
    """

    efficiency: float
    background: float
    signal: float
    fit: SpuriousFit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpuriousSignal:
    """The spurious signal of a model in an observable, for cuts from loose to tight."""

    model: str
    observable: str
    cuts: tuple[SpuriousCut, ...]

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            f"{cut.efficiency:.0%} of background kept": {
                "signal": cut.signal,
                "background": cut.background,
                "fitted in background": None if cut.fit is None else cut.fit.events,
                "in errors of the data's fit": None if cut.fit is None else cut.fit.ratio,
            }
            for cut in self.cuts
        }
        return table(rows, f"{self.model}, spurious signal in {self.observable}").html


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservableSculpting:
    """Both that is said of a model and an observable, for one figure: the shapes after cuts, and what a fit sees."""

    shapes: Sculpting
    spurious: SpuriousSignal


def spurious_signal(
    dataset: Dataset,
    scores: Scores,
    observable: str,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    efficiencies: Sequence[float] = (0.5, 0.1, 0.02),
    bins: int = 60,
    replicas: int = 200,
    seed: int = 0,
) -> SpuriousSignal:
    """Return the signal that a fit would see in background alone after cuts on the score.

    Bins are even over the bulk of background and signal, merged where a cut that shapes nothing would leave fewer than 10
    effective background events or, under negative weights, nothing positive: they are the same for all models. Events without a value (NaN) do not count.

    Parameters
    ----------
    dataset, scores
        The events, weighted to the luminosity of the analysis, and what the model says of each.
    observable
        The name of what is fitted.
    signal, background
        Names of samples; all of that kind if None.
    efficiencies
        Fractions of background that cuts keep, on the common scale the same in every fold.
    bins
        How many there are before any is merged.
    replicas, seed
        Of the bootstrap.

    Raises
    ------
    FivesigmaError
        If there is no such observable or sample, or an efficiency is not between 0 and 1.
    DataError
        If a class has no events with the observable, or its weights do not sum to something positive.
    """
    chosen, values, score = observed_events(dataset, scores, observable, signal, background)
    edges = _edges(values[~chosen.is_signal], values[chosen.is_signal], bins)
    wanted = tuple(sorted(efficiencies, reverse=True))
    group = np.where(chosen.is_signal, 1, 0)
    filled = cut_histograms(values, score, chosen.weight, group, edges, wanted, replicas=replicas, seed=seed)
    return SpuriousSignal(
        model=scores.model,
        observable=observable,
        cuts=tuple(_cut(efficiency, filled, place) for place, efficiency in enumerate(wanted, start=1)),
    )


def sculpted(results: Iterable[SpuriousSignal], *, warning: float = 0.2, serious: float = 1.0) -> tuple[Finding, ...]:
    """Return a finding for each model and observable whose spurious signal is too large beside the data's error.

    It is if the ratio lies beyond the limit, in size, whatever the simulation's error: by more than that of an interval which
    holds the truth for all cuts at once in 95 % of cases (Bonferroni). The cut for which it does so most is told.

    Parameters
    ----------
    results
        Of any models and observables.
    warning, serious
        Limits on the ratio.
    """
    return tuple(finding for result in results for finding in _findings(result, warning, serious))


def _findings(result: SpuriousSignal, warning: float, serious: float) -> Iterator[Finding]:
    sure = float(ndtri(1 - _ALPHA / (2 * max(len(result.cuts), 1))))
    judged = [
        (abs(cut.fit.ratio.value) - sure * cut.fit.ratio.error, cut.efficiency, cut.fit)
        for cut in result.cuts
        if cut.fit is not None
    ]
    least, efficiency, fit = max(judged, key=lambda cut: cut[0], default=(0.0, 1.0, None))
    if fit is None or least <= warning:
        return
    yield Finding(
        code="sculpted-background",
        severity="serious" if least > serious else "warning",
        subject=f"{result.model} and {result.observable}",
        message=f"a cut on the score of {result.model} that keeps {100 * efficiency:g} % of the background shapes it in"
        f" {result.observable}: a fit that takes its shape from before the cut sees {fit.events.value:.3g} signal events in"
        f" background alone, {fit.ratio.value:.2g} of the error that data would leave",
        evidence={
            "observable": result.observable,
            "efficiency": efficiency,
            "spurious_signal": fit.events.value,
            "error": fit.error,
            "ratio": fit.ratio.value,
            "ratio_low": fit.ratio.low,
            "ratio_high": fit.ratio.high,
        },
    )


def _cut(efficiency: float, filled: CutHistograms, place: int) -> SpuriousCut:
    of_background, of_signal = (float(filled.total[group, place].sum()) for group in (0, 1))
    starts = filled.bins_for(efficiency)
    # two templates fit any two bins, whatever is in them
    fit = _fit(filled, place, starts) if len(starts) > 2 and of_signal > 0 and of_background > 0 else None
    return SpuriousCut(efficiency=efficiency, background=of_background, signal=of_signal, fit=fit)


def _fit(filled: CutHistograms, place: int, starts: NDArray[np.int64]) -> SpuriousFit | None:
    # the events themselves, then their replicas
    sums = np.add.reduceat(np.concatenate([filled.total[None], filled.replicas]), starts, axis=-1)
    events, error = fit_two_templates(sums[:, 0, place], unit_sum(sums[:, 1, place]), unit_sum(sums[:, 0, 0]))
    ratio = events / error
    if not np.isfinite(ratio[0]):
        return None
    method = bootstrap_method(len(filled.replicas), "the same before and after the cut")
    return SpuriousFit(
        events=percentile_interval(float(events[0]), events[1:], method=method),
        error=float(error[0]),
        ratio=percentile_interval(float(ratio[0]), ratio[1:], method=method),
    )


def _edges(background: Floats, signal: Floats, bins: int) -> Floats:
    """Return edges over the bulk of the background, even ones over that of both classes where the signal sticks out."""
    edges, ends = binning(background, bins), binning(signal, bins)
    if ends[0] >= edges[0] and ends[-1] <= edges[-1]:
        return edges
    return np.linspace(min(edges[0], ends[0]), max(edges[-1], ends[-1]), bins + 1)
