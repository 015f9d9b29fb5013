"""Exact decimal arithmetic for SQLite, which has only 64-bit integers and doubles.

A number is text in one canonical form (plain digits, no needless zeros, no `-0`): equal numbers are equal texts.
Null in gives null out. PostgreSQL computes the same with `numeric`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, Final

QUOTIENT_PLACES: Final = 10
"""A quotient, like a root, is rounded half away from zero to this many places."""

RESULT_DIGITS: Final = 15
"""A `number` that a formula yields is rounded half away from zero to this many significant digits."""

RESULT_PLACES: Final = 1_000
"""What lies beyond this many decimals of a result is rounded away."""

MAX_DIGITS: Final = 100
"""A number that a formula yields has at most this many digits before the point. A power is held to this many in all,
and to twice as many decimals, so that the numbers of a formula stay within what `numeric` and `_CONTEXT` can hold."""

MAX_EXPONENT: Final = 1_000_000
"""The greatest exponent of a power."""

_LONGEST_WHOLE: Final = 18

# Far more digits than the longest condition or formula of an application file can produce, so that nothing is rounded.
_CONTEXT: Final = Context(prec=20_000, rounding=ROUND_HALF_UP, traps=[])


def number_text(number: Decimal) -> str:
    """Write a number in the canonical form."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text


def _of_numbers(function: Callable[..., Decimal | None]) -> Callable[..., str | None]:
    """Let a function of numbers take and give texts, and null."""

    @functools.wraps(function)
    def call(*arguments: Any) -> str | None:
        if None in arguments:
            return None
        result = function(*(Decimal(argument) for argument in arguments))
        return None if result is None else number_text(result)

    return call


@_of_numbers
def unscale(scaled: Decimal, places: Decimal) -> Decimal:
    """Return scaled ÷ 10^places: the number that a stored integer stands for."""
    return scaled.scaleb(-int(places), _CONTEXT)


@_of_numbers
def add(left: Decimal, right: Decimal) -> Decimal:
    return _CONTEXT.add(left, right)


@_of_numbers
def subtract(left: Decimal, right: Decimal) -> Decimal:
    return _CONTEXT.subtract(left, right)


@_of_numbers
def multiply(left: Decimal, right: Decimal) -> Decimal:
    return _CONTEXT.multiply(left, right)


