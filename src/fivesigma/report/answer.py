"""The run in a sentence or two, in which what is expected, observed, blind or pseudo-data is always called that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from fivesigma.core.format import SPACE, count, measured, number, significance
from fivesigma.report.anomaly import scan_sentence
from fivesigma.report.comparison import comparison_sentence
from fivesigma.report.limit_plane import plane_sentence
from fivesigma.report.limits import CONFIDENCE, LimitTexts, limit_texts
from fivesigma.report.mass_fits import mass_fits_of, mass_fits_sentence
from fivesigma.report.strength import strength_sentence

__all__ = ["Status", "answer", "has_pseudo_data", "headline", "setting", "status"]

Status: TypeAlias = Literal["observed", "pseudo-data", "blind", "expected"]
_HEADLINES = (
    ("limit_plane",),
    ("template_fit", "mass_fit", "strength_uncertainty", "cwola_scan"),
    ("counting",),
)
"""The types of inference that can answer for the run, the stronger first; of equals the first that the analyst declared."""


def headline(results: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return name and fields of the inference that answers for the run: the first of the strongest there are."""
    entries = results.get("inference") or {}
    for kinds in _HEADLINES:
        for name, entry in entries.items():
            if entry.get("type") in kinds:
                return name, entry
    return None


def status(results: Mapping[str, Any], config: Mapping[str, Any]) -> Status:
    """Say on what the run's observed numbers rest, if it has any."""
    found = headline(results)
    fields = found[1] if found else {}
    entries = [fields, *fields.get("points", ())]
    observed = fields.get("type") == "cwola_scan" or any(
        e.get(key) is not None for e in entries for key in ("observed", "limit_observed", "z_observed")
    )
    if observed:
        return "pseudo-data" if has_pseudo_data(results) else "observed"
    return "blind" if config.get("analysis", {}).get("blind") and _has_data(results) else "expected"


def _has_data(results: Mapping[str, Any]) -> bool:
    return any(sample.get("kind") == "data" for sample in results.get("samples", {}).values())


def has_pseudo_data(results: Mapping[str, Any]) -> bool:
    """Say whether the run's data are simulated events."""
    return any(sample.get("pseudo") for sample in results.get("samples", {}).values())


def setting(config: Mapping[str, Any]) -> str:
    """Return the integrated luminosity and the collision energy, as far as they are given: "10 fb⁻¹ at 13 TeV"."""
    analysis = config.get("analysis", {})
    luminosity, energy = analysis.get("luminosity"), analysis.get("energy")
    parts = [f"{number(luminosity, 4)}{SPACE}fb⁻¹"] if luminosity else []
    return " at ".join(parts + ([f"{number(energy, 4)}{SPACE}TeV"] if energy else []))


