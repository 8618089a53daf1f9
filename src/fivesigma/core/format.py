"""Numbers as physicists print them, as plain Unicode text.

Rounding follows the Review of Particle Physics (Navas et al., PRD 110, 030001 (2024)), Introduction, section 5.3: with
the three highest-order digits of the error between 100 and 354 we round to two digits, between 355 and 949 to one,
and from 950 to 999 up to 1000, keeping two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = [
    "MINUS",
    "aligned",
    "asymmetric",
    "column",
    "count",
    "duration",
    "few",
    "measured",
    "number",
    "percent",
    "plus_minus",
    "quantum",
    "significance",
    "to_quantum",
]

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_EVERY_DIGIT = Context(prec=700, rounding=ROUND_HALF_UP)
"""Holds any number of double precision to the last digit of any other."""
_LARGEST_POWER, _SMALLEST_POWER = 6, -4
"""Outside these powers of ten a number is written as a mantissa and its power."""


def _grouped(number: Decimal) -> str:
    """Write in fixed notation: a true minus, thousands set apart from five digits on."""
    whole, _, decimals = f"{abs(number):f}".partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", NARROW)
    sign = MINUS if number < 0 and any(digit in "123456789" for digit in whole + decimals) else ""
    return sign + whole + (f".{decimals}" if decimals else "")


def _power_of_ten(power: int) -> str:
    return f"10{str(power).translate(_SUPERSCRIPTS)}"


def _power(value: Decimal) -> int:
    """Return floor(log10 |value|); 0 for zero."""
    return value.adjusted() if value else 0


def to_quantum(value: float, step: Decimal) -> str:
    """Return ``value`` rounded to a multiple of the power of ten ``step``."""
    rounded = Decimal(repr(float(value))).quantize(step, context=_EVERY_DIGIT)
    return _grouped(rounded.quantize(Decimal(1), context=_EVERY_DIGIT) if step > 1 else rounded)


def quantum(error: float) -> Decimal:
    """Return the power of ten to which the PDG's rule rounds a quantity with this error.

    Raises
    ------
    ValueError
        If the error is not positive and finite.
    """
    if not (math.isfinite(error) and error > 0):
        raise ValueError(f"rounding needs a positive, finite error, not {error}")
    exact = Decimal(repr(float(error)))
    power = exact.adjusted()
    return Decimal(1).scaleb(power - 1 if exact < Decimal("3.55").scaleb(power) else power)


def plus_minus(value: float, error: float) -> tuple[str, str]:
    """Return value and error as text, rounded together by the PDG's rule.

    >>> plus_minus(0.827, 0.119)
    ('0.83', '0.12')
    >>> plus_minus(0.827, 0.367)
    ('0.8', '0.4')
    """
    step = quantum(error)
    return to_quantum(value, step), to_quantum(error, step)


def asymmetric(value: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a value, its error up and its error down as text, rounded together by the smaller error that is not zero.

    >>> asymmetric(4.31, 3.9, 4.9)
    ('4.3', '0.6', '0.4')

    Raises
    ------
    ValueError
        If the interval has no width.
    """
    up, down = high - value, value - low
    step = quantum(min((error for error in (up, down) if error > 0), default=0.0))
    return to_quantum(value, step), to_quantum(up, step), to_quantum(down, step)


def measured(value: float, error: float | None) -> str:
    """Return "value ± error", with a common power of ten where both are very large or very small."""
    if not error:
        return number(value)
    power = _power(Decimal(repr(max(abs(float(value)), float(error)))))
    if _SMALLEST_POWER <= power <= _LARGEST_POWER:
        return "{} ± {}".format(*plus_minus(value, error)).replace(" ", SPACE)
    scale = Decimal(1).scaleb(power)
    mantissas = plus_minus(float(Decimal(repr(float(value))) / scale), float(Decimal(repr(float(error))) / scale))
    return "({} ± {})".format(*mantissas).replace(" ", SPACE) + f" × {_power_of_ten(power)}".replace(" ", NARROW)


def number(value: float, digits: int = 3) -> str:
    """Return a number to so many significant digits; digits before the point are never dropped, exact short ones stay short."""
    if not math.isfinite(value):
        return "undefined" if math.isnan(value) else (MINUS if value < 0 else "") + "∞"
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(_power(exact) - digits + 1), rounding=ROUND_HALF_UP) if exact else exact
    power = _power(rounded)
    if not _SMALLEST_POWER <= power <= _LARGEST_POWER:
        mantissa = rounded.scaleb(-power).quantize(Decimal(1).scaleb(1 - digits))
        return f"{_grouped(mantissa)} × {_power_of_ten(power)}".replace(" ", NARROW)
    places = max(0, digits - 1 - power)
    shortest = max(0, -int(exact.normalize().as_tuple().exponent))
    return to_quantum(value, Decimal(1).scaleb(-min(places, shortest)))


def aligned(values: Sequence[float], like: Sequence[float] | None = None, digits: int = 2) -> tuple[str, ...]:
    """Return numbers that belong together with the same decimals: the smallest of ``like`` keeps so many digits."""
    sizes = [abs(value) for value in (values if like is None else like) if value]
    if not sizes or min(sizes) < 10.0**_SMALLEST_POWER or max(sizes) >= 10.0 ** (_LARGEST_POWER + 1):
        return tuple(number(value, digits) for value in values)
    step = Decimal(1).scaleb(min(0, _power(Decimal(repr(float(min(sizes))))) - digits + 1))
    return tuple(to_quantum(value, step) for value in values)


def column(values: Sequence[float], digits: int = 4) -> tuple[str, ...]:
    """Return the numbers of a column, each to so many digits, with the same decimals unless they differ a thousandfold."""
    texts = tuple(number(value, digits) for value in values)
    sizes = [abs(value) for value in values if value]
    if not all(map(math.isfinite, values)) or not sizes or max(sizes) > 1000 * min(sizes) or "×" in "".join(texts):
        return texts
    exact = [Decimal(f"{value:.{digits}g}").normalize() for value in values]
    places = max(0, *(-int(value.as_tuple().exponent) for value in exact))
    return tuple(to_quantum(value, Decimal(1).scaleb(-places)) for value in values)


def count(value: float) -> str:
    """Return a count, thousands set apart."""
    return to_quantum(value, Decimal(1))


def percent(fraction: float, digits: int = 3) -> str:
    """Return a fraction in per cent."""
    return number(float(Decimal(repr(float(fraction))) * 100), digits) + SPACE + "%"


def significance(z: float) -> str:
    """Return a significance in units of σ, to two significant digits and at most two decimals."""
    return to_quantum(z, Decimal("0.1") if abs(z) >= 0.995 else Decimal("0.01")) + SPACE + "σ"


def duration(seconds: float) -> str:
    """Return a time as people say it: 0.42 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 59.5:
        return number(seconds, 2) + SPACE + "s"
    minutes, rest = divmod(round(seconds), 60)
    larger, smaller, units = (minutes, rest, "min s") if minutes < 60 else (*divmod(minutes, 60), "h min")
    return SPACE.join(
        f"{part}{SPACE}{unit}" for part, unit in zip((larger, smaller), units.split(), strict=True) if part
    )


def few(names: Sequence[str], most: int = 12) -> str:
    """Return the first of many names, and how many more there are: "a, b and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
