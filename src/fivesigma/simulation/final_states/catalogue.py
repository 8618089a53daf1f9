"""The function that each final state's name in a process card stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Ints
from fivesigma.simulation.final_states.dijets import dijets
from fivesigma.simulation.final_states.dilepton import dilepton
from fivesigma.simulation.final_states.dilepton_fat_jet import dilepton_fat_jet
from fivesigma.simulation.final_states.dilepton_jets import dilepton_jets
from fivesigma.simulation.final_states.four_leptons import four_leptons
from fivesigma.simulation.final_states.single_lepton import single_lepton
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.particles import Batch

__all__ = ["FINAL_STATES", "FinalState"]

FinalState: TypeAlias = Callable[[Batch, Detector, np.random.Generator], tuple[Ints, dict[str, NDArray[Any]]]]
"""Events in; out come the numbers in the batch of those that are kept, rising, and their columns."""

FINAL_STATES: Mapping[str, FinalState] = {
    "dijets": dijets,
    "dilepton": dilepton,
    "dilepton_fat_jet": dilepton_fat_jet,
    "dilepton_jets": dilepton_jets,
    "four_leptons": four_leptons,
    "single_lepton": single_lepton,
}
"""By the names that process cards have for them."""
