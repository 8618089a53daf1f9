"""Which fold an event belongs to, told so that it can be computed in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fivesigma.core.identity import fold_of, ids_from_columns, text_key
from fivesigma.events.identify import EVENT_NAMES, LUMI_NAMES, RUN_NAMES

__all__ = ["fold_rule"]

_EXAMPLES = ((1, 1, 1), (194789, 77, 61903105), (362104, 1540, 2**40 + 7))


def fold_rule(*, seed: int, folds: int, columns: Sequence[str]) -> dict[str, Any]:
    """Return the rule that `fivesigma.core.identity` follows, its constants, and events to test another implementation with.

    Parameters
    ----------
    seed, folds
        Of the model.
    columns
        Columns that identify an event; none if they are recognised by name.
    """
    ids = [int(ids_from_columns([np.array([value]) for value in event])[0]) for event in _EXAMPLES]
    found = fold_of(np.array(ids, dtype=np.uint64), seed=seed, folds=folds)
    return {
        "count": folds,
        "seed": seed,
        "rule": "fold = mix(id XOR key) modulo count; numbers are unsigned, of 64 bits, and wrap around",
        "key": _hexadecimal(int(text_key(f"folds {seed}"))),
        "mix": [
            "v = v + 0x9E3779B97F4A7C15",
            "v = (v XOR (v >> 30)) * 0xBF58476D1CE4E5B9",
            "v = (v XOR (v >> 27)) * 0x94D049BB133111EB",
            "v = v XOR (v >> 31)",
        ],
        "id": "id = 0, then for each identifying column in order: id = mix(id XOR mix(bits))",
        "bits": "of a whole number, whatever its type: those of it as a signed integer of 64 bits (unsigned if its column is);"
        " of another number: those of it in double precision; of a text: the first 8 bytes, little-endian, of its SHA-256",
        "columns": list(columns)
        or {
            "recognised": "the first of each list that there is, in this order; an event number is needed",
            "run": list(RUN_NAMES),
            "luminosity block": list(LUMI_NAMES),
            "event": list(EVENT_NAMES),
        },
        "without columns": "id = mix(file XOR mix(entry)) of a simulated event: entry counts from 0, file is the first 8 bytes,"
        " little-endian, of the SHA-256 of the text of the first 16 hexadecimal digits of the file's SHA-256;"
        " of a data event all its numbers and texts identify it, in the file's order of columns",
        "examples": [
            {"columns": list(event), "id": _hexadecimal(id_), "fold": int(fold)}
            for event, id_, fold in zip(_EXAMPLES, ids, found, strict=True)
        ],
    }


def _hexadecimal(value: int) -> str:
    return f"0x{value:016X}"
