"""A look at the events of an analysis before any model: distributions, correlations, pairs of features, as one page."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fivesigma.analysis.bookkeeping import cutflow_of, yields_of
from fivesigma.analysis.events_stage import findings_of, load_events
from fivesigma.analysis.opening import opened
from fivesigma.analysis.page_numbers import events_to_draw
from fivesigma.analysis.schema import Configuration
from fivesigma.core.dataset import Dataset
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import (
    FeatureDistribution,
    FeatureShapes,
    FeatureYields,
    feature_distributions,
)
from fivesigma.evaluation.scatter import scatter_matrix
from fivesigma.plots.feature_panels import beyond
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers, save
from fivesigma.report.content import FigureEntry
from fivesigma.report.explore import Exploration, render_exploration

__all__ = ["explore"]

_PANELS = 12
_SIGNALS, _SAMPLES = 3, 8
_PAIRS, _FEW_VALUES = 8, 6
_MOST_CORRELATED = 40


def explore(
    path: Path,
    output: Path | None = None,
    *,
    data: Path | None = None,
    settings: Sequence[str] = (),
    workers: Workers | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a page of the events that an analysis reads, and return its path.

    Data in signal regions are dropped as they are read if the analysis is blind; figures then show none.

    Parameters
    ----------
    path
        The YAML.
    output
        The page; ``explore-NAME.html`` if None.
    data
        The folder that names of files are relative to; the YAML's own if None.
    settings
        Changes of the configuration as ``key=value``.
    workers
        Where to compute; in this process if None.
    tell
        Told of each step.

    Raises
    ------
    ConfigurationError
        With all that is wrong in the configuration.
    DataError
        If files are missing or their events are not what the analysis needs.
    """
    folder = data or path.parent
    config = opened(path, folder, settings)
    tell("Reading events")
    samples, dataset = load_events(config, folder, blind=config.analysis.blind, workers=workers)
    tell("Looking at them")
    blind = config.analysis.blind and bool(dataset.names("data"))
    distributions = feature_distributions(dataset, show_data=not blind)
    context = _context(config, blind=blind)
    drawings = list(_drawings(config, dataset, distributions, context))
    tell("Drawing")
    entries = _drawn(drawings, context, workers)
    content = Exploration(
        config=config.model_dump(),
        blind=blind,
        samples={sample.name: yields_of(sample) for sample in samples},
        cutflow={sample.name: cutflow_of(sample) for sample in samples},
        missing=_missing(distributions),
        figures={
            name: [entry for drawing, entry in zip(drawings, entries, strict=True) if drawing.place == name]
            for name in dict.fromkeys(drawing.place for drawing in drawings)
        },
        findings=[dataclasses.asdict(finding) for finding in findings_of(samples, config)],
        numbers=_numbers(distributions, drawings),
    )
    page = output or Path(f"explore-{config.analysis.name}.html")
    page.parent.mkdir(parents=True, exist_ok=True)
    part = page.with_name(f".{page.name}.part")
    part.write_text(render_exploration(content), encoding="utf-8")
    part.replace(page)
    return page


