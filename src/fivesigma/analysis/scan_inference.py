"""The scan of a configuration for a resonance without labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fivesigma.analysis.inference_events import InferenceEvents
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import CwolaScan, MassGrid
from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.finding import Finding
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Workers
from fivesigma.evaluation.mass_correlation import MassCorrelations, mass_correlations
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.options import WEAK_TREES, NullFeatures, ScanOptions
from fivesigma.searches.anomaly.results import AnomalyScan, NullExperiments
from fivesigma.searches.anomaly.scan import ScanEvents, anomaly_scan, in_range, scan_events, with_null_experiments
from fivesigma.searches.anomaly.windows import MassWindow, mass_windows, turn_on

__all__ = ["Scanned", "grid_masses", "scan_masses"]

_GEV = 1000.0  # in a TeV
_TREES, _MEMBERS = "hist_gradient_boosting", 10
_FEW = 0.01
_TEV = 0.002  # of √s; a mass of 13 TeV collisions is larger, or a number of TeV


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A scan, how it was made, and how its inputs depend on the mass: as they are, and decorrelated if they were."""

    observable: str
    model: str | None
    scan: AnomalyScan
    options: ScanOptions
    correlations: MassCorrelations
    decorrelated: MassCorrelations | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What is scanned: mass, inputs and identifiers of the data that have one, how many have none, and a model's score if it is taken."""

    without_mass: int
    mass: Floats
    X: Matrix
    features: tuple[str, ...]
    ids: np.ndarray
    score: Floats | None


def grid_masses(masses: MassGrid | list[float]) -> tuple[float, ...]:
    """Return the hypotheses of a configuration."""
    if isinstance(masses, list):
        return tuple(masses)
    steps = int(np.floor((masses.stop - masses.start) / masses.step + 1e-9))
    return tuple(float(masses.start + place * masses.step) for place in range(steps + 1))


def scan_masses(
    item: InferenceItem,
    inference: CwolaScan,
    workers: Workers,
    record: Path,
    advance: Callable[[str, int, int], None],
) -> Scanned:
    """Return what a scan finds; ``record`` is a folder where finished windows and pseudo-experiments are kept.

    Raises
    ------
    FivesigmaError
        If it cannot be made; it names the inference.
    """
    try:
        return _scanned(item, inference, workers, record, advance)
    except FivesigmaError as error:
        raise type(error)(f"inference.{item.name}: {error}") from error


def _scanned(
    item: InferenceItem,
    inference: CwolaScan,
    workers: Workers,
    record: Path,
    advance: Callable[[str, int, int], None],
) -> Scanned:
    given = _given(item, inference)
    options = _options(item, inference, given.mass)
    windows = mass_windows(
        grid_masses(inference.masses),
        width=inference.window,
        sideband=inference.sideband,
        relative=inference.relative,
        within=options.range,
    )
    correlations, given = _chosen(given, inference, options)
    events = scan_events(given.mass, given.X, given.ids, options)
    inside = in_range(given.mass, options)
    scan = anomaly_scan(
        events,
        windows,
        options,
        features=given.features,
        score=None if given.score is None else given.score[inside],
        name=item.name,
        workers=workers,
        record=record,
        progress=lambda done, all_: advance("Training on windows", done, all_),
    )
    if given.score is None and inference.null_experiments:
        made = [
            _null(kind, inference, events, windows, options, scan, workers, record, advance)
            for kind in inference.null_features
        ]
        scan = with_null_experiments(scan, [one for one in made if one is not None])
    if inference.model is not None:
        scan = replace(scan, score=inference.model)
    if given.without_mass:
        scan = replace(scan, findings=(*scan.findings, _without_mass(inference.observable, given)))
    return Scanned(
        observable=inference.observable,
        model=inference.model,
        scan=replace(scan, findings=(*scan.findings, *_unlikely_unit(inference.observable, events.mass, options))),
        options=options,
        correlations=correlations,
        decorrelated=_decorrelated(given, inference, events, options),
    )


def _given(item: InferenceItem, inference: CwolaScan) -> _Given:
    events = InferenceEvents.of(item, None)
    dataset = events.dataset
    mass = dataset.observables[inference.observable]
    wanted = events.mask(inference.region) & dataset.data
    use = wanted & np.isfinite(mass)
    if not item.looks_at(inference.region) or not use.any():
        raise DataError("there are no data to scan, or they are blind")
    classifier = inference.classifier
    features = tuple(dataset.inputs if classifier is None or classifier.inputs is None else classifier.inputs)
    score = None if inference.model is None else events.scores(inference.model).value[use]
    return _Given(
        without_mass=int(wanted.sum() - use.sum()),
        mass=mass[use],
        X=dataset.matrix(features)[use],
        features=features,
        ids=dataset.id[use],
        score=score,
    )


