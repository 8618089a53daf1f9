"""What is often said of the same events, beside what the run says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fivesigma.core.format import number, significance
from fivesigma.report.mass_fits import mass_fits_of

__all__ = ["comparison_sentence"]

_OF_SCORES = {"template_fit", "counting", "limit_plane"}


def comparison_sentence(entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Return what is usually quoted of such a search, and why it is another number; empty if there is nothing to compare.

    Of scores it is the largest S/√B, read at the very cut and from the very events that make it largest; of mass fits √Δχ² of the
    weighted simulation; of a scan without labels how well its window is told from the sidebands.

    Parameters
    ----------
    entry
        The inference that answers for the run.
    results
        What ``results.json`` holds.
    """
    match entry["type"]:
        case "mass_fit":
            return _of_mass_fits(results)
        case "cwola_scan":
            return _of_scan(entry)
        case kind if kind in _OF_SCORES:
            return _of_scores(entry, results)
        case _:
            return ""


def _of_scores(entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    judged = results.get("judgement") or {}
    model = next((name for name in _scores_of(entry) if name in judged), None)
    merits = judged[model].get("figures_of_merit") or {} if model is not None else {}
    merit = merits.get("s_over_sqrt_b")
    if merit is None or merit.get("naive_value") is None:
        return ""
    asimov = merits.get("asimov_z") or {}
    honest = asimov.get("value")
    ours = (
        f"; a cut chosen on other events than it is read on, the background's uncertainty counted, has {significance(honest)}"
        if honest is not None
        else ""
    )
    return (
        f"Often quoted is the largest S/√B of “{model}”, {number(merit['naive_value'], 2)}, from the very events that chose the cut and"
        f" without an uncertainty of the background{ours}."
    )


def _scores_of(entry: Mapping[str, Any]) -> list[str]:
    named = entry.get("model") or entry.get("observable") or ""
    return [part.strip() for part in str(named).split("×")]


def _of_mass_fits(results: Mapping[str, Any]) -> str:
    fits = [fit for fit in mass_fits_of(results["inference"]).values() if fit["z_simulation"] is not None]
    if not fits:
        return ""
    fit = max(fits, key=lambda one: float(one["z_simulation"]))
    return (
        f"Often quoted is √Δχ² of the weighted simulation, up to {number(fit['z_simulation'], 2)} (in “{fit['stage']}”, where"
        f" {significance(fit['z'])} are expected of data): it grows with the number of simulated events, not with luminosity."
    )


def _of_scan(entry: Mapping[str, Any]) -> str:
    best = entry["best"]
    told = next((row["auc"] for row in entry["trained"] if best is not None and row["mass"] == best["mass"]), None)
    if told is None:
        return ""
    return (
        f"Often looked at is how well this window is told from its sidebands, an AUC of {number(told, 3)}: near one half, whether there"
        " is a signal or not, for few of the window's events are one."
    )
