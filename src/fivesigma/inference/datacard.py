"""The model of a template fit as a datacard of Combine, the tool of CMS (2404.06614): text, and the histograms that it names.

Everything is taken from the workspace, so both hold the same model: nominal yields, and those at ±1 σ of every nuisance parameter, are
the same. Elsewhere the two tools interpolate each in their way: a shape changes with its total in Combine, where HistFactory adds
the change of the shape and multiplies by that of the total.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.pruning import kept_systematics
from fivesigma.inference.systematics import MC_STATISTICS, Systematic, check_systematics
from fivesigma.inference.templates import Templates
from fivesigma.inference.variation_checks import require_variations
from fivesigma.inference.workspace import STRENGTH, build_workspace, parameter_groups

__all__ = ["Datacard", "Histogram", "combine_datacard"]

_STRENGTH = "r"  # as Combine calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bin contents and their variances, shape (bins,), between edges, shape (bins + 1,)."""

    values: Floats
    variances: Floats
    edges: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Datacard:
    """A datacard.

    Attributes
    ----------
    text
        What stands in it.
    file
        The ROOT file, beside it, that it names.
    histograms
        What is in that file, by path: ``region/sample``, ``region/sample_systematicUp``, ``...Down`` and ``region/data_obs``.
    """

    text: str
    file: str
    histograms: Mapping[str, Histogram]


@dataclass(frozen=True, slots=True)
class _Process:
    """One sample in one region."""

    region: str
    name: str
    number: int
    values: Floats
    errors: Floats
    modifiers: Sequence[Mapping[str, Any]]

    def of(self, kind: str) -> dict[str, Any]:
        """Return the data of its modifiers of a kind, by name."""
        return {m["name"]: m["data"] for m in self.modifiers if m["type"] == kind}

    def varied(self, name: str) -> tuple[Floats, Floats] | None:
        """Return the yields at +1 and -1 σ, shape (bins,); None if it is not moved."""
        rate, shape = self.of("normsys").get(name), self.of("histosys").get(name)
        if rate is None and shape is None:
            return None
        factors = (1.0, 1.0) if rate is None else (rate["hi"], rate["lo"])
        both = (self.values, self.values) if shape is None else (shape["hi_data"], shape["lo_data"])
        return factors[0] * np.asarray(both[0]), factors[1] * np.asarray(both[1])


def combine_datacard(
    templates: Templates,
    systematics: Sequence[Systematic] = (),
    *,
    signal: Collection[str] | None = None,
    file: str = "shapes.root",
) -> Datacard:
    """Return the datacard of a template fit.

    Normalisations are ``lnN``, systematics with shapes ``shape``, free normalisations and transfer factors ``rateParam``; the statistics
    of the simulation is ``autoMCStats 0 1``, one parameter a bin for signal and background together. A sample without events in a region
    is left out there. In a blind region ``data_obs`` is what background alone leads to expect, and a comment says so.

    Parameters
    ----------
    templates, systematics, signal
        As for `fivesigma.inference.template_fit.fit_templates`.
    file
        What the ROOT file with the histograms is called.

    Raises
    ------
    FivesigmaError
        If templates and systematics make no sense together, or a name is none for Combine.
    """
    chosen = templates.names("signal") if signal is None else tuple(signal)
    check_systematics(systematics, [sample.name for sample in templates.samples], templates.regions)
    require_variations(templates, systematics)
    kept = kept_systematics(templates, systematics, chosen)
    workspace = build_workspace(templates, kept, chosen)
    processes = list(_processes(workspace))
    nuisances = list(dict.fromkeys(n for p in processes for kind in ("normsys", "histosys") for n in p.of(kind)))
    shaped = {name for process in processes for name in process.of("histosys")}
    for name in {*templates.regions, *(p.name for p in processes), *nuisances, file}:
        if not name or name == _STRENGTH or any(letter.isspace() or letter == "/" for letter in name):
            raise FivesigmaError(f"{name!r} is no name for Combine: no white space, no slash, and not {_STRENGTH!r}")
    lines = [
        *_head(templates, processes, file),
        *_table(processes, nuisances, shaped),
        *_free(workspace, processes),
        *_groups(parameter_groups(templates, kept), nuisances),
        "* autoMCStats 0 1",
    ]
    return Datacard(
        text="\n".join(lines) + "\n", file=file, histograms=_histograms(templates, workspace, processes, shaped)
    )


