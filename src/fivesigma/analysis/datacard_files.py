"""Datacards of Combine on disk: the text, and beside it a ROOT file with the histograms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import uproot

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.datacard import Datacard, Histogram

__all__ = ["write_datacard"]


def write_datacard(path: Path | str, card: Datacard) -> tuple[Path, Path]:
    """Write a datacard to ``path`` and its histograms to the file beside it that it names; return where both are.

    Histograms are ``TH1D`` with Σw² for their errors. Either file is there as a whole or not at all.

    Raises
    ------
    FivesigmaError
        If the card would be written over its histograms.
    """
    text = Path(path)
    shapes = text.with_name(card.file)
    if text == shapes:
        raise FivesigmaError(f"{text}: the datacard and its histograms need two files")
    text.parent.mkdir(parents=True, exist_ok=True)
    partial = shapes.with_name(f".{shapes.name}.partial")
    with uproot.recreate(partial) as file:
        for name, histogram in sorted(card.histograms.items()):
            file[name] = _root_histogram(histogram, name.rpartition("/")[2])
    partial.replace(shapes)
    partial = text.with_name(f".{text.name}.partial")
    partial.write_text(card.text, encoding="utf-8")
    partial.replace(text)
    return text, shapes


def _root_histogram(histogram: Histogram, name: str) -> Any:
    """Return what uproot writes as a TH1D; the bins below and above the edges are empty."""
    values, variances = (np.pad(array, 1) for array in (histogram.values, histogram.variances))
    centres, edges = (histogram.edges[1:] + histogram.edges[:-1]) / 2, histogram.edges
    axis = uproot.writing.identify.to_TAxis("xaxis", "", len(edges) - 1, edges[0], edges[-1], fXbins=edges)
    return uproot.writing.identify.to_TH1x(
        fName=name,
        fTitle="",
        data=values,
        fEntries=float(len(histogram.values)),
        fTsumw=float(histogram.values.sum()),
        fTsumw2=float(histogram.variances.sum()),
        fTsumwx=float((histogram.values * centres).sum()),
        fTsumwx2=float((histogram.values * centres**2).sum()),
        fSumw2=variances,
        fXaxis=axis,
    )
