"""Fits of mass spectra, side by side, as the page and the command line print them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fivesigma.report.cells import MISSING, Cell, cell, interval
from fivesigma.report.format import number, significance
from fivesigma.report.tables import Column, Group, Row, Table

__all__ = ["mass_fit_table", "mass_fits_of", "mass_fits_sentence"]


def mass_fits_of(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return those of the inferences that are mass fits."""
    return {name: entry for name, entry in entries.items() if entry.get("type") == "mass_fit"}


def mass_fits_sentence(fits: Iterable[Mapping[str, Any]]) -> str:
    """Return in a sentence what is expected of each stage, and what is seen."""
    told = [f"{significance(fit['z'])} {_stage(fit)}" for fit in fits if fit["z"] is not None]
    seen = [f"{significance(fit['z_observed'])} {_stage(fit)}" for fit in fits if fit["z_observed"] is not None]
    observable = next((fit["observable"] for fit in fits), "the mass")
    sentence = f"fits of the {observable} spectrum expect {_listed(told)}"
    return f"{sentence}; observed are {_listed(seen)}." if seen else f"{sentence}."


def _stage(fit: Mapping[str, Any]) -> str:
    return {"before": "before cuts", "cuts": "after cuts"}.get(fit["stage"], f"at “{fit['stage']}”")


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "nothing"


def mass_fit_table(fits: Mapping[str, Mapping[str, Any]], observed: str) -> Table:
    """Return one row a fit; ``observed`` heads what was observed."""
    seen = any(fit["z_observed"] is not None for fit in fits.values())
    heads = ["Background", "Signal events", "χ²/ndf without signal", "with signal", "Expected significance"]
    heads += [observed] if seen else []
    heads += ["Spurious signal / σ", "Expected, spurious signal in", "Weighted simulation"]
    return Table(
        caption="Mass fits",
        columns=(
            Column(text="Stage", numeric=False),
            *(Column(text=head, numeric=place > 0) for place, head in enumerate(heads)),
        ),
        groups=(Group(rows=tuple(_row(name, fit, seen=seen) for name, fit in fits.items())),),
        note="Expected significances are for Poisson data at the luminosity, by Wilks' theorem with one degree of freedom. The last"
        " column is √Δχ² of the weighted simulation itself: it grows with the number of simulated events, not with luminosity, and"
        " says nothing of data.",
    )


def _row(name: str, fit: Mapping[str, Any], *, seen: bool) -> Row:
    background = fit["background"]
    cells = [
        Cell(text=f"{background['family'].replace('_', ' ')}, order {background['order']}"),
        interval(fit["signal_yield"]),
    ]
    cells += [_per_degree(fit["chi2_h0"], fit["ndf_h0"]), _per_degree(fit["chi2_h1"], fit["ndf_h0"] - 1)]
    cells += [cell(fit["z"], "z_expected")]
    cells += [cell(fit["z_observed"], "z_observed")] if seen else []
    spurious = fit["spurious_signal"]
    cells += [cell(None if spurious is None else spurious["ratio"])]
    cells += [cell(fit["z_with_spurious_signal"], "z_expected"), cell(fit["z_simulation"], "z_expected")]
    return Row(head=fit["stage"], note=name if name != fit["stage"] else "", cells=tuple(cells))


def _per_degree(chi2: float | None, ndf: int) -> Cell:
    return MISSING if chi2 is None else Cell(text=f"{number(chi2)}/{ndf}", kind="number")
