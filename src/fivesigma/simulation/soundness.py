"""What a card or a recipe must not be, told before anything is generated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

__all__ = ["is_file_name", "is_positive", "setting_problems", "slha_problems", "slice_problems"]

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


def slice_problems(slices: Sequence[float]) -> Iterator[str]:
    """Yield what is wrong with the lower ends of slices, in GeV, a clause each."""
    if len(slices) > _MOST_SLICES:
        yield f"at most {_MOST_SLICES} slices, got {len(slices)}"
    # as they stand in names and settings: with six figures
    stated = [float(f"{low:g}") for low in slices]
    if not all(math.isfinite(low) and low >= 0 for low in stated):
        yield f"the lower ends of slices are momenta in GeV from 0, got {slices}"
    elif stated != sorted(set(stated)):
        yield f"the lower ends of slices must rise, got {slices}"


def setting_problems(settings: Sequence[str], *, sliced: bool) -> Iterator[str]:
    """Yield what is wrong with the Pythia settings of a card, in slices or not, a clause each.

    Pythia passes over in silence what does not begin with a letter or digit, and all that comes after a line.
    """
    fields = _FIELDS | (_SLICED if sliced else {})
    for setting in settings:
        key = re.split(r"[\s=]", setting.strip(), maxsplit=1)[0].lower()
        if not re.fullmatch(r" *[A-Za-z0-9][\x20-\x7e]*", setting):
            yield f"a Pythia setting is one line of plain text that begins with a letter or digit, not {setting!r}"
        elif key in fields:
            yield f"the setting {setting!r} stands for what {fields[key]} says; leave it out"


def slha_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the text of a supersymmetric spectrum, a clause each."""
    if odd := [character for character in text if not character.isascii() or character == "\0"]:
        yield f"the text of its spectrum must be plain ASCII; it has {odd[0]!r}"
    if not re.search(r"^\s*block\s+mass\b", text, re.IGNORECASE | re.MULTILINE):
        yield "the text of its spectrum has no BLOCK MASS"
