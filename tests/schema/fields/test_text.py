"""`single-line-text`, `long-text` and `url`: lengths, filters, blanks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tests.schema.fields.cases import make_type
from tests.schema.fields.storage import SQLiteStore, create_table


@pytest.mark.parametrize("name", ["single-line-text", "long-text"])
def test_a_filter_value_may_have_any_length(name: str) -> None:
    text = make_type(name, {"minLength": 2, "maxLength": 3})
    assert text.parse("", "filter") == ""
    assert text.parse("x" * 2_000, "filter") == "x" * 2_000


def test_a_filter_on_a_url_may_be_longer_than_a_stored_one() -> None:
    assert make_type("url").parse("https://a.test/" + "x" * 3_000, "filter")


@pytest.mark.parametrize("name", ["single-line-text", "long-text"])
def test_a_text_without_a_visible_character_counts_as_empty(name: str) -> None:
    text = make_type(name)
    assert all(text.is_blank(value) for value in ("", " ", "\u200b", "\u3164"))
    assert not any(text.is_blank(value) for value in ("0", " a", "\U0001f600"))


def test_lengths_count_characters_and_not_bytes_or_graphemes() -> None:
    text = make_type("single-line-text", {"maxLength": 2})
    assert text.parse("\U0001f600\U0001f600", "write")
    assert text.parse("e\u0301", "write") == "e\u0301"


def test_text_is_compared_by_code_point_on_postgresql() -> None:
    for name in ("single-line-text", "long-text", "email", "url"):
        for column in make_type(name).columns("value", POSTGRESQL):
            assert column.type.compile(dialect=POSTGRESQL.sqlalchemy) == 'TEXT COLLATE "C"'
        for column in make_type(name).columns("value", SQLITE):
            assert column.type.compile(dialect=SQLITE.sqlalchemy) == "TEXT"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=255))
def test_any_line_comes_back_from_sqlite_as_it_was_sent(text: str) -> None:
    kind = make_type("single-line-text")
    store = SQLiteStore()
    create_table(store, "t", kind.columns("value", SQLITE))
    store.execute("INSERT INTO t VALUES (1, ?1)", [kind.encode(kind.parse(text, "write"), SQLITE)])
    assert store.fetch("SELECT value FROM t") == [(text,)]


def test_a_default_is_checked_like_a_written_value() -> None:
    assert make_type("single-line-text").default_value("new", "2026-03-01T09:00:00.000Z") == "new"
