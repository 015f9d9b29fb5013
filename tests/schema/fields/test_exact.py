from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.fields.exact import (
    MAX_INTEGER,
    MIN_INTEGER,
    fixed_text,
    json_number,
    lowest_exponent,
    scaled_integer,
    whole_number,
)

places = st.integers(min_value=0, max_value=10)
scaled = st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1)
HUGE = (
    "1e999999999999999999",
    "-1e999999999999999999",
    "1e-999999999999999999",
    "0e999999999999999999",
    "0e-99999999999",
)


@given(scaled, places)
def test_a_scaled_number_reads_back_from_its_text(number: int, decimals: int) -> None:
    text = fixed_text(number, decimals)
    assert scaled_integer(Decimal(text), decimals) == number
    assert Fraction(text) == Fraction(number, 10**decimals)
    assert len(text.partition(".")[2]) == decimals


@given(st.decimals(allow_nan=False, allow_infinity=False), places)
def test_scaling_is_exact_or_refused_for_the_right_reason(value: Decimal, decimals: int) -> None:
    exact = Fraction(value) * 10**decimals
    codes = set()
    if abs(exact) >= 10**18:
        codes.add("out_of_range")
    if exact.denominator != 1:
        codes.add("too_precise")
    if not codes:
        assert scaled_integer(value, decimals) == exact
        return
    with pytest.raises(InvalidValue) as caught:
        scaled_integer(value, decimals)
    assert {problem.code for problem in caught.value.problems} == codes


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_whole_number_is_recognised_whatever_its_digits(value: Decimal) -> None:
    whole = whole_number(value)
    exact = Fraction(value)
    if exact.denominator != 1:
        assert whole is None
    elif MIN_INTEGER <= exact <= MAX_INTEGER:
        assert whole == exact
    else:
        assert whole is not None
        assert not MIN_INTEGER <= whole <= MAX_INTEGER


@pytest.mark.parametrize("text", HUGE)
def test_a_huge_exponent_is_never_written_out(text: str) -> None:
    value = Decimal(text)
    assert abs(whole_number(value) or 0) in (0, MAX_INTEGER + 1, -(MIN_INTEGER - 1))
    if value:
        with pytest.raises(InvalidValue):
            scaled_integer(value, 2)
    else:
        assert scaled_integer(value, 2) == 0


@pytest.mark.parametrize(
    ("text", "exponent"), [("0", 0), ("0e7", 0), ("1200", 2), ("12e5", 5), ("1.2300", -2), ("-1e-3", -3)]
)
def test_the_lowest_exponent_is_that_of_the_last_digit_that_counts(text: str, exponent: int) -> None:
    assert lowest_exponent(Decimal(text)) == exponent


def test_a_number_for_a_schema_keeps_its_digits_or_is_left_out() -> None:
    assert json_number(Decimal("0.1")) == 0.1
    assert json_number(Decimal("1e3")) == 1000
    assert json_number(7) == 7
    assert json_number(Decimal("0.1234567890123456789")) is None