def _numbers(distributions: Sequence[FeatureDistribution], drawings: Sequence[_Drawing]) -> dict[str, Any]:
    """Return what scripts of the page draw: every distribution, and what the figures show besides."""
    drawn = {drawing.name: drawing.result for drawing in drawings}
    pairs = drawn["pairs"]
    return {
        "features": numbers(distributions),
        "correlations": numbers(drawn["correlations"]),
        "scatter": events_to_draw(pairs.features, pairs.samples),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A result to draw, and where and how the page shows it."""

    place: str
    name: str
    title: str
    caption: str
    alt: str
    result: Any


def _drawings(
    config: Configuration, dataset: Dataset, distributions: Sequence[FeatureDistribution], context: Context
) -> Iterator[_Drawing]:
    shown = _shown(config, dataset)
    few = [_only(distribution, shown) for distribution in distributions]
    left_out = len(dataset.names("signal")) - sum(name in shown for name in dataset.names("signal"))
    note = f" {left_out} more signal samples are not drawn." if left_out else ""
    groups = [few[start : start + _PANELS] for start in range(0, len(few), _PANELS)]
    for number, group in enumerate(groups, start=1):
        yield _Drawing(
            place="distributions",
            name=f"yields-{number}",
            title="Expected events",
            caption=f"Backgrounds stacked, with the uncertainty of the simulation; signal over them.{beyond(group, context)}{note}",
            alt=f"Stacked histograms of {', '.join(one.feature for one in group)}.",
            result=[FeatureYields(distribution=one) for one in group],
        )
        yield _Drawing(
            place="distributions",
            name=f"shapes-{number}",
            title="Shapes",
            caption=f"Each sample scaled to an area of one.{beyond(group, context)}{note}",
            alt=f"Shapes by sample of {', '.join(one.feature for one in group)}.",
            result=[FeatureShapes(distribution=one) for one in group],
        )
    features = list(dataset.columns())
    signal = None if config.training.signal is None else list(config.training.signal)
    background = None if config.training.background is None else list(config.training.background)
    yield _Drawing(
        place="correlations",
        name="correlations",
        title="Correlations in signal and background",
        caption="Weighted linear correlation coefficients of inputs and observables, of the events that have both values.",
        alt="Correlation matrices of inputs and observables, one for signal and one for background.",
        result=correlations(dataset, features=features[:_MOST_CORRELATED], signal=signal, background=background),
    )
    chosen = _paired(dataset, distributions)
    matrix = scatter_matrix(dataset.where(dataset.of(*shown)), chosen, seed=config.analysis.seed)
    several = f" {len(chosen)} of {len(features)} features." if len(features) > len(chosen) else ""
    yield _Drawing(
        place="pairs",
        name="pairs",
        title="Pairs of features",
        caption=f"Events drawn by weight, half of them signal; on the diagonal the shape of each sample.{several}{note}",
        alt=f"Scatter plots of each pair of {', '.join(matrix.features)}.",
        result=replace(
            matrix,
            samples=tuple(sample for sample in matrix.samples if sample.name in shown),
            distributions=tuple(_only(distribution, shown) for distribution in matrix.distributions),
        ),
    )


def _paired(dataset: Dataset, distributions: Sequence[FeatureDistribution]) -> list[str]:
    """Return at most eight features to draw in pairs, an observable among them: those of many values before those of few."""
    ranked = sorted(distributions, key=lambda one: len(one.edges) <= _FEW_VALUES)  # stable: in their order otherwise
    inputs, observables = (
        [one.feature for one in ranked if (one.feature in dataset.observables) is kept] for kept in (False, True)
    )
    least = min(len(observables), max(1, _PAIRS - len(inputs)))
    return [*inputs[: _PAIRS - least], *observables[:least]]


def _shown(config: Configuration, dataset: Dataset) -> set[str]:
    """Return the samples that figures by sample show: all, or of many signals those that the analysis is judged by, else three."""
    signals, backgrounds = dataset.names("signal"), dataset.names("background")
    if len(signals) + len(backgrounds) > _SAMPLES:
        judged = [name for name in signals if name in (config.judgement.signal or ())]
        step = max(1, -(-len(signals) // _SIGNALS))
        signals = tuple(judged[:_SIGNALS]) or signals[::step]
    return {*signals, *backgrounds}


def _only(distribution: FeatureDistribution, shown: set[str]) -> FeatureDistribution:
    return replace(distribution, samples=tuple(sample for sample in distribution.samples if sample.name in shown))


def _missing(distributions: Sequence[FeatureDistribution]) -> dict[str, dict[str, float]]:
    """Return the fraction of each sample's events that lack a feature, for the features that some event lacks."""
    return {
        distribution.feature: {
            sample.name: sample.histogram.missing / max(sample.histogram.events, 1) for sample in distribution.samples
        }
        for distribution in distributions
        if distribution.missing
    }


def _context(config: Configuration, *, blind: bool) -> Context:
    analysis, samples = config.analysis, config.samples
    labels = {name: sample.label for name, sample in samples.items() if sample.label}
    return Context(
        label=analysis.label or analysis.name,
        luminosity=analysis.luminosity,
        energy=analysis.energy,
        pseudo_data=any(sample.pseudo for sample in samples.values()),
        titles={**labels, **config.features.titles},
        blind=blind,
    )


@dataclass(frozen=True, slots=True)
class _Item:
    drawing: _Drawing
    context: Context
    folder: Path


def _drawn(drawings: Sequence[_Drawing], context: Context, workers: Workers | None) -> list[FigureEntry]:
    with tempfile.TemporaryDirectory(prefix="fivesigma-") as folder:
        items = [_Item(drawing, context, Path(folder)) for drawing in drawings]
        return run_map(_draw, items, workers=workers)


def _draw(item: _Item, _shared: Shared) -> FigureEntry:
    drawing = item.drawing
    (file,) = save(plot(drawing.result, context=item.context), item.folder / drawing.name, ("svg",))
    return FigureEntry(
        name=drawing.name,
        section="features",
        title=drawing.title,
        caption=drawing.caption,
        alt=drawing.alt,
        svg=file.read_text(encoding="utf-8"),
    )
