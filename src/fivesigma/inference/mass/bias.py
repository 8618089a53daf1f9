"""What a fit loses or gains where the background is of another family than the one that is fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Workers
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.signals import SignalShape
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.toys import throw_toys

__all__ = ["BiasTest", "bias_test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasTest:
    """Pulls of the signal's yield, ``(fitted - injected) / error``, in pseudo-experiments.

    Attributes
    ----------
    truth, fitted
        Family and order of the background that was thrown, and of the one that was fitted.
    injected
        Signal events that were thrown.
    pull, pull_error
        Mean pull and its error; experiments ask that it stay below 0.2 to 0.5.
    width
        Standard deviation of the pulls.
    toys, failed
        How many could be fitted, and how many could not.
    """

    truth: tuple[str, int]
    fitted: tuple[str, int]
    injected: float
    pull: float
    pull_error: float
    width: float
    toys: int
    failed: int


def bias_test(
    simulated: Spectrum,
    truth: BinnedBackground,
    fitted: BinnedBackground,
    shape: SignalShape,
    *,
    injected: float = 0.0,
    toys: int = 1000,
    seed: int = 0,
    workers: Workers | None = None,
) -> BiasTest:
    """Return the bias of a signal's yield where nature takes one function and the fit another (as CMS, arXiv:1407.0558).

    Parameters
    ----------
    simulated
        The background; ``truth`` is fitted to it, and pseudo-experiments are thrown around that.
    truth, fitted
        The function that is thrown and the one that is fitted, in the spectrum's bins.
    shape
        The peak.
    injected
        Signal events in each pseudo-experiment, on average.
    toys
        How many.
    seed
        Of all; the same numbers come whatever the number of workers.
    workers
        Where to fit them; in this process if None.

    Raises
    ------
    FivesigmaError
        If a function cannot be fitted to the simulated background, or to no two pseudo-experiments.
    """
    nature = fit_spectrum(simulated, truth, cost="scaled_poisson").background
    peak = Peak(fractions=shape.fractions(simulated.edges))
    begin = fit_spectrum(simulated.filled_with(nature), fitted).values
    thrown = throw_toys(
        simulated, nature + injected * peak.fractions, fitted, peak, begin, toys=toys, seed=seed, workers=workers
    )
    count = len(thrown.events)
    if count < 2:
        raise FivesigmaError(
            f"{simulated.name}: only {count} of {toys} pseudo-experiments could be fitted by the {fitted.family} background; two at least make a bias"
        )
    pulls = (thrown.events - injected) / thrown.errors
    width = float(pulls.std(ddof=1))
    return BiasTest(
        truth=(truth.family, truth.order),
        fitted=(fitted.family, fitted.order),
        injected=injected,
        pull=float(pulls.mean()),
        pull_error=width / float(np.sqrt(count)),
        width=width,
        toys=count,
        failed=thrown.failed,
    )
