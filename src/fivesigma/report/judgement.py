"""Tables of the judgement that have a shape of their own: models against each other, inputs, and what cuts do to observables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.core.format import SPACE, number
from fivesigma.report.labels import column_label
from fivesigma.report.tables import Column, Table, rows_of
from fivesigma.report.traced import computed
from fivesigma.statistics.two_samples import LEAST_P_VALUE

__all__ = ["SHAPED", "comparison_tables", "importance_tables", "model_tables"]

_Sides = Mapping[str, Any]
"""For each model what is said of it."""


def model_tables(kind: str, sides: _Sides) -> Iterator[Table]:
    """Yield the tables of one of the `SHAPED` kinds of judgement of models; importances stand with the inputs."""
    there = {name: item for name, item in sides.items() if item}
    if there and kind in _TABLES:
        yield from _TABLES[kind](there)


def comparison_tables(comparison: Mapping[str, Any], aucs: Mapping[str, float]) -> Iterator[Table]:
    """Yield each model minus the one of the largest AUC, as their figure does, with the verdict where there is one.

    Parameters
    ----------
    comparison
        Quantity to its pairs, ``"A - B"`` to ``{difference, retrained, verdict, better}``.
    aucs
        The AUC of each model.
    """
    best = max(aucs, key=lambda name: aucs[name])
    groups = {
        column_label(quantity): {
            f"{other} − {best}": _difference(pair, turned=first == best)
            for name, pair in pairs.items()
            for first, _, second in (name.partition(" - "),)
            if best in (first, second)
            for other in (second if first == best else first,)
        }
        for quantity, pairs in comparison.items()
    }
    yield replace(
        rows_of(
            "Differences between models on the same events", {name: pairs for name, pairs in groups.items() if pairs}
        ),
        note=f"Each minus {best}, which has the largest AUC; results.json has all pairs. The intervals hold for all pairs together. A verdict"
        " stands only where one excludes zero: “better” where it still does for estimators trained on other events, too,"
        " “better as trained” where it does for these.",
    )


def importance_tables(inputs: Mapping[str, Any], importances: _Sides) -> Iterator[Table]:
    """Yield what each input does alone, and how much of its AUC each model owes to it.

    Parameters
    ----------
    inputs
        Input to ``{separation, auc, ...}``.
    importances
        Model to what it loses without an input, or without several, ``"A + B"``, together.
    """
    models = {name: drops for name, drops in importances.items() if drops}
    together = dict.fromkeys(name for drops in models.values() for name in drops if name not in inputs)
    observables = list(dict.fromkeys(name for item in inputs.values() for name in item["correlation_with"]))
    rows = {
        name: {
            "separation": item["separation"],
            "auc_alone": item["auc"],
            **{
                f"ρ of {observable} in background": _rank(item["correlation_with"][observable])
                for observable in observables
            },
            **_drops(name, models),
        }
        for name, item in inputs.items()
    }
    alone = dict.fromkeys(next(iter(rows.values())))
    groups = {name: {**alone, **_drops(name, models)} for name in together}
    table = rows_of(
        "Inputs", {"": rows} if not groups else {"Each by itself": rows, "Correlated ones together": groups}
    )
    own = [f"ρ{SPACE}with{SPACE}{name}" for name in observables] + list(models)
    yield replace(
        table,
        columns=(*table.columns[:3], *(Column(text=text) for text in own)),
        note="Separation: half the integral of (s − b)²/(s + b), 0 to 1. ρ: rank correlation in background."
        " Under each model: the AUC lost without the input, out of fold, its values those of other events. Inputs that stand in for each other lose little by themselves and much together.",
    )


def _rank(dependence: Mapping[str, Any]) -> float | None:
    if dependence["spearman"] is None:
        return None
    value = dependence["spearman"]["value"]
    return computed(round(value, 3), value)


def _drops(name: str, models: _Sides) -> dict[str, Any]:
    return {f"lost of {model}": drops.get(name) for model, drops in models.items()}


def _difference(pair: Mapping[str, Any], *, turned: bool) -> dict[str, Any]:
    verdict = f"{pair['better']} {pair['verdict']}" if pair["verdict"] else "none"
    differences = {name: _turned(pair[key]) if turned else pair[key] for name, key in _INTERVALS.items()}
    return {**differences, "verdict": verdict}


_INTERVALS = {"as_trained": "difference", "trained_on_other_events": "retrained"}


def _turned(estimate: Mapping[str, Any]) -> dict[str, Any]:
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    return {**estimate, "value": computed(-value, value), "low": -high, "high": -low}


def _improvement(sides: _Sides) -> Iterator[Table]:
    rows = {
        name: {
            "value": {key: item[key] for key in ("value", "low", "high")},
            "signal_efficiency": item["signal_efficiency"],
            "background_efficiency": item["background_efficiency"],
            "naive_value": item["naive_value"],
        }
        for name, item in sides.items()
    }
    yield replace(
        rows_of("Significance improvement", {"": rows}),
        note="The largest signal efficiency over root of background efficiency: the cut chosen on one half of the events, read on"
        " the other; naive: both on the same.",
    )


def _calibration(sides: _Sides) -> Iterator[Table]:
    yield replace(
        rows_of("Calibration of the raw scores", {"": sides}),
        note="Error: the mean distance of score and fraction of signal. Noise alone makes it as large as the column beside it says.",
    )


def _correlation(sides: _Sides) -> Iterator[Table]:
    observables = dict.fromkeys(name for item in sides.values() for name in item)
    groups = {
        observable: {
            name: {**item[observable], "distance": _distance(item[observable]["distance"])}
            for name, item in sides.items()
            if observable in item
        }
        for observable in observables
    }
    if groups:
        yield replace(
            rows_of("Score against observables, in background", groups),
            note="Linear and rank correlation; the distance correlation is 0 only for what is independent, and stands beside what 95 %"
            " of independent samples of that size stay below.",
        )


def _distance(found: Mapping[str, Any] | None) -> str | None:
    return None if found is None else f"{found['value']:.3f} ({found['independence']:.3f})"


def _overtraining(sides: _Sides) -> Iterator[Table]:
    rows = {
        name: {
            **{f"p_of_{kind}": _tested(item, f"p_{kind}") for kind in ("signal", "background")},
            "reading": item["reading"],
        }
        for name, item in sides.items()
    }
    yield replace(
        rows_of("Scores of training and of unseen events", {"": rows}),
        note="The probability of distributions as different, if they were one, times the number of estimators. Trees always show a"
        " difference; what is quoted and fitted is out of fold and not flattered by it.",
    )


def _tested(item: Mapping[str, Any], key: str) -> str:
    """Return the p-value of a class, a bound where an estimator's is as small as its test can tell."""
    smallest = min((one[key] for one in item.get("estimators", ())), default=1.0)
    return ("≤ " if smallest <= LEAST_P_VALUE + 1e-12 else "") + _p(item[key])


