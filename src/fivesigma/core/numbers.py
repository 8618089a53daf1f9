"""Numbers as texts that names are made of."""

from __future__ import annotations

__all__ = ["digits"]


def digits(value: float) -> str:
    """Return the shortest text that reads as the same number again, whole numbers without a point: 500, 0.1, 1234567.

    Two numbers never give the same text, unlike formats that keep so many digits and no more.
    """
    return repr(float(value)).removesuffix(".0")
