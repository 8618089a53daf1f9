"""What can be wrong with inferences before any event is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from fivesigma.analysis.inference_names import axes_of
from fivesigma.analysis.inference_schema import (
    Counting,
    CwolaScan,
    FreeNormalisation,
    LimitPlane,
    MassFit,
    StrengthUncertainty,
    TemplateFit,
    TransferFactors,
)
from fivesigma.analysis.names_consistency import Inconsistency, unknown, unknown_samples, which_point
from fivesigma.analysis.sample_consistency import grid_parameters, grids_of
from fivesigma.analysis.scan_consistency import scan_inconsistencies
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import suggestion
from fivesigma.inference.mass.backgrounds import orders_of
from fivesigma.searches.strength_changes import GROUPS

__all__ = ["inference_inconsistencies"]

_GEV = 1000.0  # in a TeV


def inference_inconsistencies(config: Configuration, folder: Path | None = None) -> Iterator[Inconsistency]:
    """Yield what is wrong with inferences, each with its place; with a ``folder``, files that are not there, too."""
    for name, inference in config.inference.items():
        here: Location = ("inference", name)
        if not isinstance(inference, LimitPlane | CwolaScan):
            yield from unknown_samples(config, inference.signal, "signal sample", (*here, "signal"), {"signal"})
            if inference.signal is None:
                is_fit = isinstance(inference, TemplateFit | MassFit)
                what = "fitted; a limit_plane fits each" if is_fit else "counted"
                yield from which_point(config, here, f"only one point of a grid can be {what}")
        if isinstance(inference, LimitPlane):
            yield from _published(config, inference, folder, here)
        match inference:
            case Counting():
                yield from _cut(config, inference, here)
            case MassFit():
                yield from _mass_fit(config, inference, here)
            case StrengthUncertainty():
                yield from _strength(config, inference, here)
            case CwolaScan():
                yield from scan_inconsistencies(config, inference, here)
            case TemplateFit() | LimitPlane():
                yield from _fit(config, inference, here)


def _cut(config: Configuration, inference: Counting | MassFit, here: Location) -> Iterator[Inconsistency]:
    if inference.region is not None:
        yield from unknown([inference.region], config.regions, "region", (*here, "region"))
    if inference.model is not None:
        yield from unknown([inference.model], config.models, "model", (*here, "model"))


def _mass_fit(config: Configuration, fit: MassFit, here: Location) -> Iterator[Inconsistency]:
    yield from _cut(config, fit, here)
    yield from unknown([fit.observable], config.features.observables, "observable", (*here, "observable"))
    if fit.cost == "poisson" and not any(sample.kind == "data" for sample in config.samples.values()):
        yield (*here, "cost"), "there are no data for a Poisson fit; simulation takes scaled_poisson or weighted_chi2"
    low, high = fit.range
    if not low < high:
        yield (*here, "range"), f"the range must rise, unlike {low:g} to {high:g}"
    least, largest = orders_of(fit.background)
    family = fit.background.replace("_", " ")
    if fit.order is not None and not least <= fit.order <= largest:
        yield (*here, "order"), f"the {family} background has orders {least} to {largest}, not {fit.order}"
    if fit.background in ("power_law", "dijet") and not low > 0:
        yield (*here, "range"), f"a {family} background needs masses above zero, and the range begins at {low:g}"
    if fit.background == "dijet" and high >= _GEV * config.analysis.energy:
        yield (
            (*here, "range"),
            f"the dijet function needs masses below √s, {_GEV * config.analysis.energy:g} GeV; the range ends at {high:g}",
        )


def _strength(config: Configuration, inference: StrengthUncertainty, here: Location) -> Iterator[Inconsistency]:
    yield from unknown([inference.region], config.regions, "region", (*here, "region"))
    yield from unknown(inference.models, config.models, "model", (*here, "models"))
    for name, systematic in config.systematics.items():
        group = getattr(systematic, "group", None) or name
        if group not in GROUPS and not isinstance(systematic, FreeNormalisation | TransferFactors):
            told = f"the group of this is {group!r}{suggestion(group, GROUPS)}"
            yield ("systematics", name), f"strength_uncertainty counts under {', '.join(GROUPS)}, and {told}"


def _fit(config: Configuration, fit: TemplateFit | LimitPlane, here: Location) -> Iterator[Inconsistency]:
    axes = axes_of(fit.observable)
    known = [*config.models, *config.features.observables]
    yield from unknown(axes, known, "model or observable", (*here, "observable"))
    yield from unknown(fit.regions, config.regions, "region", (*here, "regions"))
    signal = fit.signal if isinstance(fit, TemplateFit) else None
    if isinstance(fit, LimitPlane):
        yield from unknown([fit.grid], grids_of(config), "signal grid", (*here, "grid"))
    for key, names in (("regions", fit.regions), ("signal", signal)):
        if names is not None and (not names or len(set(names)) < len(names)):
            yield (*here, key), "names each once, and one at least; leave this out for all"
    if len(axes) > 2 or len(set(axes)) < len(axes):
        yield (*here, "observable"), "a template has one axis, or two that differ"
    yield from _transfer_factors(config, fit, here)
    yield from _bins(fit, axes, here)
    if isinstance(fit, TemplateFit) and fit.binning == "sensitivity":
        if axes[0] not in config.models or len(axes) > 1:
            yield (*here, "binning"), "bins are chosen for sensitivity in the score of one model"
        elif isinstance(fit.bins, list | dict):
            yield (*here, "bins"), "bins that are chosen for sensitivity are a number, the most that there may be"


def _transfer_factors(config: Configuration, fit: TemplateFit | LimitPlane, here: Location) -> Iterator[Inconsistency]:
    """Yield transfer factors of which a fit has some regions and lacks others."""
    for name, systematic in config.systematics.items():
        if isinstance(systematic, TransferFactors):
            needed = [systematic.a, systematic.b, systematic.c, systematic.d]
            lacking = [region for region in needed if region not in (fit.regions or ())]
            if 0 < len(lacking) < len(needed):
                yield (
                    (*here, "regions"),
                    f"the transfer factors {name!r} take {', '.join(lacking)} too, or none of their regions",
                )


def _bins(fit: TemplateFit | LimitPlane, axes: tuple[str, ...], here: Location) -> Iterator[Inconsistency]:
    if isinstance(fit.bins, list) and len(axes) > 1:
        yield (*here, "bins"), f"give the bins of each axis by its name: {', '.join(axes)}"
    binned = fit.bins if isinstance(fit.bins, dict) else dict.fromkeys(axes, fit.bins)
    yield from unknown(binned, axes, "axis", (*here, "bins"))
    for axis in axes:
        bins = binned.get(axis)
        if isinstance(bins, list) and (len(bins) < 2 or not all(low < high for low, high in pairwise(bins))):
            yield (*here, "bins"), f"the edges of {axis!r} must rise"


def _published(
    config: Configuration, plane: LimitPlane, folder: Path | None, here: Location
) -> Iterator[Inconsistency]:
    for name, published in plane.published.items():
        place: Location = (*here, "published", name)
        yield from unknown(published.parameters, grid_parameters(config), "parameter of a signal grid", place)
        if folder is not None and not (folder / published.file).is_file():
            there = [path.name for path in folder.glob("*") if path.is_file()]
            yield (*place, "file"), f"no file {published.file!r} in {folder}{suggestion(published.file, there)}"
