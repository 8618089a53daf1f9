"""What ``results.json`` says of the judgement."""

from __future__ import annotations

from typing import Any

from fivesigma.analysis.judging import told
from fivesigma.analysis.model_judgement import JudgedModel
from fivesigma.plots.style import numbers

__all__ = ["areas", "summary"]


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
    result = {
        "figures_of_merit": {merit.name: told(merit.best) for merit in judged.merits.figures},
        "background_rejection": rejections,
        "correlation_with": {name: numbers(c) for name, c in judged.observables.coefficients.items() if c is not None},
    }
    if judged.classification is not None:
        found = numbers(judged.classification)
        result["working_point"] = {
            key: found[key] for key in ("physics", "balanced", "signal", "background", "expected", "data", "data_total")
        }
    return result
