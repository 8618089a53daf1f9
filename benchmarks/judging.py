"""Judging: weighted ROC curves, areas and their intervals against scikit-learn's on the same arrays, in turns."""

import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as bare_curve
from table import print_row

from fivesigma.core.arrays import Bools, Floats
from fivesigma.evaluation.roc import auc, roc_curve
from fivesigma.evaluation.roc_points import roc_points

__all__ = ["compare_judgements"]

EVENTS, REPLICAS, REPEATS = 1_000_000, 200, 5


def compare_judgements() -> None:
    """Print times as ratios; stop if the areas differ."""
    score, is_signal, weight = simulated(EVENTS)
    compare_curves(score, is_signal, weight)
    compare_intervals(score, is_signal, weight)


def simulated(events: int) -> tuple[Floats, Bools, Floats]:
    """Return scores, classes and weights that differ; scores are hardly ever tied."""
    generator = np.random.default_rng(1)
    is_signal = generator.random(events) < 0.4
    return generator.normal(size=events) + is_signal, is_signal, generator.gamma(2.0, 0.5, events)


def compare_curves(score: Floats, is_signal: Bools, weight: Floats) -> None:
    """Print the ratio of curve and area, neither with intervals."""
    known = {"y_true": is_signal, "y_score": score, "sample_weight": weight}
    np.testing.assert_allclose(auc(score, is_signal, weight), roc_auc_score(**known), rtol=1e-9)
    sides = (
        lambda: (roc_points(score, is_signal, weight), auc(score, is_signal, weight)),
        lambda: (bare_curve(**known), roc_auc_score(**known)),
    )
    times = [[seconds(side) for side in sides] for _ in range(REPEATS)]
    mine, theirs = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    print_row("weighted ROC curve and AUC, 1M events", mine, theirs, against="scikit-learn's", unit="ms")


def compare_intervals(score: Floats, is_signal: Bools, weight: Floats) -> None:
    """Print the ratio of a curve with intervals from replicas to as many of scikit-learn's curves, of which one is timed."""
    mine = seconds(lambda: roc_curve(score, is_signal, weight, replicas=REPLICAS))
    one = seconds(lambda: bare_curve(is_signal, score, sample_weight=weight))
    count = REPLICAS + 1
    what, against = f"ROC, AUC, {REPLICAS} replicas, 1M events", f"{count} of scikit-learn's curves"
    print_row(what, mine * 1e3, one * count * 1e3, against=against, unit="ms")


def seconds(call: Callable[[], object]) -> float:
    """Return how much of a processor's time a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    compare_judgements()
