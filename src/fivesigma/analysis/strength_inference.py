"""What every uncertainty costs on a counted signal strength, for several models, and what a fit of their scores gains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fivesigma.analysis import inference_schema as asked
from fivesigma.analysis.dataset_files import varied_names
from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.analysis.inference_events import InferenceEvents
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import ShiftVariation, StrengthUncertainty
from fivesigma.core.finding import Finding
from fivesigma.inference.normalisations import FreeNormalisation
from fivesigma.inference.strength_scans import PrecisionScan, Systematics, scan_events, scan_luminosity, scan_purity
from fivesigma.inference.systematics import Systematic, restricted
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.transfer_factors import TransferFactors
from fivesigma.searches.classifier_systematics import StrengthRow, StrengthScan, classifier_systematics
from fivesigma.searches.count_and_fit import CountAndFit, count_and_fit, score_templates
from fivesigma.searches.shifted_scores import ShiftedScores, shifted_scores
from fivesigma.searches.varied_scores import VariedScores

__all__ = ["StrengthOfModels", "strength_of_models"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthOfModels:
    """The uncertainty of a signal strength through each of several models.

    Attributes
    ----------
    region
        Where it is counted.
    scans
        Against the cut, one for each model.
    comparisons
        The count at the best cut beside a fit of the whole score, one for each model.
    precision
        What more luminosity, a purer selection, or more events would bring to the first model's count.
    shifts
        Scores of nominal and shifted events, for each model and each systematic that shifts something.
    findings
        What is notable.
    """

    region: str
    scans: tuple[StrengthScan, ...]
    comparisons: tuple[CountAndFit, ...]
    precision: tuple[PrecisionScan, ...]
    shifts: tuple[ShiftedScores, ...]
    findings: tuple[Finding, ...]


def strength_of_models(item: InferenceItem, inference: StrengthUncertainty) -> StrengthOfModels:
    """Return what every uncertainty costs through each model."""
    nominal = InferenceEvents.of(item, inference.signal)
    varied = [InferenceEvents.of(item, inference.signal, variation) for variation in varied_names(item.events)]
    parts = [_of_model(item, inference, model, nominal, varied) for model in inference.models]
    return StrengthOfModels(
        region=inference.region,
        scans=tuple(part.scans[0] for part in parts),
        comparisons=tuple(part.comparisons[0] for part in parts),
        precision=parts[0].precision,
        shifts=tuple(shift for part in parts for shift in part.shifts),
        findings=_once([*_left_out(item), *(finding for part in parts for finding in part.findings)]),
    )


def _of_model(
    item: InferenceItem,
    inference: StrengthUncertainty,
    model: str,
    nominal: InferenceEvents,
    varied: list[InferenceEvents],
) -> StrengthOfModels:
    dataset, scores, mask = nominal.dataset, nominal.scores(model), nominal.mask(inference.region)
    others = [_varied(events, model, inference.region) for events in varied]
    simulated = [sample.name for sample in dataset.samples if sample.kind != "data"]
    systematics = restricted(_counted(item, inference), simulated)
    scan = classifier_systematics(
        dataset,
        scores,
        mask,
        systematics=systematics,
        varied=others,
        floor=inference.floor,
        seconds=item.seconds.get(model),
    )
    bins = inference.bins
    filled = score_templates(dataset, scores, mask, varied=others, bins=bins, floor=inference.floor)
    fit = fit_templates(
        filled,
        systematics,
        signal=dataset.names("signal"),
        name=f"{item.name} ({model})",
        seed=item.config.analysis.seed,
    )
    shifts = [shifted_scores(dataset, scores, mask, systematic=name, varied=others) for name in _shifting(item)]
    return StrengthOfModels(
        region=inference.region,
        scans=(scan,),
        comparisons=(count_and_fit(scan.best, fit),),
        precision=_precision(scan.best, inference.target),
        shifts=tuple(shifts),
        findings=(*scan.findings, *fit.findings),
    )


def _counted(item: InferenceItem, inference: StrengthUncertainty) -> list[Systematic]:
    """Return the systematics of the region; what needs data of other regions is none of a count."""
    here = systematics_of(item.config, [inference.region])
    kept = [one for one in here if not isinstance(one, FreeNormalisation | TransferFactors)]
    return [replace(systematic, regions=None) for systematic in kept]


def _left_out(item: InferenceItem) -> Iterator[Finding]:
    for name, systematic in item.config.systematics.items():
        if isinstance(systematic, asked.FreeNormalisation | asked.TransferFactors):
            yield Finding(
                code="systematic-not-counted",
                severity="info",
                subject=f"{item.name}/{name}",
                message=f"{name} is what data of control regions say; a count in one region has none, and takes the simulation's yield",
            )


def _precision(row: StrengthRow, target: float | None) -> tuple[PrecisionScan, ...]:
    """Return the uncertainty above the best cut against luminosity, purity and number of events, systematics as they are there."""
    signal, background = row.expected_signal, row.expected_background
    relative: Systematics = {
        "luminosity": row.luminosity * signal / (signal + background),
        "signal_efficiency": row.signal,
        "background_efficiency": row.background * signal / background,
        "detector": row.detector * signal,
    }
    return tuple(
        scan(signal, background, target=target, **relative) for scan in (scan_luminosity, scan_purity, scan_events)
    )


def _varied(events: InferenceEvents, model: str, region: str) -> VariedScores:
    return VariedScores(
        variation=events.dataset.variation,
        dataset=events.dataset,
        scores=events.scores(model),
        mask=events.mask(region),
    )


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, of several that are the same the first."""
    kept: list[Finding] = []
    for finding in findings:
        if finding not in kept:
            kept.append(finding)
    return tuple(kept)


def _shifting(item: InferenceItem) -> Iterator[str]:
    """Yield the systematics that shift events."""
    for name, systematic in item.config.systematics.items():
        if isinstance(systematic, ShiftVariation):
            yield name
