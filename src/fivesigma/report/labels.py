"""What the fields of ``results.json`` are called in print, and in which unit each is read."""

from __future__ import annotations

from collections.abc import Callable

from fivesigma.core.format import count, duration, number, percent, significance

__all__ = ["column_label", "is_plain", "quantity", "row_label"]

_KNOWN = {
    "ams": "AMS",
    "ams2": "AMS",
    "asimov_z": "Asimov Z",
    "asimov_z_without_cut": "Asimov Z without a cut",
    "as_trained": "As trained",
    "auc": "AUC, out of fold",
    "auc_alone": "AUC alone",
    "auc_difference": "Training − out of fold",
    "auc_train": "AUC, training events",
    "background": "Background",
    "background_uncertainty": "Background uncertainty",
    "best": "Best",
    "brier": "Brier score",
    "calibration_error": "Error",
    "calibration_error_of_noise": "Error of noise",
    "breakdown": "Contributions to σ(μ)",
    "background_rejection": "Background rejection",
    "chi2": "χ²",
    "cut": "Cut",
    "cuts": "Cut of each fold",
    "effective_events": "Effective events",
    "events": "Raw events",
    "figures_of_merit": "Figures of merit",
    "goodness_of_fit": "Goodness of fit, p-value",
    "kind": "Kind",
    "level": "Confidence level",
    "limit_expected": "Expected limit on μ, 95 % CL",
    "limit_observed": "Observed limit on μ, 95 % CL",
    "model": "Model",
    "mu": "Fitted signal strength μ",
    "ndf": "Degrees of freedom",
    "negative_weight_fraction": "Negative weights",
    "naive_value": "Naive",
    "observed": "Observed events",
    "p_of_background": "p, background",
    "p_of_signal": "p, signal",
    "p_value": "p-value",
    "pearson": "Linear",
    "purity": "S/(S + B)",
    "report": "Classification at the working point",
    "s_over_b": "S/B",
    "s_over_sqrt_b": "S/√B",
    "seconds": "Time",
    "significance_improvement": "Significance improvement",
    "spearman": "Rank",
    "sigma_mu": "Uncertainty of μ",
    "single_cuts": "The best cut on a single input",
    "distance": "Distance (independent)",
    "sum_of_weights": "Sum of weights",
    "use": "Kind of model",
    "yield": "Yield",
    "z_asimov": "Asimov Z",
    "z_expected": "Expected significance",
    "z_observed": "Observed significance",
}
_REGULATED = {"ams_yields_": "AMS of yields, regulator ", "ams_rates_": "AMS of rates, regulator "}
_COLUMNS = {
    "asimov_z_cut": "Keeping",
    "data_total": "Data without the cut",
    "expected": "Signal and background",
    "s_over_b_cut": "Keeping",
}
"""What is our name only at the head of a column, where no name of the user's can stand."""
_ACRONYMS = {
    "auc": "AUC",
    "ams": "AMS",
    "sic": "SIC",
    "roc": "ROC",
    "cpu": "CPU",
    "mc": "MC",
    "ks": "KS",
    "pt": "pT",
    "sha256": "SHA-256",
}


def row_label(key: str) -> str:
    """Return the printed name of a field we know; any other name is somebody's own and stays as it is."""
    for start, text in _REGULATED.items():
        if key.startswith(start):
            return text + key.removeprefix(start)
    return _KNOWN.get(key, key)


def column_label(key: str) -> str:
    """Return the printed name of a field: ours where we know it, else its words."""
    if (known := _COLUMNS.get(key, row_label(key))) != key:
        return known
    first, *others = (_ACRONYMS.get(word, word) for word in key.split("_"))
    return " ".join([first if first in _ACRONYMS.values() else first[:1].upper() + first[1:], *others])


def quantity(key: str, value: float) -> str:
    """Return a number in the unit its field is read in: significances in σ, fractions in per cent, times in words."""
    return _reader(key)(value)


def is_plain(key: str) -> bool:
    """Say whether a field is read as a bare number."""
    return _reader(key) is _four_digits


def _reader(key: str) -> Callable[[float], str]:
    if key.startswith("z_") or key in ("z", "significance"):
        return significance
    if key == "seconds" or key.endswith("_seconds"):
        return duration
    if key == "level" or key.endswith(("fraction", "efficiency", "background_uncertainty")):
        return percent
    if key in ("signal", "background"):
        return _three_digits  # yields of a column span orders of magnitude: no common decimals
    return count if key in ("events", "observed", "parameters", "trees") else _four_digits


def _three_digits(value: float) -> str:
    return number(value, 3)


def _four_digits(value: float) -> str:
    return number(value, 4)
