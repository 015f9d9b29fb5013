from __future__ import annotations

import asyncio
import sys
import unicodedata
from functools import cache

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.letter_case import POSTGRESQL_CASE_FUNCTIONS, lower, upper


@cache
def characters() -> list[str]:
    """Return every character. They are a million, so they are made only where a test looks at them."""
    return [chr(point) for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]


@cache
def letters() -> list[str]:
    """Return the characters that have another case."""
    return [each for each in characters() if lower(each) != each or upper(each) != each]


@pytest.mark.parametrize(
    ("text", "small", "capital"),
    [
        ("Ada LOVELACE 1", "ada lovelace 1", "ADA LOVELACE 1"),
        ("Straße ẞ", "straße ß", "STRAßE ẞ"),
        ("ΣΑΣς", "σασς", "ΣΑΣΣ"),
        ("İIıi", "İiıi", "İIII"),
        ("ŉǰΐ", "ŉǰΐ", "ŉǰΐ"),
        ("ǅ e\u0301", "ǆ e\u0301", "Ǆ E\u0301"),
        ("\U00010400\U0001f600", "\U00010428\U0001f600", "\U00010400\U0001f600"),
    ],
)
def test_case_is_changed_one_character_to_one(text: str, small: str, capital: str) -> None:
    assert (lower(text), upper(text)) == (small, capital)


@given(st.text())
def test_a_change_of_case_keeps_the_length_and_is_done_at_once(text: str) -> None:
    for change in (lower, upper):
        assert len(change(text)) == len(text)
        assert change(change(text)) == change(text)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="The table is made with Python 3.11's Unicode.")
def test_the_letters_are_those_that_python_knows() -> None:
    assert len(letters()) > 2800
    for change, own in ((lower, str.lower), (upper, str.upper)):
        assert all(change(each) == own(each) for each in characters() if len(own(each)) == 1)
        assert all(change(each) == each for each in characters() if len(own(each)) != 1)


async def changed_on_postgresql(url: str, texts: list[str]) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(url)
    try:
        for statement in POSTGRESQL_CASE_FUNCTIONS:
            await connection.execute(statement)
        sql = (
            "SELECT _tabularium_lower(x), _tabularium_upper(x) "
            "FROM unnest($1::text[]) WITH ORDINALITY AS t(x, n) ORDER BY n"
        )
        return [tuple(row) for row in await connection.fetch(sql, texts)]
    finally:
        await connection.close()


def test_postgresql_changes_case_as_python_does(postgresql_url: str) -> None:
    neighbours = sorted({chr(ord(each) + step) for each in letters() for step in (-1, 1)} - {"\0"})
    texts = ["", "plain ASCII", *letters(), *neighbours, "".join(letters())]
    changed = asyncio.run(changed_on_postgresql(postgresql_url, texts))
    assert changed == [(lower(text), upper(text)) for text in texts]
