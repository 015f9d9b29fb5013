"""Exact decimal arithmetic for SQLite, which has only 64-bit integers and doubles.

A number is text in one canonical form (plain digits, no needless zeros, no `-0`): equal numbers are equal texts.
Null in gives null out. PostgreSQL computes the same with `numeric`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, Final

QUOTIENT_PLACES: Final = 10
"""A quotient is rounded half away from zero to this many places."""

# Far more digits than the longest condition of an application file can produce, so that nothing is ever rounded.
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


def fixed(scaled: int | None, places: int) -> str | None:
    """Return scaled ÷ 10^places with exactly that many decimals; null for null."""
    return None if scaled is None else format(Decimal(scaled).scaleb(-places, _CONTEXT), "f")


def compare(left: str | None, right: str | None) -> int | None:
    """Return -1, 0 or 1 as the left number is less than, equal to or greater than the right one."""
    if left is None or right is None:
        return None
    return int(_CONTEXT.compare(Decimal(left), Decimal(right)))
