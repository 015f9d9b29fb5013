from __future__ import annotations

import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.model import KeyKind, PrimaryKey
from tests.schema.fields.cases import make_type
from tests.support.scope import OneTable


def test_before_it_is_resolved_a_link_knows_only_the_reference() -> None:
    link = make_type("relationship", {"relatedTable": 7})
    assert link.related_table == "7"
    with pytest.raises(RuntimeError, match=r'"7" is used before it was resolved'):
        link.parse("1", "write")
    with pytest.raises(RuntimeError):
        link.columns("owner", SQLITE)


def test_resolving_makes_a_new_type_and_leaves_the_first_alone() -> None:
    link = make_type("relationship", {"relatedTable": 7})
    resolved = link.resolve(OneTable("people", PrimaryKey("text")))
    assert resolved is not link
    assert (link.related_table, resolved.related_table) == ("7", "people")
    assert resolved.parse("UA", "write") == "UA"


def test_a_type_that_is_no_link_resolves_to_itself() -> None:
    text = make_type("single-line-text")
    assert text.related_table is None
    assert text.resolve(OneTable("people", PrimaryKey())) is text


@pytest.mark.parametrize(
    ("kind", "on_postgresql", "on_sqlite"),
    [
        ("auto-increment", "BIGINT", "INTEGER"),
        ("composite", "BIGINT", "INTEGER"),
        ("uuid", "UUID", "TEXT"),
        ("text", 'TEXT COLLATE "C"', "TEXT"),
    ],
)
def test_the_column_has_the_type_of_the_related_key(kind: KeyKind, on_postgresql: str, on_sqlite: str) -> None:
    link = make_type("relationship", {"relatedTable": "people"}, PrimaryKey(kind))
    for dialect, expected in ((POSTGRESQL, on_postgresql), (SQLITE, on_sqlite)):
        (column,) = link.columns("owner", dialect)
        assert column.type.compile(dialect=dialect.sqlalchemy) == expected


def test_an_impossible_id_is_not_found_in_a_filter_too() -> None:
    link = make_type("relationship", {"relatedTable": "people"}, PrimaryKey())
    with pytest.raises(InvalidValue, match="not_found"):
        link.parse("none", "filter")
