"""Exact numbers: from the digits of a request to an integer count of the smallest unit, and back. Never a double.

A `Decimal` of a request may carry an exponent of 18 digits, so no step writes a number out before its size is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from typing import Final

from tabularium.schema.fields.base import InvalidValue, Problem

MAX_DIGITS: Final = 18
"""|value| × 10^places stays below 10^18, which a 64-bit integer and numeric(18, places) both hold."""

_EXACTLY: Final = Context(prec=MAX_DIGITS, traps=[InvalidOperation, Inexact])
"""Raises where a number does not fit, instead of rounding it."""
_UNITS: Final = tuple(Decimal(1).scaleb(-places) for places in range(MAX_DIGITS + 1))

MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1

# With this many digits before the point a number is beyond 64 bits, and may be written out until then.
_INTEGER_DIGITS: Final = 19


def lowest_exponent(value: Decimal) -> int:
    """Return the power of ten of the last digit that is not zero; 0 for zero."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not value:
        return 0
    written = "".join(map(str, digits))
    return exponent + len(written) - len(written.rstrip("0"))


def whole_number(value: int | Decimal) -> int | None:
    """Return the number as an integer, or `None` if it has a fraction.

    A number far beyond 64 bits comes back as the nearest one that is just outside, instead of being written out.
    """
    if isinstance(value, int):
        return value
    if not value.is_finite() or lowest_exponent(value) < 0:
        return None
    if not value:  # zero may carry a huge exponent, too
        return 0
    if value.adjusted() >= _INTEGER_DIGITS:
        return MIN_INTEGER - 1 if value < 0 else MAX_INTEGER + 1
    return int(value)


def scaled_integer(value: int | Decimal, places: int) -> int:
    """Return value × 10^places, or raise `InvalidValue` with `out_of_range`, `too_precise` or both."""
    if isinstance(value, int):
        if abs(value) >= 10 ** (MAX_DIGITS - places):
            raise InvalidValue(_too_large(places))
        return int(value * 10**places)
    return int(fixed_number(value, places).scaleb(places, _EXACTLY))


def fixed_number(value: int | Decimal, places: int) -> Decimal:
    """Return the number with exactly `places` decimals, zero without a sign, or raise `InvalidValue` likewise."""
    try:
        number = Decimal(value).quantize(_UNITS[places], context=_EXACTLY)
    except DecimalException:
        raise InvalidValue(*_misfits(Decimal(value), places)) from None
    return number or number.copy_abs()


def _misfits(value: Decimal, places: int) -> Iterator[Problem]:
    if value.adjusted() + places >= MAX_DIGITS:
        yield _too_large(places)
    if lowest_exponent(value) < -places:
        yield _too_precise(places)


def fixed_text(scaled: int, places: int) -> str:
    """Write scaled ÷ 10^places as plain digits with exactly `places` decimals."""
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def json_number(value: int | Decimal) -> int | float | None:
    """Return the number for a JSON Schema, or `None` where a double would not keep its digits."""
    if isinstance(value, int):
        return value
    whole = whole_number(value)
    if whole is not None:
        return whole
    double = float(value)
    return double if Decimal(repr(double)) == value else None


def _too_large(places: int) -> Problem:
    return Problem("out_of_range", f"Must have at most {MAX_DIGITS - places} digits before the decimal point.")


def _too_precise(places: int) -> Problem:
    allowed = {0: "no decimals", 1: "at most 1 decimal"}.get(places, f"at most {places} decimals")
    return Problem("too_precise", f"Must have {allowed}.")
