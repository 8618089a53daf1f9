"""What can be wrong with a scan for a resonance before any event is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fivesigma.analysis.inference_schema import CwolaScan
from fivesigma.analysis.names_consistency import Inconsistency, unknown
from fivesigma.analysis.scan_inference import grid_masses
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import orders_of
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.spec_checks import check_spec
from fivesigma.searches.anomaly.windows import mass_windows

__all__ = ["scan_inconsistencies"]

_MOST_WINDOWS = 10_000
_GEV = 1000.0  # in a TeV


def scan_inconsistencies(config: Configuration, scan: CwolaScan, here: Location) -> Iterator[Inconsistency]:
    """Yield what is wrong with a scan, each with its place."""
    yield from unknown([scan.observable], config.features.observables, "observable", (*here, "observable"))
    if scan.region is not None:
        yield from unknown([scan.region], config.regions, "region", (*here, "region"))
    if not any(sample.kind == "data" for sample in config.samples.values()):
        yield here, "a scan looks at data, or pseudo-data, and there are none"
    if config.training.folds < 3:
        yield (
            ("training", "folds"),
            f"a scan needs 3 folds at least, not {config.training.folds}: one is scored, one validates, others train",
        )
    yield from _score(config, scan, here)
    yield from _windows(config, scan, here)
    for key, given in (("efficiencies", scan.efficiencies), ("null_features", scan.null_features)):
        if len(set(given)) < len(given):
            yield (*here, key), "names each once"
    least, largest = orders_of(scan.background)
    if scan.order is not None and not least <= scan.order <= largest:
        family = scan.background.replace("_", " ")
        yield (*here, "order"), f"the {family} background has orders {least} to {largest}, not {scan.order}"


def _score(config: Configuration, scan: CwolaScan, here: Location) -> Iterator[Inconsistency]:
    if scan.model is not None:
        yield from unknown([scan.model], config.models, "model", (*here, "model"))
        for key, given in (("classifier", scan.classifier is not None), ("null_experiments", scan.null_experiments)):
            if given:
                yield (
                    (*here, key),
                    "nothing is trained on windows where the score of a model is taken; leave one of both out",
                )
        return
    if (chosen := scan.classifier) is None:
        return
    place: Location = (*here, "classifier")
    yield from unknown(chosen.inputs, config.features.inputs, "input", (*place, "inputs"))
    if chosen.parametrised or chosen.tune is not None:
        yield place, "a classifier of windows is neither parametrised nor tuned"
    try:
        if classifier(chosen.use).trains_on == "nothing":
            yield place, f"{chosen.use} learns nothing; declare it among the models and name it as `model`"
        check_spec(
            ModelSpec(
                name="classifier",
                use=chosen.use,
                inputs=tuple(chosen.inputs or config.features.inputs),
                parameters=chosen.parameters,
                prepare=None if chosen.prepare is None else tuple(chosen.prepare),
                seeds=chosen.seeds,
            )
        )
    except FivesigmaError as error:
        yield place, str(error)


def _windows(config: Configuration, scan: CwolaScan, here: Location) -> Iterator[Inconsistency]:
    if not isinstance(scan.masses, list):
        if scan.masses.stop < scan.masses.start:
            yield (*here, "masses"), f"begin at {scan.masses.start:g} and end below, at {scan.masses.stop:g}"
            return
        if (scan.masses.stop - scan.masses.start) / scan.masses.step > _MOST_WINDOWS:
            yield (*here, "masses"), f"these are more than {_MOST_WINDOWS:,} hypotheses"
            return
    masses = grid_masses(scan.masses)
    if not masses or any(low >= high for low, high in pairwise(masses)):
        yield (*here, "masses"), "there must be a hypothesis, and each above the one before"
        return
    low, high = scan.range or (1e-9, _GEV * config.analysis.energy)
    if not low < high:
        yield (*here, "range"), f"the range must rise, unlike {low:g} to {high:g}"
        return
    if scan.background == "dijet" and scan.range is not None and high >= _GEV * config.analysis.energy:
        yield (
            (*here, "range"),
            f"the dijet function needs masses below √s, {_GEV * config.analysis.energy:g} GeV; the range ends at {high:g}",
        )
        return
    try:
        mass_windows(masses, width=scan.window, sideband=scan.sideband, relative=scan.relative, within=(low, high))
    except FivesigmaError as error:
        yield here, str(error)
