"""`integer` and `decimal`: limits, filters, text forms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import InvalidValue
from tests.schema.fields.cases import make_type


def codes_of(text: str, name: str) -> list[str]:
    with pytest.raises(InvalidValue) as caught:
        make_type(name).parse(make_type(name).parse_text(text), "filter")
    return [problem.code for problem in caught.value.problems]


def test_a_filter_value_may_lie_outside_of_the_limits_but_not_of_the_type() -> None:
    integer = make_type("integer", {"min": 1, "max": 5})
    decimal = make_type("decimal", {"min": 1, "max": 5})
    assert integer.parse(9, "filter") == 9
    assert decimal.parse("0.5", "filter") == Decimal("0.50")
    assert codes_of("9223372036854775808", "integer") == ["out_of_range"]
    assert codes_of("10000000000000000", "decimal") == ["out_of_range"]
    assert codes_of("0.001", "decimal") == ["too_precise"]


@pytest.mark.parametrize("name", ["integer", "decimal"])
@pytest.mark.parametrize(
    "text", ["", " 5", "5 ", "+5", "05", "1e3", "0x10", "\u0665", "five", "1_000", "nan", "5\n", "--5"]
)
def test_a_text_that_is_no_plain_number_is_of_the_wrong_type(name: str, text: str) -> None:
    assert codes_of(text, name) == ["wrong_type"]


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_the_text_of_an_integer_reads_as_the_integer(number: int) -> None:
    integer = make_type("integer")
    assert integer.parse(integer.parse_text(str(number)), "filter") == number
    assert integer.parse(integer.from_text(f"{number}.00"), "import") == number


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1), st.integers(min_value=0, max_value=10))
def test_a_decimal_is_the_same_number_on_both_databases(scaled: int, places: int) -> None:
    decimal = make_type("decimal", {"precision": places})
    stored = decimal.parse(Decimal(scaled).scaleb(-places), "write")
    (on_sqlite,) = decimal.encode(stored, SQLITE)
    (on_postgresql,) = decimal.encode(stored, POSTGRESQL)
    decode = decimal.decoder(SQLITE)
    assert on_sqlite == scaled
    assert decode is not None
    assert decode(on_sqlite) == on_postgresql


def test_a_limit_is_named_in_plain_digits() -> None:
    decimal = make_type("decimal", {"precision": 10, "min": Decimal("1e-9"), "max": Decimal("1e3")})
    with pytest.raises(InvalidValue) as caught:
        decimal.parse("0", "write")
    assert caught.value.problems[0].message == "Must be at least 0.000000001."
    with pytest.raises(InvalidValue) as caught:
        decimal.parse("1001", "write")
    assert caught.value.problems[0].message == "Must be at most 1000."
    with pytest.raises(InvalidValue) as caught:
        make_type("integer", {"min": 0}).parse(-1, "write")
    assert caught.value.problems[0].message == "Must be from 0 to 9223372036854775807."


def test_limits_stand_in_the_schema_of_a_write() -> None:
    integer = make_type("integer", {"min": 1, "max": 5})
    assert integer.schema("create") == {"type": "integer", "minimum": 1, "maximum": 5}
    decimal = make_type("decimal", {"min": Decimal("0.5")}).schema("update")
    assert (decimal["minimum"], decimal["exclusiveMaximum"]) == (0.5, 10**16)


def test_zero_is_a_value_that_required_accepts() -> None:
    assert not make_type("integer").is_blank(0)
    assert not make_type("decimal").is_blank(Decimal(0))
    assert not make_type("checkbox").is_blank(False)
