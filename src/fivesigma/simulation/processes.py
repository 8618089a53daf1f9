"""What a process card holds, and what a recipe has of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.soundness import is_file_name, is_positive, setting_problems, slha_problems, slice_problems

__all__ = ["PSEUDO_DATA", "Bookkeeping", "Process", "RecipeSimulation"]

PSEUDO_DATA = "pseudo_data"
"""Name of the file of pseudo-data and of the stream of seeds its events come from; no process has it."""

Bookkeeping: TypeAlias = Literal[
    "weight",  # expected events at the luminosity that an event stands for
    "number",  # number of the event in its file
    "id",  # number of the event among all of the recipe
    "file",  # number of the process in the recipe, from 1
    "slice",  # number of the slice of the process, from 1
    "cross_section",  # of the slice after the card's filters, in pb
    "generator_weight",  # the generator's
    "sum_of_weights",  # of what had to be generated in the slice for the events of the file: cross_section × luminosity ×
    # generator_weight / sum_of_weights is the weight
    "generated",  # how many they are
    "is_signal",  # 1 or 0
]
"""What a column can hold that does not come from the event but from how it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One physics process as Pythia makes it, and what is kept of it.

    Attributes
    ----------
    name, title
        What it is called in files and on figures.
    kind
        Signal or background.
    settings
        Pythia settings, one each, besides those that the fields below stand for.
    slha
        A supersymmetric spectrum and its decays in the SUSY Les Houches Accord's text, arXiv:hep-ph/0311123.
    filters
        What is dropped before its costly part; all have to pass.
    slices
        Rising lower ends in GeV of ranges of Pythia's pTHat that are generated one by one, so that rare large transverse
        momenta are well populated; the last is open.
    final_state
        What is kept of an event: a name in ``final_states.catalogue``.
    energy
        Centre-of-mass energy of the proton-proton collision in TeV.
    multiparton_interactions, hadronisation
        Whether the underlying event is made and partons become hadrons. Both cost time; a card that does without says
        among its limits what that changes.
    cross_section
        The rate in pb of what the settings generate, before any filter, or None to take Pythia's own leading-order rate.
    k_factor
        What Pythia's own rate is multiplied by; it has no part in a given ``cross_section``.
    source
        Where the cross section or k-factor comes from.
    limits
        What the card cannot describe, a sentence each.
    chunk_size
        How many events a worker generates before it writes them down.
    """

    name: str
    title: str
    kind: Literal["signal", "background"]
    settings: tuple[str, ...]
    slha: str | None = None
    filters: tuple[TruthFilter, ...] = ()
    slices: tuple[float, ...] = ()
    final_state: str
    energy: float = 13.0
    multiparton_interactions: bool
    hadronisation: bool = True
    cross_section: float | None = None
    k_factor: float = 1.0
    source: str
    limits: tuple[str, ...]
    chunk_size: int = 1000

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise FivesigmaError(f"{self.name if is_file_name(self.name) else repr(self.name)}: {problem}")

    def _problems(self) -> Iterator[str]:
        if not is_file_name(self.name):
            yield "a process gives its file its name: letters, digits and _ . + - only, and none of _ . + - at its start"
        if self.kind not in ("signal", "background"):
            yield f"its kind is 'signal' or 'background', not {self.kind!r}"
        for what in ("cross_section", "k_factor", "energy"):
            value = getattr(self, what)
            if value is not None and not is_positive(value):
                yield f"its {what} must be a number above zero, not {value:g}"
        if self.chunk_size < 1 or self.chunk_size != math.floor(self.chunk_size):
            yield f"its chunk_size must be a whole number from 1, not {self.chunk_size}"
        if self.slices and self.cross_section is not None:
            yield "one cross section cannot be that of several slices"
        yield from slice_problems(self.slices)
        yield from setting_problems(self.settings, sliced=bool(self.slices))
        if self.slha is not None:
            yield from slha_problems(self.slha)

    def pythia_settings(self) -> tuple[str, ...]:
        """Return every setting that Pythia is given, but for the seed and the spectrum."""
        return (
            f"Beams:eCM = {1000 * self.energy:g}",
            f"PartonLevel:MPI = {_switch(self.multiparton_interactions)}",
            f"HadronLevel:Hadronize = {_switch(self.hadronisation)}",
            *self.settings,
        )

    def sliced(self) -> tuple[Process, ...]:
        """Return the process as one for each slice; without slices, itself."""
        if not self.slices:
            return (self,)
        ends = (*self.slices[1:], None)
        return tuple(self._slice(low, high) for low, high in zip(self.slices, ends, strict=True))

    def _slice(self, low: float, high: float | None) -> Process:
        bounds = (f"PhaseSpace:pTHatMin = {low:g}", f"PhaseSpace:pTHatMax = {-1 if high is None else high:g}")
        name = f"{self.name}-{low:g}" if high is None else f"{self.name}-{low:g}-{high:g}"
        return replace(self, name=name, settings=(*self.settings, *bounds), slices=())


def _switch(on: bool) -> str:
    return "on" if on else "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeSimulation:
    """What is simulated for a recipe.

    Attributes
    ----------
    recipe
        Its name.
    luminosity
        In fb⁻¹: what the weights stand for.
    processes
        Its process cards; each makes a file.
    pseudo_data
        Names of the processes that a file of pseudo-data is drawn from; none makes no such file.
    columns
        Columns that come from how an event was made, by name.
    """

    recipe: str
    luminosity: float
    processes: tuple[Process, ...]
    pseudo_data: tuple[str, ...] = ()
    columns: Mapping[str, Bookkeeping] = field(default_factory=lambda: {"id": "id", "weight": "weight"})

    def __post_init__(self) -> None:
        if not is_positive(self.luminosity):
            raise FivesigmaError(f"recipe {self.recipe}: its luminosity must be above 0 /fb, not {self.luminosity:g}")
        if len(set(self.names)) < len(self.names) or PSEUDO_DATA in self.names:
            wrong = f"one name each and none {PSEUDO_DATA!r}, not {', '.join(self.names)}"
            raise FivesigmaError(f"recipe {self.recipe}: its processes must have {wrong}")
        for column, what in self.columns.items():
            if what not in get_args(Bookkeeping):
                near = suggestion(what, get_args(Bookkeeping))
                raise FivesigmaError(f"recipe {self.recipe}: column {column!r} cannot hold {what!r}{near}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the processes."""
        return tuple(process.name for process in self.processes)

    def process(self, name: str) -> Process:
        """Return a process by its name.

        Raises
        ------
        FivesigmaError
            If the recipe has none of that name.
        """
        if name not in self.names:
            raise FivesigmaError(f"recipe {self.recipe} has no process {name!r}{suggestion(name, self.names)}")
        return self.processes[self.names.index(name)]
