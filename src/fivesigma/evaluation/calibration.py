"""Whether a model's raw score is the probability that it looks like: whether of the events scored 0.8, 80 % are signal.

A probability is one under some mixture of the classes. Models are trained on classes of equal total weight unless told otherwise,
so that is the mixture their scores are read under; with the mixture of the expected yields ("yields") every model so trained
is far off. No cut, fit or limit needs calibrated scores: any monotone map of a score makes the same ROC curve.

Under negative weights the fraction of signal in a bin may leave [0, 1], and its interval with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.binned_scores import Balance, BinnedScores, noise
from fivesigma.evaluation.classes import class_totals, label, require_classes
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.statistics.bootstrap import holding_value, percentile_interval, poisson_bootstrap
from fivesigma.statistics.weighted import effective_events, negative_fraction, weighted_efficiency, weighted_quantile

__all__ = ["Calibration", "CalibrationBin", "calibration", "calibration_curve"]

_REFLECTED = (
    "reflected about the value, for noise makes replicas larger than the value as it does the value than the truth, and widened"
    " to hold the value"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Events of similar score.

    Attributes
    ----------
    low, high
        The range of their scores.
    score
        Their mean score.
    fraction
        The fraction of signal among them.
    share
        The fraction of all events, by weight, that they are.
    effective
        Their effective number, (Σw)² / Σw².
    """

    low: float
    high: float
    score: float
    fraction: Estimate
    share: float
    effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a model's raw scores compare with the fractions of signal.

    Attributes
    ----------
    model
        Its name.
    balance
        The mixture of the classes: of "equal" total weight, or of their "yields".
    bins
        Of equal weight, as far as tied scores allow, by ascending score; bins whose weights do not sum to something positive,
        as negative ones may make it, are left out.
    calibration_error
        The expected calibration error, Σ share |score - fraction| over the bins: Guo et al., arXiv:1706.04599, eq. 3. It is never
        negative, so noise adds to it: where it is not well above the next number, nothing is known against the calibration, and
        its interval need not reach down to a true error of zero. Noise makes replicas larger than the value, so that the interval,
        reflected about it, lies low; it is widened to hold the value.
    calibration_error_of_noise
        What scores that are exactly calibrated would show on average with as many events.
    brier
        The Brier score, Σ w (score - is signal)² / Σ w: Brier, Monthly Weather Review 78 (1950) 1.
    negative_weight
        The fraction of Σ|w| with negative weights.
    """

    model: str
    balance: Balance
    bins: tuple[CalibrationBin, ...]
    calibration_error: Estimate
    calibration_error_of_noise: float
    brier: Estimate
    negative_weight: float


def calibration(
    dataset: Dataset,
    scores: Scores,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    bins: int = 10,
    balance: Balance = "equal",
    replicas: int = 200,
    seed: int = 0,
) -> Calibration | None:
    """Return how a model's raw scores compare with the fractions of signal; None if they can be no probabilities.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    signal, background
        Names of samples; all of that kind if None.
    bins
        How many.
    balance
        The mixture of the classes that the scores are read under.
    replicas, seed
        Of the bootstrap.

    Raises
    ------
    FivesigmaError
        If there is no such balance, or fewer than one bin.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, signal=signal, background=background)
    return calibration_curve(
        scores.raw[chosen.chosen],
        chosen.is_signal,
        chosen.weight,
        model=scores.model,
        bins=bins,
        balance=balance,
        replicas=replicas,
        seed=seed,
    )


def calibration_curve(
    score: Floats,
    is_signal: Bools,
    weight: Floats | None = None,
    *,
    model: str = "model",
    bins: int = 10,
    balance: Balance = "equal",
    replicas: int = 200,
    seed: int = 0,
) -> Calibration | None:
    """Return how scores, shape (n,), compare with the fractions of signal; None if any lies outside [0, 1], or all are the same.

    Parameters and errors are those of `calibration`; ``weight`` is one for each event if None.
    """
    weight = np.ones(len(score)) if weight is None else weight
    _require(is_signal, weight, score, bins, balance)
    if not (score.min() >= 0 and score.max() <= 1 and score.min() < score.max()):
        return None
    weight = _balanced(weight, is_signal, balance)
    edges = np.unique(weighted_quantile(score, np.arange(1, bins) / bins, weight))
    binned = BinnedScores.of(score, is_signal, weight, np.searchsorted(edges, score, side="left"), balance)
    central = binned.measure(np.ones((1, len(score)), dtype=np.uint8))[0]
    values = poisson_bootstrap(binned.measure, len(score), replicas=replicas, seed=seed)
    inside = [binned.place == number for number in range(binned.bins)]
    made = tuple(
        _bin(score[part], is_signal[part], weight[part], weight.sum()) for part in inside if weight[part].sum() > 0
    )
    return Calibration(
        model=model,
        balance=balance,
        bins=made,
        calibration_error=_reflected(float(central[0]), values[:, 0], replicas),
        calibration_error_of_noise=sum(noise(score[part], weight[part]) for part in inside) / float(weight.sum()),
        brier=percentile_interval(float(central[1]), values[:, 1], method=bootstrap_method(replicas)),
        negative_weight=negative_fraction(weight),
    )


def _require(is_signal: Bools, weight: Floats, score: Floats, bins: int, balance: str) -> None:
    require_classes(is_signal, weight, raw=score)
    if balance not in (known := ("equal", "yields")):
        raise FivesigmaError(f"no balance {balance!r}{suggestion(balance, known)}; there are: {', '.join(known)}")
    if bins < 1:
        raise FivesigmaError(f"scores are compared in one bin or more, not {bins}")


def _balanced(weight: Floats, is_signal: Bools, balance: Balance) -> Floats:
    if balance == "yields":
        return weight
    return weight / class_totals(is_signal, weight)


def _bin(score: Floats, is_signal: Bools, weight: Floats, total: float) -> CalibrationBin:
    return CalibrationBin(
        low=float(score.min()),
        high=float(score.max()),
        score=float(weight @ score / weight.sum()),
        fraction=weighted_efficiency(is_signal, weight),
        share=float(weight.sum() / total),
        effective=effective_events(weight),
    )


def _reflected(value: float, replicas: Floats, count: int) -> Estimate:
    """Return a value that noise biases upwards with its replicas' percentiles reflected about it, none below 0."""
    mirrored = np.maximum(2 * value - replicas, 0.0)
    return holding_value(percentile_interval(value, mirrored, method=bootstrap_method(count, _REFLECTED)))
