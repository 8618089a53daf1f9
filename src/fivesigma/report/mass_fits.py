"""Fits of mass spectra, side by side, as the page and the command line print them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.core.format import number, significance
from fivesigma.report.cells import MISSING, Cell, cell, interval, measured_cell, told_as
from fivesigma.report.tables import Column, Group, Row, Table
from fivesigma.report.traced import origin

__all__ = ["mass_fit_tables", "mass_fits_of", "mass_fits_sentence"]


_MUCH_LESS = 0.8
_MOST_TOLD = 4  # stages in a sentence


def mass_fits_of(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return those of the inferences that are mass fits."""
    return {name: entry for name, entry in entries.items() if entry.get("type") == "mass_fit"}


def mass_fits_sentence(fits: Iterable[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Return in a sentence what is expected of each stage, and what is seen; ``titles`` say what figures call the mass."""
    stages = list(fits)
    shown = stages if len(stages) <= _MOST_TOLD else stages[: _MOST_TOLD - 1]
    told = [f"{significance(fit['z'])} {_stage(fit)}{_doubt(fit)}" for fit in shown]
    seen = [f"{significance(fit['z_observed'])} {_stage(fit)}" for fit in shown if fit["z_observed"] is not None]
    rest = f" ({len(stages) - len(shown)} more stages are in the table)" if len(shown) < len(stages) else ""
    mass = titles.get(stages[0]["observable"], stages[0]["observable"]).partition(" [")[0]
    sentence = f"fits of the {mass} spectrum expect {_listed(told)}{rest}"
    return f"{sentence}; observed are {_listed(seen)}." if seen else f"{sentence}."


def _stage(fit: Mapping[str, Any]) -> str:
    return {"before": "before cuts", "cuts": "after cuts"}.get(fit["stage"], f"in “{fit['stage']}”")


def _doubt(fit: Mapping[str, Any]) -> str:
    """Return what is left with the spurious signal that the simulation cannot rule out, where that is much less."""
    left = fit["z_with_spurious_signal"]
    return f" ({significance(left)} with the spurious signal)" if left < _MUCH_LESS * fit["z"] else ""


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def mass_fit_tables(fits: Mapping[str, Mapping[str, Any]], observed: str) -> Iterator[Table]:
    """Yield two tables with a row for each fit: what it says, and what it is made of; ``observed`` heads what was observed."""
    seen = any(fit["z_observed"] is not None for fit in fits.values())
    toys = any(fit["p_toys"] is not None for fit in fits.values())
    heads = ["Signal events", "χ²/ndf without signal", "with signal", "Expected significance"]
    heads += [observed] if seen else []
    heads += ["p by toys"] if toys else []
    heads += ["Spurious signal / σ", "Expected, with it as a nuisance", "Weighted simulation"]
    yield _table(
        "Mass fits",
        heads,
        [_row(fit, seen=seen, toys=toys) for fit in fits.values()],
        "Expected significances are for Poisson data at the luminosity, by Wilks' theorem with one degree of freedom. The spurious"
        " signal is what the fit finds in simulated background alone, its error that of the simulation; as a nuisance it takes from"
        " the expected significance what the simulation cannot rule out. The last column is √Δχ² of the weighted simulation itself:"
        " it grows with the number of simulated events, not with luminosity, and says nothing of data.",
    )
    yield _table(
        "What the mass fits are made of",
        [
            "Cut",
            "Background",
            "Expected signal",
            "Expected background",
            "Peak at",
            "Width",
            "Largest spurious signal / σ",
            "at",
        ],
        [_made_of(fit) for fit in fits.values()],
        "Expected events are those of the simulation in the range of the fit. Cuts are chosen on the other folds, for the events"
        " under the peak; the median is shown.",
    )


def _table(caption: str, heads: list[str], rows: list[Row], note: str) -> Table:
    columns = (Column(text="Stage", numeric=False), *(Column(text=head) for head in heads))
    return Table(caption=caption, columns=columns, groups=(Group(rows=tuple(rows)),), note=note)


def _row(fit: Mapping[str, Any], *, seen: bool, toys: bool) -> Row:
    cells = [interval(fit["signal_yield"])]
    cells += [_per_degree(fit["chi2_h0"], fit["ndf_h0"]), _per_degree(fit["chi2_h1"], fit["ndf_h0"] - 1)]
    cells += [cell(fit["z"], "z_expected")]
    cells += [cell(fit["z_observed"], "z_observed")] if seen else []
    cells += [cell(fit["p_toys"])] if toys else []
    spurious = fit["spurious_signal"]
    cells += [measured_cell(spurious["ratio"], spurious["ratio_error"])]
    cells += [cell(fit["z_with_spurious_signal"], "z_expected"), cell(fit["z_simulation"], "z_expected")]
    return Row(head=fit["stage"], cells=tuple(cells))


def _made_of(fit: Mapping[str, Any]) -> Row:
    background, spurious, peak = fit["background"], fit["spurious_signal"], fit["signal_shape"]
    above = fit["cut"]
    cut = MISSING if above is None else Cell(text=f"{fit['model']} > {number(above)}", origin=origin(above))
    family = background["family"].replace("_", " ")
    form = Cell(text=f"{family} {background['order']}", origin=origin(background["order"]))
    cells = [cut, form, cell(fit["signal"]), cell(fit["background_events"])]
    cells += [cell(peak["mean"]), cell(peak["width"])]
    cells += [told_as(number(spurious["largest_ratio"], 2), spurious["largest_ratio"]), cell(spurious["largest_at"])]
    return Row(head=fit["stage"], cells=tuple(cells))


def _per_degree(chi2: float, ndf: int) -> Cell:
    return replace(told_as(f"{number(chi2)}/{ndf}", chi2), exact=None)  # two numbers
