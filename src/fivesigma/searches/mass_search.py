"""A peak in a mass spectrum, before or after a cut in a model's score that was chosen on other events than it is read on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.scores import Scores
from fivesigma.evaluation.merits import Merit
from fivesigma.inference.mass.backgrounds import BackgroundFamily
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.mass_fit import MassFitResult, fit_mass
from fivesigma.inference.mass.signals import SignalFamily
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.working_point import chosen_cuts
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["Cut", "MassFitOptions", "MassStage", "cut_under_peak", "mass_stage"]

_UNDER_PEAK = (0.05, 0.95)  # of the signal: where a cut is to tell it from background


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The cut in a model's score of each fold, chosen on the others, and their median."""

    model: str
    cut: float
    cuts: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MassFitOptions:
    """How spectra are fitted; each field is a parameter of `fivesigma.inference.mass.mass_fit.fit_mass`."""

    signal_shape: SignalFamily = "double_crystal_ball"
    family: BackgroundFamily = "power_law"
    order: int | None = None
    cost: Cost | None = None
    energy: float | None = None
    toys: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MassStage:
    """The fits of a spectrum at one stage of a search.

    Attributes
    ----------
    stage
        What the stage is called: before cuts, after cuts, after a network.
    cut
        In a model's score; None where there is none.
    result
        The fits.
    """

    stage: str
    cut: Cut | None
    result: MassFitResult


def cut_under_peak(
    dataset: Dataset, scores: Scores, mass: Floats, mask: Bools, merit: Merit, *, floor: float = 10.0, region: str = ""
) -> Cut:
    """Return the cut that is best for the events under the peak, that of each fold chosen on the others.

    Background far from the peak is what the fit has sidebands for, so it has no say: events count where the central 90 % of the
    signal lie.

    Parameters
    ----------
    dataset, scores
        The events, and the model's out-of-fold score of each.
    mass
        What will be fitted, shape (n,).
    mask
        The region, shape (n,).
    merit
        What the cut makes largest.
    floor
        Effective background events under the peak that a cut must leave where it is chosen.
    region
        The region's name, for messages.

    Raises
    ------
    DataError
        If no cut leaves enough background, or there is no signal.
    """
    signal = mask & dataset.signal & np.isfinite(mass)
    if not dataset.weight[signal].sum() > 0:
        raise DataError(f"region {region!r}: no signal is expected; there is nothing to search for")
    low, high = weighted_quantile(mass[signal], np.asarray(_UNDER_PEAK), np.maximum(dataset.weight[signal], 0.0))
    _, best = chosen_cuts(dataset, scores, mask & (mass >= low) & (mass <= high), merit, floor=floor, region=region)
    return Cut(model=scores.model, cut=best.cut, cuts=best.cuts)


def mass_stage(
    dataset: Dataset,
    mass: Floats,
    mask: Bools,
    edges: Floats,
    *,
    stage: str,
    scores: Scores | None = None,
    cut: Cut | None = None,
    show_data: bool = False,
    options: MassFitOptions | None = None,
    name: str = "mass",
    label: str = "",
) -> MassStage:
    """Return the fits of the mass of the events that a mask and a cut keep.

    Parameters
    ----------
    dataset
        The events.
    mass
        What is fitted, shape (n,).
    mask
        The region, shape (n,).
    edges
        Of the bins; events outside are left out.
    stage
        What findings and figures call it.
    scores, cut
        The cut in a model's score, each fold its own; both or neither.
    show_data
        Whether data are fitted; not while they are blind.
    options
        How it is fitted.
    name, label
        What the mass is, and what figures call it.

    Raises
    ------
    FivesigmaError
        As for `fivesigma.inference.mass.mass_fit.fit_mass`.
    """
    require_length(len(dataset), mass=mass, mask=mask)
    if (scores is None) != (cut is None):
        raise ValueError("a cut needs scores, and scores a cut")
    keep = mask & np.isfinite(mass)
    if scores is not None and cut is not None:
        keep &= scores.value >= np.asarray(cut.cuts)[scores.fold]

    def spectrum(kind: Bools) -> Spectrum:
        chosen = keep & kind
        return Spectrum.of(mass[chosen], dataset.weight[chosen], edges, name=name, label=label)

    asked = options or MassFitOptions()
    result = fit_mass(
        spectrum(dataset.signal),
        spectrum(dataset.background),
        spectrum(dataset.data) if show_data else None,
        signal_shape=asked.signal_shape,
        family=asked.family,
        order=asked.order,
        cost=asked.cost,
        energy=asked.energy,
        toys=asked.toys,
        name=stage,
        seed=asked.seed,
    )
    return MassStage(stage=stage, cut=cut, result=result)