def _without_mass(observable: str, given: _Given) -> Finding:
    lost, events = given.without_mass, given.without_mass + len(given.mass)
    return Finding(
        code="events-without-mass",
        severity="info" if lost < _FEW * events else "warning",
        subject=observable,
        message=f"{lost} of {events} events have no such mass and are in no window.",
        evidence={"events": lost, "of": events},
    )


def _unlikely_unit(observable: str, mass: Floats, options: ScanOptions) -> Iterator[Finding]:
    largest = float(mass.max())
    if options.energy is not None and largest < _TEV * options.energy:
        yield Finding(
            code="looks-like-tev",
            severity="warning",
            subject=observable,
            message=f"The largest mass is {largest:.3g}, of collisions at {options.energy:g} GeV: is it in TeV? Masses are in GeV here.",
            evidence={"largest": largest},
        )


def _decorrelated(
    given: _Given, inference: CwolaScan, events: ScanEvents, options: ScanOptions
) -> MassCorrelations | None:
    if not options.decorrelate or given.score is not None:
        return None
    return mass_correlations(events.X, given.features, events.mass, observable=inference.observable)


def _options(item: InferenceItem, inference: CwolaScan, mass: Floats) -> ScanOptions:
    config, chosen = item.config, inference.classifier
    low, high = inference.range or (_falls_from(mass), float(mass.max()) * (1 + 1e-9))
    trained: dict[str, Any] = {"members": _MEMBERS, "parameters": dict(WEAK_TREES)}
    if chosen is not None:
        defaults = WEAK_TREES if chosen.use == _TREES else {}
        trained = {
            "use": chosen.use,
            "parameters": {**defaults, **chosen.parameters},
            # trees are cheap, and ten members what a scan takes where nothing is said
            "members": _MEMBERS if chosen.use == _TREES and "seeds" not in chosen.model_fields_set else chosen.seeds,
            "prepare": None if chosen.prepare is None else tuple(chosen.prepare),
        }
    return ScanOptions(
        **trained,
        folds=config.training.folds,
        efficiencies=tuple(sorted(inference.efficiencies, reverse=True)),
        efficiency_of=inference.efficiency_of,
        decorrelate=inference.decorrelate,
        family=inference.background,
        order=inference.order,
        energy=config.analysis.energy * _GEV,
        bins=inference.bins,
        range=(low, high),
        least_events=inference.least_events,
        mass_title=config.features.titles.get(inference.observable, inference.observable),
        seed=derive_seed(config.analysis.seed, item.name),
    )


def _falls_from(mass: Floats) -> float:
    """Return from where a spectrum falls, which what is left of it says again."""
    low = turn_on(mass)
    while (higher := turn_on(mass[mass >= low])) > mass[mass >= low].min():
        low = higher
    return low


def _chosen(given: _Given, inference: CwolaScan, options: ScanOptions) -> tuple[MassCorrelations, _Given]:
    """Return how inputs depend on the mass, and the events with those that stay below the threshold."""
    inside = in_range(given.mass, options)
    threshold = inference.correlation_threshold
    correlations = mass_correlations(
        given.X[inside], given.features, given.mass[inside], threshold=threshold, observable=inference.observable
    )
    if threshold is None or inference.model is not None:
        return correlations, given
    if not correlations.kept:
        raise DataError(f"every input's correlation with the mass is above {threshold:g}; none is left to train on")
    places = [given.features.index(name) for name in correlations.kept]
    return correlations, replace(given, X=np.ascontiguousarray(given.X[:, places]), features=tuple(correlations.kept))


def _null(
    kind: NullFeatures,
    inference: CwolaScan,
    events: ScanEvents,
    windows: tuple[MassWindow, ...],
    options: ScanOptions,
    scan: AnomalyScan,
    workers: Workers,
    record: Path,
    advance: Callable[[str, int, int], None],
) -> NullExperiments | None:
    if scan.best is None:
        return None
    return null_experiments(
        windows,
        options,
        model=BackgroundModel.of_scan(scan, events, options, features=kind),
        count=inference.null_experiments,
        members=inference.null_members,
        observed_z=scan.best.z,
        seed=derive_seed(options.seed, "null", kind),
        workers=workers,
        record=record,
        progress=lambda done, all_: advance(f"Scanning pseudo-experiments, {kind} features", done, all_),
    )
