from __future__ import annotations

import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import InvalidValue
from tests.schema.fields.cases import make_type
from tests.schema.fields.storage import Store, create_table

NASTY = ["z'z", "\\", "\\'; DROP TABLE t; --", '"', "$1 ?1 :a %s", "\U0001f600", "a"]


def test_a_former_option_sorts_after_the_options_and_null_stays_null(store: Store) -> None:
    former = make_type("single-select", {"options": ["gone", *NASTY]})
    kind = make_type("single-select", {"options": NASTY})
    table = f"former_{store.dialect.name}"
    create_table(store, table, kind.columns("state", store.dialect))
    values = ["gone", None, *reversed(NASTY)]
    marks = f"{store.dialect.placeholder(1)}, {store.dialect.placeholder(2)}"
    rows = [(place, former.encode(value, store.dialect)[0]) for place, value in enumerate(values)]
    store.execute(f"INSERT INTO {table} VALUES ({marks})", rows)
    order = kind.sort_expression(store.dialect.quote("state"), store.dialect)
    found = store.fetch(f"SELECT state, {order} FROM {table} ORDER BY {order} IS NULL, {order}")
    assert [row[0] for row in found] == [*NASTY, "gone", None]
    assert [row[1] for row in found] == [*range(len(NASTY) + 1), None]


def test_a_literal_reads_the_same_under_either_setting_of_postgresql(postgresql_connection: Store) -> None:
    for setting in ("off", "on"):
        postgresql_connection.execute(f"SET standard_conforming_strings = {setting}")
        for value in NASTY:
            assert postgresql_connection.fetch(f"SELECT {POSTGRESQL.literal(value)}::text") == [(value,)]


def test_a_literal_cannot_hold_nul() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        with pytest.raises(ValueError, match=r"U\+0000"):
            dialect.literal("a\x00b")


def test_a_filter_value_must_be_an_option_too() -> None:
    with pytest.raises(InvalidValue, match="not_an_option") as caught:
        make_type("single-select", {"options": ["open", "won"]}).parse("lost", "filter")
    assert caught.value.problems[0].message == 'Must be one of: "open", "won".'


def test_the_message_stays_short_whatever_the_number_of_options() -> None:
    kind = make_type("single-select", {"options": [f"option {number}" for number in range(1000)]})
    with pytest.raises(InvalidValue) as caught:
        kind.parse("none", "write")
    assert caught.value.problems[0].message.endswith('"option 49" and 950 more.')


def test_the_schema_lists_the_values_and_not_the_labels() -> None:
    kind = make_type("single-select", {"options": ["open", {"value": "won", "label": "Won!"}]})
    assert all(
        kind.schema(mode) == {"type": "string", "enum": ["open", "won"]} for mode in ("record", "create", "filter")
    )
