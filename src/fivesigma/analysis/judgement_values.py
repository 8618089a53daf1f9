"""What ``results.json`` says of the judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fivesigma.analysis.judging import told
from fivesigma.analysis.model_judgement import JudgedModel
from fivesigma.evaluation.comparison import Comparison
from fivesigma.evaluation.significance_improvement import SignificanceImprovement
from fivesigma.evaluation.spurious_signal import ObservableSculpting
from fivesigma.plots.style import numbers

__all__ = ["areas", "compared", "summary"]


def areas(judged: JudgedModel) -> dict[str, Any]:
    """Return a model's areas under the ROC curve."""
    return {
        "auc": numbers(judged.roc.auc),
        "auc_train": None if judged.overtraining is None else numbers(judged.overtraining.auc_train),
        "auc_difference": None if judged.overtraining is None else numbers(judged.overtraining.difference),
    }


def summary(judged: JudgedModel) -> dict[str, Any]:
    """Return all else that is said of a model."""
    rejections = {
        f"signal efficiency {r.signal_efficiency:g}": numbers(r.rejection)
        for r in judged.roc.rejections
        if r.rejection is not None
    }
    return {
        "figures_of_merit": {merit.name: told(merit.best) for merit in judged.merits.figures},
        "significance_improvement": _improvement(judged.improvement),
        "background_rejection": rejections,
        "overtraining": _overtraining(judged),
        "agreement": numbers(judged.agreement),
        "calibration": _calibration(judged),
        "correlation_with": {
            name: {
                "pearson": numbers(dependence.pearson),
                "spearman": numbers(dependence.spearman),
                "distance": numbers(dependence.distance),
            }
            for name, dependence in judged.observables.dependences.items()
        },
        "sculpting": {both.shapes.observable: _sculpting(both) for both in judged.sculpting},
        "importance": _importance(judged),
        **_working_point(judged),
    }


def compared(comparison: Comparison) -> dict[str, Any]:
    """Return the difference of each pair of models in each quantity, and the verdict."""
    return {
        quantity.name: {
            f"{pair.first} - {pair.second}": {
                "difference": numbers(pair.estimate),
                "retrained": numbers(pair.retrained),
                "verdict": pair.verdict,
                "better": pair.better,
            }
            for pair in quantity.differences
        }
        for quantity in comparison.quantities
    }


def _improvement(found: SignificanceImprovement) -> dict[str, Any] | None:
    best = told(found.best)
    if best is None:
        return None
    kept = {
        "signal_efficiency": found.best_signal_efficiency,
        "background_efficiency": found.best_background_efficiency,
    }
    return (
        {key: best[key] for key in ("cut", "keeps", "value", "low", "high")}
        | kept
        | {"naive_value": best["naive_value"]}
    )


def _calibration(judged: JudgedModel) -> dict[str, Any] | None:
    found = judged.calibration
    if found is None:
        return None
    return {
        "calibration_error": numbers(found.calibration_error),
        "calibration_error_of_noise": found.calibration_error_of_noise,
        "brier": numbers(found.brier),
    }


def _sculpting(both: ObservableSculpting) -> dict[str, Any]:
    """Return for each cut, by the fraction of background that it keeps, what it does to the shape and what a fit sees of that."""
    fits = {cut.efficiency: cut.fit for cut in both.spurious.cuts}
    return {
        f"background efficiency {cut.efficiency:g}": {
            "divergence": numbers(cut.divergence),
            "divergence_by_chance": cut.by_chance,
            "spurious_signal": None if (fit := fits[cut.efficiency]) is None else numbers(fit.events),
            "error_of_data": None if fit is None else fit.error,
            "spurious_over_error": None if fit is None else numbers(fit.ratio),
        }
        for cut in both.shapes.cuts
    }


def _overtraining(judged: JudgedModel) -> dict[str, Any] | None:
    """Return whether scores of training and of unseen events are alike: in each class, in words, and of each estimator."""
    found = judged.overtraining
    if found is None:
        return None
    return {
        **{f"p_{overlay.name}": overlay.p_value for overlay in found.classes},
        "reading": found.reading,
        "meaning": found.meaning,
        "estimators": [
            {
                **{key: numbers(getattr(gap, key)) for key in ("auc_train", "auc_out_of_fold", "difference")},
                "p_signal": gap.signal.p_value,
                "p_background": gap.background.p_value,
            }
            for gap in found.estimators
        ],
    }


def _importance(judged: JudgedModel) -> dict[str, Any] | None:
    found = judged.importances
    if found is None:
        return None
    return {" + ".join(one.inputs): numbers(one.drop) for one in (*found.inputs, *found.groups)}


def _working_point(judged: JudgedModel) -> Mapping[str, Any]:
    if judged.classification is None:
        return {}
    found = numbers(judged.classification)
    return {"working_point": {key: entry for key, entry in found.items() if key not in ("model", "cuts")}}