def answer(results: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Return what the run found: expected and observed exclusion and significance, or what there is instead.

    Limits over a grid speak, else the first fit or what uncertainties cost, else the first counting experiment, in the order in
    which the analyst declared them. Mass fits, which are stages of one search, speak together. Last stands what is usually quoted of
    such a search, from the same events.

    Parameters
    ----------
    results : Mapping
        What ``results.json`` holds.
    config : Mapping
        The resolved configuration, of which ``analysis`` is read.
    """
    found = headline(results)
    if found is None:
        return " ".join(filter(None, [_without_inference(results), _doubts(None, results)]))
    name, entry = found
    kind = status(results, config)
    if (told := _told(entry, results, config, pseudo=kind == "pseudo-data")) is not None:
        blind = "The signal region is blind." if kind == "blind" else ""
        compared = comparison_sentence(entry, results)
        return " ".join(filter(None, [blind, _opened(setting(config), told), compared, _doubts(name, results)]))
    sentences = [_yields(entry, kind)] if entry.get("type") == "counting" else []
    match kind:
        case "observed":
            sentences.insert(0, _observed(entry, setting(config)))
        case "pseudo-data":
            sentences.insert(0, _expected(entry, setting(config)))
            sentences.append(_pseudo(entry))
        case "blind":
            sentence = _expected(entry, setting(config))
            sentences.insert(0, "The signal region is blind: " + sentence[0].lower() + sentence[1:])
        case "expected":
            sentences.insert(0, _expected(entry, setting(config)))
            sentences.append(_why_not_observed(results))
    sentences += [comparison_sentence(entry, results), _doubts(name, results)]
    return " ".join(filter(None, sentences))


def _told(
    entry: Mapping[str, Any], results: Mapping[str, Any], config: Mapping[str, Any], *, pseudo: bool
) -> str | None:
    """Return what an inference says that is told in a sentence of its own."""
    titles = config.get("features", {}).get("titles") or {}
    match entry.get("type"):
        case "limit_plane":
            return plane_sentence(entry, pseudo=pseudo)
        case "mass_fit":
            return mass_fits_sentence(mass_fits_of(results["inference"]).values(), titles)
        case "strength_uncertainty":
            return strength_sentence(entry)
        case "cwola_scan":
            return scan_sentence(entry, pseudo=pseudo)
        case _:
            return None


def _one_sigma(limits: LimitTexts) -> str:
    return f"±1σ: {limits.band[1]}–{limits.band[3]}" if limits.band else ""


def _expected(entry: Mapping[str, Any], where: str) -> str:
    limits = limit_texts(entry)
    z = entry.get("z_expected")
    claims = (
        [f"to exclude signal strengths above {limits.median} ({CONFIDENCE}, expected; {_one_sigma(limits)})"]
        if limits.band
        else []
    )
    if z is not None:
        claims.append(f"to reach a discovery significance of {significance(z)} for the predicted signal")
    if not claims:
        return _opened(where, "this search has neither an expected limit nor an expected significance.")
    return _opened(where, f"this search expects {' and '.join(claims)}.")


def _observed(entry: Mapping[str, Any], where: str) -> str:
    limits = limit_texts(entry)
    z, z_expected = entry.get("z_observed"), entry.get("z_expected")
    compared = f"; {limits.median} expected, {_one_sigma(limits)}" if limits.band else ""
    claims = (
        [f"exclude signal strengths above {limits.observed} ({CONFIDENCE}, observed{compared})"]
        if limits.observed
        else []
    )
    if z is not None:
        against = f"; {significance(z_expected)} expected" if z_expected is not None else ""
        excess = f"a significance of {significance(z)}" if z > 0 else "no excess"
        claims.append(f"show {excess} (observed{against})")
    if not claims:
        return _expected(entry, where)
    return _opened(where, f"the data {' and '.join(claims)}.")


def _pseudo(entry: Mapping[str, Any]) -> str:
    limit, z = limit_texts(entry).observed, entry.get("z_observed")
    claims = [f"an observed limit of {limit}"] if limit else []
    if z is not None:
        claims.append(f"an observed significance of {significance(z)}" if z > 0 else "no excess")
    if not claims:
        return ""
    return f"Pseudo-data (simulated events, not collisions) give {' and '.join(claims)}."


def _yields(entry: Mapping[str, Any], kind: Status) -> str:
    signal, background, observed = entry.get("signal"), entry.get("background"), entry.get("observed")
    if signal is None or background is None:
        return ""
    region = f"In the region “{entry['region']}” " if entry.get("region") else ""
    what = " events of pseudo-data" if kind == "pseudo-data" else ""
    seen = f"; {count(observed)}{what} are observed" if observed is not None else ""
    events = f"{number(signal)} signal and {number(background)} background events are expected{seen}."
    return region + events


def _why_not_observed(results: Mapping[str, Any]) -> str:
    if _has_data(results):
        return "Observed values were not asked for."
    return "There are no data in this analysis: every number is expected."


def _doubts(name: str | None, results: Mapping[str, Any]) -> str:
    """Return what speaks against quoting the answer: serious findings that concern no other inference."""
    others = set(results.get("inference") or {}) - {name}
    found = results.get("findings") or ()
    codes = {f["code"] for f in found if f["severity"] == "serious" and f.get("subject") not in others}
    return f"It should not be quoted: see the serious findings ({', '.join(sorted(codes))})." if codes else ""


def _opened(where: str, clause: str) -> str:
    if not where:
        return clause[0].upper() + clause[1:]
    return f"{'With' if 'fb' in where else 'At'} {where}, {clause}"


def _without_inference(results: Mapping[str, Any]) -> str:
    text = "No limit or significance was asked of this run."
    models = {name: model for name, model in results.get("models", {}).items() if model.get("auc")}
    trained = {name: model for name, model in models.items() if model.get("auc_train")}
    aucs = {
        name: model["auc"] for name, model in (trained or models).items()
    }  # a score from elsewhere is no answer of ours
    if not aucs:
        return text
    best = max(aucs, key=lambda name: float(aucs[name]["value"]))
    value, low, high = (aucs[best].get(key) for key in ("value", "low", "high"))
    error = (high - low) / 2 if low is not None and high is not None else None
    said = [*(["out of fold"] if trained else []), *([f"the highest of {len(aucs)} models"] if len(aucs) > 1 else [])]
    how = f" ({'; '.join(said)})" if said else ""
    return f"{text} “{best}” tells signal from background with an AUC of {measured(value, error)}{how}."
