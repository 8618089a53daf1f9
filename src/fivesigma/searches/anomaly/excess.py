"""Selected events in a window over a background that is fitted outside it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.window import window_excess
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.results import LocalExcess
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["local_excess", "spectrum_edges"]


def spectrum_edges(lowest: float, highest: float, bins: int, window: MassWindow | None = None) -> Floats:
    """Return edges of about so many bins, even in the logarithm of the mass, shape (m,); those of a window are among them."""
    corners = [lowest, highest] if window is None else [lowest, window.low, window.high, highest]
    step = np.log(highest / lowest) / bins
    pieces = [np.geomspace(low, high, max(1, round(np.log(high / low) / step)) + 1) for low, high in pairwise(corners)]
    edges = np.concatenate([piece[:-1] for piece in pieces] + [[highest]])
    return np.asarray(edges)


def local_excess(selected: Floats, efficiency: float, window: MassWindow, options: ScanOptions) -> LocalExcess:
    """Return what a selection leaves in a window, over the fit of what it leaves elsewhere.

    Parameters
    ----------
    selected
        Masses of the selected events, in GeV, shape (n,).
    efficiency
        Of the selection.
    window
        Where.
    options
        How it is fitted.

    Raises
    ------
    FivesigmaError
        If the background cannot be fitted.
    """
    edges = spectrum_edges(*options.range, options.bins, window)
    spectrum = Spectrum.of(selected, None, edges, name="m_jj", label=options.mass_title)
    found = window_excess(spectrum, window.inside(edges[:-1]), options.family, options.order, energy=options.energy)
    significance = found.marginalised
    return LocalExcess(
        efficiency=efficiency,
        selected=len(selected),
        observed=found.observed,
        expected=found.expected,
        expected_error=found.expected_error,
        z=float(significance.z),
        p_value=float(significance.p),
        log_p=float(significance.log_p),
        order=found.order,
        spectrum=spectrum,
        fit=found.fit,
    )
