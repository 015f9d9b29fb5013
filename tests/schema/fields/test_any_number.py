from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema_rs
import pytest

from tabularium.db.dialect import SQLITE
from tabularium.db.functions import SQLITE_AGGREGATES, SQLITE_FUNCTIONS
from tabularium.schema.fields.any_number import AnyDecimalType, AnyNumberType
from tabularium.schema.fields.base import InvalidValue
from tests.schema.fields.storage import SQLiteStore, Store

# In ascending order.
NUMBERS: tuple[int | Decimal, ...] = (
    -(10**99),
    Decimal("-12.5"),
    -12,
    0,
    Decimal("0.0000000000000000000000000000005"),
    Decimal("0.3333333333"),
    1,
    10**30 + 1,
)
KINDS = (AnyNumberType(), AnyDecimalType())


@pytest.fixture
def filled(store: Store) -> Store:
    if isinstance(store, SQLiteStore):
        for function in SQLITE_FUNCTIONS:
            store.connection.create_scalar_function(function.name, function.call, function.arguments)
        for aggregate in SQLITE_AGGREGATES:
            store.connection.create_aggregate_function(aggregate.name, aggregate.state, aggregate.arguments)
    kind = "text" if store.dialect is SQLITE else "numeric"
    store.execute("DROP TABLE IF EXISTS numbers")
    store.execute(f"CREATE TEMPORARY TABLE numbers (place integer, value {kind})")
    mark = store.dialect.placeholder
    rows = [(place, *KINDS[0].encode(number, store.dialect)) for place, number in enumerate((*NUMBERS, None))]
    store.execute(f"INSERT INTO numbers VALUES ({mark(1)}, {mark(2)})", rows)
    return store


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_a_number_is_read_in_its_json_form(filled: Store, kind: AnyNumberType) -> None:
    expression = kind.read_expression("value", filled.dialect)
    decode = kind.decoder(filled.dialect) or (lambda value: value)
    rows = filled.fetch(f"SELECT {expression} FROM numbers WHERE value IS NOT NULL ORDER BY place")
    values = [decode(row[0]) for row in rows]
    assert [Decimal(value) for value in values] == list(NUMBERS)
    if isinstance(kind, AnyDecimalType):
        assert [values[1], values[3], values[4]] == ["-12.5", "0", "0.0000000000000000000000000000005"]


def test_a_number_sorts_compares_and_sums_exactly(filled: Store) -> None:
    kind, dialect = KINDS[0], filled.dialect
    rows = filled.fetch("SELECT place FROM numbers WHERE value IS NOT NULL ORDER BY value DESC")
    assert [row[0] for row in rows] == list(range(len(NUMBERS) - 1, -1, -1))
    for place, number in enumerate(NUMBERS):
        (value,) = kind.encode(kind.parse(number, "filter"), dialect)
        above = filled.fetch(f"SELECT count(*) FROM numbers WHERE value > {dialect.placeholder(1)}", (value,))
        assert above[0][0] == len(NUMBERS) - place - 1
    total = "tabularium_sum(value)" if dialect is SQLITE else "sum(value)::text"
    assert Fraction(filled.fetch(f"SELECT {total} FROM numbers")[0][0]) == sum(map(Fraction, NUMBERS))


def test_a_number_is_text_and_part_of_a_formula(filled: Store) -> None:
    kind, dialect = KINDS[0], filled.dialect
    for expression in (
        kind.text_expression("value", dialect),
        f"CAST({kind.formula_expression('value', dialect)} AS text)",
    ):
        rows = filled.fetch(f"SELECT {expression} FROM numbers WHERE place IN (1, 2, 5, 8) ORDER BY place")
        assert [row[0] for row in rows] == ["-12.5", "-12", "0.3333333333", None]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("5", "wrong_type"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        (Decimal("NaN"), "wrong_type"),
        (10**100, "out_of_range"),
        (Decimal("1e999999999"), "out_of_range"),
        (Decimal("1e-1001"), "too_precise"),
        (Decimal("1e-999999999"), "too_precise"),
    ],
)
def test_what_no_number_of_a_field_can_be_is_refused(value: Any, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        KINDS[0].parse(value, "filter")
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_decimal_is_also_read_from_a_string() -> None:
    kind = AnyDecimalType()
    assert kind.parse("9.50", "filter") == kind.parse(Decimal("9.5"), "filter") == Decimal("9.5")
    with pytest.raises(InvalidValue, match="wrong_type"):
        kind.parse("1e5", "filter")
    assert kind.present_number(Decimal("1.500"), is_average=True) == "1.5"
    assert KINDS[0].present_number(Decimal("2.000"), is_average=True) == 2


def test_what_is_read_fits_the_schema() -> None:
    for number in NUMBERS:
        text = format(number, "f") if isinstance(number, Decimal) else str(number)
        assert jsonschema_rs.is_valid(KINDS[1].schema("record"), text)
    assert not jsonschema_rs.is_valid(KINDS[1].schema("record"), "1.")
    assert jsonschema_rs.is_valid(KINDS[1].schema("filter"), 5)
    assert KINDS[0].schema("record") == {"type": "number"}