@_of_numbers
def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the quotient rounded to ten places, or null for a division by zero."""
    if not right:
        return None
    return _quotient(left, right)


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    exact = Fraction(left) / Fraction(right) * 10**QUOTIENT_PLACES
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return Decimal(whole if exact >= 0 else -whole).scaleb(-QUOTIENT_PLACES, _CONTEXT)


@_of_numbers
def absolute(number: Decimal) -> Decimal:
    return number.copy_abs()


@_of_numbers
def round_half_away(number: Decimal, places: Decimal) -> Decimal:
    """Return the number with this many places, a half rounded away from zero."""
    return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP, _CONTEXT)


@_of_numbers
def floor(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR, _CONTEXT)


@_of_numbers
def ceiling(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING, _CONTEXT)


@_of_numbers
def truncate(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_DOWN, _CONTEXT)


@_of_numbers
def sign(number: Decimal) -> Decimal:
    return _CONTEXT.compare(number, Decimal(0))


@_of_numbers
def modulo(left: Decimal, right: Decimal) -> Decimal | None:
    """Return what is left of a whole division, with the sign of `left`; null for a division by zero."""
    return _CONTEXT.remainder(left, right) if right else None


@_of_numbers
def round_to(number: Decimal, places: Decimal) -> Decimal | None:
    """Return the number rounded half away from zero to a whole number of places, which may be negative."""
    if places != places.to_integral_value() or abs(places) > MAX_DIGITS:
        return None
    return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP, _CONTEXT)


@_of_numbers
def power(base: Decimal, exponent: Decimal) -> Decimal | None:
    """Return base ^ exponent; null for a fraction as the exponent, a division by zero and a number out of range.

    It is worked out by squaring, each step held to `MAX_DIGITS` digits. A negative exponent makes a quotient.
    """
    if exponent != exponent.to_integral_value() or abs(exponent) > MAX_EXPONENT:
        return None
    if exponent >= 0:
        return _whole_power(base, int(exponent))
    if not base:
        return None
    raised = _whole_power(base, -int(exponent))
    if raised is None:  # one divided by what is beyond the range is nothing
        return Decimal(0)
    return _quotient(Decimal(1), raised) if raised else None


def _whole_power(base: Decimal, exponent: int) -> Decimal | None:
    result, square = Decimal(1), base
    while True:
        if exponent % 2:
            result = _held(_CONTEXT.multiply(result, square))
        exponent //= 2
        if not exponent or result.adjusted() >= MAX_DIGITS or square.adjusted() >= MAX_DIGITS:
            break
        square = _held(_CONTEXT.multiply(square, square))
    return None if exponent or result.adjusted() >= MAX_DIGITS else result


def _held(number: Decimal) -> Decimal:
    """Return the number with at most `MAX_DIGITS` significant digits and twice as many decimals."""
    last = max(number.adjusted() - MAX_DIGITS + 1, -2 * MAX_DIGITS)
    return number.quantize(Decimal(1).scaleb(last), ROUND_HALF_UP, _CONTEXT) if _exponent(number) < last else number


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


@_of_numbers
def square_root(number: Decimal) -> Decimal | None:
    """Return the root rounded half away from zero to ten places; null for a negative number."""
    if number < 0:
        return None
    # The greatest whole k with (2k - 1)² ≤ 4 · number · 10^20.
    bound = _CONTEXT.multiply(number, Decimal(4)).scaleb(2 * QUOTIENT_PLACES, _CONTEXT)
    doubled = math.isqrt(int(bound.to_integral_value(ROUND_FLOOR, _CONTEXT)))
    return Decimal((doubled + 1) // 2).scaleb(-QUOTIENT_PLACES, _CONTEXT)


@_of_numbers
def least(*numbers: Decimal) -> Decimal:
    return min(numbers)


@_of_numbers
def greatest(*numbers: Decimal) -> Decimal:
    return max(numbers)


def between(value: str | None, low: str | None, high: str | None) -> int | None:
    """Say whether a number lies within two bounds, which belong to the span, as SQL's BETWEEN does with nulls."""
    above, below = compare(value, low), compare(value, high)
    if (above is not None and above < 0) or (below is not None and below > 0):
        return 0
    return None if above is None or below is None else 1


@_of_numbers
def number_result(number: Decimal) -> Decimal | None:
    """Return what a formula of the type `number` yields: 15 significant digits, or null if it is out of range."""
    places = max(number.adjusted() - RESULT_DIGITS + 1, -RESULT_PLACES)
    return _in_range(number.quantize(Decimal(1).scaleb(places), ROUND_HALF_UP, _CONTEXT))


@_of_numbers
def decimal_result(number: Decimal) -> Decimal | None:
    """Return what a formula of the type `decimal` yields: up to ten places, or null if it is out of range."""
    return _in_range(number.quantize(Decimal(1).scaleb(-QUOTIENT_PLACES), ROUND_HALF_UP, _CONTEXT))


def _in_range(number: Decimal) -> Decimal | None:
    return number if number.adjusted() < MAX_DIGITS else None


def whole_number(text: str) -> int | None:
    """Return a number in canonical form as an `int`, `None` if it has a fraction. Beyond 10^18 it stays there."""
    if "." in text:
        return None
    if len(text) > _LONGEST_WHOLE:
        return -(10**18) if text.startswith("-") else 10**18
    return int(text)


def fixed(scaled: int | None, places: int) -> str | None:
    """Return scaled ÷ 10^places with exactly that many decimals; null for null."""
    return None if scaled is None else format(Decimal(scaled).scaleb(-places, _CONTEXT), "f")


def compare(left: str | None, right: str | None) -> int | None:
    """Return -1, 0 or 1 as the left number is less than, equal to or greater than the right one."""
    if left is None or right is None:
        return None
    return int(_CONTEXT.compare(Decimal(left), Decimal(right)))
