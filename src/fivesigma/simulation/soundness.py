"""What a card or a recipe must not be, told before anything is generated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fivesigma.simulation import processes

__all__ = ["card_problems", "is_file_name", "is_positive"]

_MOST_SLICES = 10  # of each there is a block of event numbers
_FIELDS = {
    "random:seed": "the seed of the generation",
    "random:setseed": "the seed of the generation",
    "beams:ecm": "energy",
    "partonlevel:mpi": "multiparton_interactions",
    "hadronlevel:hadronize": "hadronisation",
    "slha:file": "slha",
}
_SLICED = {"phasespace:pthatmin": "slices", "phasespace:pthatmax": "slices"}


def is_file_name(name: str) -> bool:
    """Return whether a name makes a file beside the others: no folder, not hidden, nothing that a shell would take amiss."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", name) is not None


def is_positive(value: float) -> bool:
    """Return whether a number is one, finite, and above zero."""
    return math.isfinite(value) and value > 0


def card_problems(process: processes.Process) -> Iterator[str]:
    """Yield what is wrong with a process card, a clause each."""
    if not is_file_name(process.name):
        yield "a process gives its file its name: letters, digits and _ . + - only, and none of _ . + - at its start"
    if process.kind not in ("signal", "background"):
        yield f"its kind is 'signal' or 'background', not {process.kind!r}"
    for what in ("cross_section", "k_factor", "energy"):
        value = getattr(process, what)
        if value is not None and not is_positive(value):
            yield f"its {what} must be a number above zero, not {value:g}"
    if process.chunk_size < 1 or process.chunk_size != math.floor(process.chunk_size):
        yield f"its chunk_size must be a whole number from 1, not {process.chunk_size}"
    yield from _slice_problems(process)
    yield from _setting_problems(process)
    yield from _slha_problems(process.slha)


def _slice_problems(process: processes.Process) -> Iterator[str]:
    if process.slices and process.cross_section is not None:
        yield "one cross section cannot be that of several slices"
    if len(process.slices) > _MOST_SLICES:
        yield f"at most {_MOST_SLICES} slices, got {len(process.slices)}"
    # as they stand in names and settings: with six figures
    stated = [float(f"{low:g}") for low in process.slices]
    if not all(math.isfinite(low) and low >= 0 for low in stated):
        yield f"the lower ends of slices are momenta in GeV from 0, got {process.slices}"
    elif stated != sorted(set(stated)):
        yield f"the lower ends of slices must rise, got {process.slices}"


def _setting_problems(process: processes.Process) -> Iterator[str]:
    """Pythia passes over in silence what does not begin with a letter or digit, and all that comes after a line."""
    fields = _FIELDS | (_SLICED if process.slices else {})
    for setting in process.settings:
        key = re.split(r"[\s=]", setting.strip(), maxsplit=1)[0].lower()
        if not re.fullmatch(r" *[A-Za-z0-9][\x20-\x7e]*", setting):
            yield f"a Pythia setting is one line of plain text that begins with a letter or digit, not {setting!r}"
        elif key in fields:
            yield f"the setting {setting!r} stands for what {fields[key]} says; leave it out"


def _slha_problems(text: str | None) -> Iterator[str]:
    if text is None:
        return
    if odd := [character for character in text if not character.isascii() or character == "\0"]:
        yield f"the text of its spectrum must be plain ASCII; it has {odd[0]!r}"
    if not re.search(r"^\s*block\s+mass\b", text, re.IGNORECASE | re.MULTILINE):
        yield "the text of its spectrum has no BLOCK MASS"
