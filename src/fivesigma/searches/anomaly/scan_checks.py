"""What is odd about a scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special, stats

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.finding import Finding
from fivesigma.searches.anomaly.results import NullExperiments, SkippedWindow, WindowScan
from fivesigma.statistics.dependence import distance_correlation, weighted_correlation

__all__ = ["null_findings", "scan_findings"]

_FOLLOWS = 0.1
_BY_CHANCE = 4.0  # standard deviations of Pearson's coefficient of independent values
_BEYOND_INDEPENDENCE = 2.0  # times the distance correlation that independent values exceed in 5 %
_UNLIKELY = 0.01
_SHAPED = 1.5  # more than folds that teach each other bring, of which √2 is the most


def scan_findings(
    judged: Sequence[WindowScan],
    skipped: Sequence[SkippedWindow],
    mass: Floats,
    X: Matrix,
    features: Sequence[str],
) -> Iterator[Finding]:
    """Yield what is odd about the windows and features of a scan.

    Parameters
    ----------
    judged, skipped
        The windows.
    mass, X, features
        Masses, shape (n,), features as the classifier sees them, shape (n, k), and their names.
    """
    for one in skipped:
        yield Finding(
            code="window-skipped",
            severity="warning",
            subject=f"{one.window.mass:g} GeV",
            message=f"This window was not looked at: {one.reason}.",
        )
    for window in judged:
        for reason in window.unfitted:
            yield Finding(
                code="selection-not-fitted",
                severity="warning",
                subject=f"{window.window.mass:g} GeV",
                message=f"The events that a selection leaves could not be fitted, at efficiency {reason}.",
            )
    yield from _deficits(judged)
    yield from _following(mass, X, features)


def _deficits(judged: Sequence[WindowScan]) -> Iterator[Finding]:
    """Yield, for each selection, the deepest deficit if as many independent windows would hardly have one."""
    all_ = [(excess.efficiency, excess.z, window.window.mass) for window in judged for excess in window.excesses]
    for efficiency in dict.fromkeys(efficiency for efficiency, _, _ in all_):
        z, mass = min((z, mass) for of, z, mass in all_ if of == efficiency)
        p_value = float(-np.expm1(len(all_) * stats.norm.logsf(z)))
        if p_value < _UNLIKELY:
            yield Finding(
                code="deep-deficit",
                severity="warning",
                subject=f"{100 * efficiency:g} %",
                message=f"At {mass:g} GeV this selection leaves {-z:.1f} σ fewer events than the fit beside the window expects; as many independent"
                f" trials bring such a deficit with p = {p_value:.1g}. What makes deficits makes excesses, too: function and order, or a"
                " classifier that shapes the spectrum.",
                evidence={"mass": mass, "z": z, "p_value": p_value},
            )


def _following(mass: Floats, X: Matrix, features: Sequence[str]) -> Iterator[Finding]:
    for name, column in zip(features, X.T, strict=True):
        there = np.isfinite(column)
        pair = np.stack([column[there].astype(np.float64), mass[there]], axis=1)
        pearson = float(weighted_correlation(pair, np.ones(len(pair)))[0, 1])
        distance = distance_correlation(*pair.T)
        if distance is None:
            continue
        beyond = distance.value > max(_FOLLOWS, _BEYOND_INDEPENDENCE * distance.independence)
        if beyond or abs(pearson) > max(_FOLLOWS, _BY_CHANCE / np.sqrt(len(pair))):
            yield Finding(
                code="feature-follows-mass",
                severity="warning",
                subject=name,
                message=f"Its correlation with the mass is {pearson:+.2f}, its distance correlation {distance.value:.2f}: a classifier of window"
                " against sidebands can learn where the window is, and not what is in it.",
                evidence={"correlation": pearson, "distance_correlation": distance.value},
            )


def null_findings(experiments: Sequence[NullExperiments]) -> Iterator[Finding]:
    """Yield what is odd about scans of pseudo-experiments: too few, or of significances beyond those of as many normal ones."""
    for one in experiments:
        count = len(one.largest_z)
        if not np.any(one.largest_z >= one.observed):
            yield Finding(
                code="few-pseudo-experiments",
                severity="info",
                subject=f"{one.features} features",
                message=f"None of {count} pseudo-experiments reaches the excess that is seen, so that the global p-value is their number's,"
                f" 1/{count + 1}, and would be it for any larger excess; more would tell.",
                evidence={"experiments": count},
            )
        of_normal = np.power(special.erf(one.largest_absolute_z / np.sqrt(2)), one.trials)
        p_value = float(stats.kstest(of_normal, "uniform", alternative="less").pvalue)
        if p_value < _UNLIKELY:
            shaped = one.width is not None and one.width.low > _SHAPED
            scatter = "" if one.width is None else f"; all their local Z scatter by {one.width.value:.2f} and not by 1"
            why = (
                "selections shape the spectrum"
                if shaped
                else "what a fold teaches the estimators of others, these teach it in turn"
            )
            yield Finding(
                code="null-scan-fires",
                severity="serious" if shaped else "warning",
                subject=f"{one.features} features",
                message=f"Scans of pseudo-experiments without a signal find |Z| of {one.largest_absolute_z.mean():.1f} on average, where as"
                f" many independent normal ones bring {one.expected_absolute_z:.1f}{scatter}: {why}. Local p-values and Bonferroni's bound are too small; the global p-value knows, for it is taken from"
                " such scans.",
                evidence={
                    "p_value": p_value,
                    "mean_largest": float(one.largest_absolute_z.mean()),
                    **({} if one.width is None else {"width": one.width.value}),
                },
            )