def _agreement(sides: _Sides) -> Iterator[Table]:
    rows = {
        name: {"chi2": item["value"], "ndf": item["ndf"], "p_value": _p(item["p_value"])}
        for name, item in sides.items()
    }
    yield replace(
        rows_of("Data against background, in the score", {"": rows}),
        note="With the statistical uncertainty of the simulation. Where there is a signal in the data, they do not agree.",
    )


def _p(value: float) -> str:
    """Return a p-value with two digits."""
    return number(value, 2)


def _sculpting(sides: _Sides) -> Iterator[Table]:
    observables = dict.fromkeys(name for item in sides.values() for name in item)
    groups = {
        observable: {
            name: {_kept(cut): found["spurious_over_error"] for cut, found in item[observable].items()}
            for name, item in sides.items()
            if observable in item
        }
        for observable in observables
    }
    if groups:
        yield replace(
            rows_of("Spurious signal over the error of the data", groups),
            note="What a fit would take for signal in background alone, if it took the background's shape from before the cut. Resonance"
            " searches ask for less than 0.2.",
        )


def _kept(cut: str) -> str:
    return f"keeps {100 * float(cut.rpartition(' ')[2]):g} %"


_TABLES: Mapping[str, Callable[[_Sides], Iterator[Table]]] = {
    "significance_improvement": _improvement,
    "overtraining": _overtraining,
    "agreement": _agreement,
    "calibration": _calibration,
    "correlation_with": _correlation,
    "sculpting": _sculpting,
}
SHAPED = frozenset({*_TABLES, "importance"})
"""The kinds of judgement of models whose tables are made here."""
