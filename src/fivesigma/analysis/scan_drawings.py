"""The figures of a scan for a resonance."""

from __future__ import annotations

from collections.abc import Iterator

from fivesigma.analysis.drawing import Drawing, inference_drawing
from fivesigma.analysis.scan_inference import Scanned
from fivesigma.searches.anomaly.event_views import selected_features, window_scores
from fivesigma.searches.anomaly.results import AnomalyScan
from fivesigma.searches.anomaly.views import best_spectra, local_significances, window_training, windows_on_spectrum

__all__ = ["scan_drawings"]


def scan_drawings(name: str, made: Scanned) -> Iterator[Drawing]:
    """Yield what there is to draw of a scan."""
    scan = made.scan
    if scan.best is not None:
        yield inference_drawing(
            f"scan-{name}",
            f"Local p-values, {name}",
            "One-sided local p-values of the events that each selection leaves in the window of a mass hypothesis, over a background fitted outside"
            " it. The global p-value is of the largest excess anywhere.",
            f"Local p-value against mass hypothesis for each selection of {name}.",
            local_significances(scan),
        )
        yield from _best_drawings(name, scan)
    yield inference_drawing(
        f"scan-{name}-windows",
        f"Windows on the spectrum, {name}",
        "All events before any selection with the background fitted to them; below, the windows and their sidebands.",
        f"Mass spectrum with the windows of {name}.",
        windows_on_spectrum(scan),
    )
    if (training := window_training(scan)) is not None:
        yield inference_drawing(
            f"scan-{name}-training",
            f"Training on windows, {name}",
            "AUC of telling each window from its sidebands, by events that did not train, and the loss where training ended. Neither says"
            " whether there is a signal: that is what the p-values are for.",
            f"AUC and loss against mass hypothesis of {name}.",
            training,
        )
    for one in scan.null_experiments:
        yield inference_drawing(
            f"scan-{name}-null-{one.features}",
            f"Pseudo-experiments without a signal, {name}, {one.features} features",
            "The largest significance of each scan of events drawn from the background model, trained anew, and that of the scan.",
            f"Largest significances of scans without a signal, {one.features} features.",
            one,
        )
    yield inference_drawing(
        f"scan-{name}-correlations",
        f"Inputs and the mass, {name}",
        "Size of the correlation of each input with the mass, over all events in the range"
        f"{'' if made.decorrelated is None else ', before it was decorrelated'}; with a threshold, inputs above it are left out.",
        f"Correlation of every input with the mass, {name}.",
        made.correlations,
    )
    yield inference_drawing(
        f"scan-{name}-matrix",
        f"Correlations of inputs, {name}",
        "Linear correlations of the inputs and the mass, over all events in the range.",
        f"Matrix of correlations of inputs and mass, {name}.",
        made.correlations.matrix,
    )


def _best_drawings(name: str, scan: AnomalyScan) -> Iterator[Drawing]:
    yield inference_drawing(
        f"scan-{name}-spectra",
        f"The best window, {name}",
        "Events before and after each selection by the best window's score, with the background fitted outside the window; below, the distance of"
        " each bin from it.",
        f"Mass spectra before and after selections of {name}.",
        best_spectra(scan),
    )
    if (scores := window_scores(scan)) is not None:
        yield inference_drawing(
            f"scan-{name}-scores",
            f"Scores in the best window, {name}",
            "Out-of-fold scores in the window and in its sidebands, and the thresholds of the selections.",
            f"Scores inside and beside the best window of {name}.",
            scores,
        )
    if features := selected_features(scan):
        yield inference_drawing(
            f"scan-{name}-selected",
            f"What was selected, {name}",
            "Inputs of the selected events in the best window, of the selected ones outside it, and of all others.",
            f"Inputs of selected events of {name}.",
            list(features),
        )
