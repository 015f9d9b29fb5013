from __future__ import annotations

from decimal import Decimal

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.functions import SQLITE_AGGREGATES
from tabularium.db.number_keys import MAX_POWER, key_number, key_of_text, number_key, text_of_key

EDGES = [
    f"-9.99e{MAX_POWER}",
    "-1234567890123456789012345678901234567890.5",
    "-1e20",
    "-12.3",
    "-12",
    "-1.25",
    "-1.2",
    "-1",
    "-0.5",
    "-0.05",
    f"-1e-{MAX_POWER}",
    "0",
    f"1e-{MAX_POWER}",
    "0.05",
    "0.5",
    "1",
    "1.2",
    "1.25",
    "10",
    "12",
    "99.999",
    "100",
    f"9.99e{MAX_POWER}",
]
numbers = st.builds(lambda digits, places: Decimal(f"{digits}e{-places}"), st.integers(), st.integers(-60, 60))


@pytest.mark.parametrize("text", EDGES)
def test_a_key_leads_back_to_its_number(text: str) -> None:
    assert key_number(number_key(Decimal(text))) == Decimal(text)


def test_keys_sort_as_their_numbers() -> None:
    keys = [number_key(Decimal(text)) for text in EDGES]
    assert sorted(keys) == keys


@given(left=numbers, right=numbers)
def test_keys_compare_as_their_numbers(left: Decimal, right: Decimal) -> None:
    a, b = number_key(left), number_key(right)
    assert ((a < b), (a == b)) == ((left < right), (left == right))
    assert key_number(a) == left


def test_equal_numbers_have_equal_keys_and_one_text() -> None:
    assert {number_key(Decimal(text)) for text in ("10", "10.0", "1E+1", "0.1e2")} == {number_key(Decimal(10))}
    assert number_key(Decimal("-0.00")) == number_key(Decimal(0))
    assert text_of_key(key_of_text("-0.0500")) == "-0.05"
    assert key_of_text(None) is None
    assert text_of_key(None) is None


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        ([], None),
        ([None, None], None),
        (["0.1", None, "0.2"], "0.3"),
        (["-1", "1"], "0"),
        (["99999999999999999999.5", "0.00000000000000000001"], "99999999999999999999.50000000000000000001"),
    ],
)
def test_keys_are_summed_exactly(texts: list[str | None], total: str | None) -> None:
    connection = apsw.Connection(":memory:")
    for each in SQLITE_AGGREGATES:
        connection.create_aggregate_function(each.name, each.state, each.arguments)
    connection.execute("CREATE TABLE t (x TEXT)")
    for text in texts:
        connection.execute("INSERT INTO t VALUES (?)", (key_of_text(text),))
    assert connection.execute("SELECT tabularium_sum(x) FROM t").fetchall() == [(total,)]