def _processes(workspace: Mapping[str, Any]) -> Iterator[_Process]:
    """Yield the samples of each region; signal has numbers up to zero, background from one on."""
    numbers: dict[str, int] = {}
    for channel in workspace["channels"]:
        for sample in channel["samples"]:
            is_signal = any(m["name"] == STRENGTH for m in sample["modifiers"])
            alike = [number for number in numbers.values() if (number <= 0) == is_signal]
            numbers.setdefault(sample["name"], -len(alike) if is_signal else 1 + len(alike))
            if sum(sample["data"]) > 0:
                (errors,) = (m["data"] for m in sample["modifiers"] if m["type"] == "staterror")
                yield _Process(
                    channel["name"],
                    sample["name"],
                    numbers[sample["name"]],
                    np.asarray(sample["data"]),
                    np.asarray(errors),
                    sample["modifiers"],
                )


def _head(templates: Templates, processes: Sequence[_Process], file: str) -> Iterator[str]:
    yield f"imax {len(templates.channels)}"
    yield f"jmax {len({process.name for process in processes}) - 1}"
    yield "kmax *"
    yield f"shapes * * {file} $CHANNEL/$PROCESS $CHANNEL/$PROCESS_$SYSTEMATIC"
    for channel in templates.channels:
        if channel.observed is None:
            yield f"# {channel.name} has no data, or they are blind: its data_obs is what background alone leads to expect"
    yield from _aligned([["bin", *templates.regions], ["observation", *["-1"] * len(templates.channels)]])


def _table(processes: Sequence[_Process], nuisances: Sequence[str], shaped: Collection[str]) -> Iterator[str]:
    rows = [
        ["bin", "", *(process.region for process in processes)],
        ["process", "", *(process.name for process in processes)],
        ["process", "", *(str(process.number) for process in processes)],
        ["rate", "", *(f"{process.values.sum():.10g}" for process in processes)],
    ]
    for name in nuisances:
        kind = "shape" if name in shaped else "lnN"
        rows.append([name, kind, *(_entry(process, name, kind) for process in processes)])
    yield from _aligned(rows)


def _entry(process: _Process, name: str, kind: str) -> str:
    if process.varied(name) is None:
        return "-"
    if kind == "shape":
        return "1"
    rate = process.of("normsys")[name]
    high, low = rate["hi"], rate["lo"]
    return f"{high:.10g}" if math.isclose(high * low, 1.0, rel_tol=1e-12) else f"{low:.10g}/{high:.10g}"


def _free(workspace: Mapping[str, Any], processes: Sequence[_Process]) -> Iterator[str]:
    """Yield the free factors with their starting values and bounds."""
    for parameter in workspace["measurements"][0]["config"]["parameters"]:
        (start,), ((low, high),) = parameter["inits"], parameter["bounds"]
        for process in processes:
            if parameter["name"] in process.of("normfactor"):
                yield f"{parameter['name']} rateParam {process.region} {process.name} {start:g} [{low:g},{high:g}]"


def _groups(groups: Mapping[str, str], nuisances: Sequence[str]) -> Iterator[str]:
    members: dict[str, list[str]] = {}
    for name in nuisances:
        members.setdefault(groups[name], []).append(name)
    for group, names in members.items():
        if group not in nuisances and group != MC_STATISTICS:
            yield f"{group} group = {' '.join(names)}"


def _histograms(
    templates: Templates, workspace: Mapping[str, Any], processes: Sequence[_Process], shaped: Collection[str]
) -> dict[str, Histogram]:
    edges = {channel.name: channel.binning.edges for channel in templates.channels}
    found = {}
    for observation in workspace["observations"]:
        counts = np.asarray(observation["data"], dtype=np.float64)
        found[f"{observation['name']}/data_obs"] = Histogram(
            values=counts, variances=counts, edges=edges[observation["name"]]
        )
    for process in processes:
        path, where = f"{process.region}/{process.name}", edges[process.region]
        found[path] = Histogram(values=process.values, variances=np.square(process.errors), edges=where)
        for name in shaped:
            varied = process.varied(name)
            for label, values in zip(("Up", "Down"), varied or (), strict=bool(varied)):
                found[f"{path}_{name}{label}"] = Histogram(values=values, variances=np.zeros_like(values), edges=where)
    return found


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as text with columns of one width."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
