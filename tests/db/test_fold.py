from __future__ import annotations

import asyncio
import sys
from functools import cache

import apsw
import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.db.fold import POSTGRESQL_FOLD_FUNCTION, SQLITE_FOLD, fold, fold_or_null, fold_sql

TEXTS = [
    "",
    "ASCII only",
    "ÄÖÜ ßẞ",
    "ΣΑΣ ΆΈ",
    "ЖЁ",
    "İIıi",
    "ǅ",
    "ﬀ",
    "K Å",
    "\U00010400",
    "ꭰᏸ",
    "中文",
    "A\u0301",
    "\U0001f600Z",
]


@cache
def folding() -> list[str]:
    """Return the characters that fold. They are sought only where a test needs them: there are a million to look at."""
    characters = (chr(point) for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF)
    return [character for character in characters if fold(character) != character]


def fold_on_sqlite(texts: list[str]) -> list[str]:
    connection = apsw.Connection(":memory:")
    connection.create_scalar_function(SQLITE_FOLD, fold_or_null, 1, deterministic=True)
    sql = f"SELECT {fold_sql('x', SQLITE)} FROM (SELECT ?1 AS x)"
    return [connection.execute(sql, (text,)).fetchall()[0][0] for text in texts]


async def fold_on_postgresql(url: str, texts: list[str]) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(POSTGRESQL_FOLD_FUNCTION)
        sql = f"SELECT {fold_sql('x', POSTGRESQL)} FROM unnest($1::text[]) WITH ORDINALITY AS t(x, n) ORDER BY n"
        return [row[0] for row in await connection.fetch(sql, texts)]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ada LOVELACE", "ada lovelace"),
        ("Straße", "straße"),
        ("STRAẞE", "straße"),
        ("ΣΑΣς", "σασσ"),
        ("ſK", "sk"),
        ("İı", "İı"),
        ("ŉǰ", "ŉǰ"),
        ("\U00010400", "\U00010428"),
    ],
)
def test_case_is_folded_one_character_to_one(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_long_text_is_folded_like_a_short_one_however_often_it_is_asked_for() -> None:
    text = "ÀÉ " * 5000
    assert [fold_or_null(text), fold_or_null(text + "Ü"), fold_or_null(text)] == [
        fold(text),
        fold(text) + "ü",
        fold(text),
    ]


@given(st.text())
def test_folding_keeps_the_length_and_is_done_at_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text) == "".join(map(fold, text))


def test_what_a_character_folds_to_does_not_fold_again() -> None:
    assert len(folding()) > 1400
    assert not {fold(character) for character in folding()} & set(folding())


def test_sqlite_folds_as_python_does() -> None:
    texts = [*folding(), "".join(folding()), *TEXTS]
    assert fold_on_sqlite(texts) == [fold(text) for text in texts]
    assert fold_on_sqlite([None]) == [None]  # type: ignore[list-item]


def test_postgresql_folds_as_python_does(postgresql_url: str) -> None:
    # The neighbours of the letters that fold have no other case, most of them; all in one text, and each by itself.
    neighbours = sorted({chr(ord(each) + step) for each in folding() for step in (-1, 1)})
    texts = [*folding(), *neighbours, "".join([*folding(), *neighbours]), *TEXTS]
    assert asyncio.run(fold_on_postgresql(postgresql_url, texts)) == [fold(text) for text in texts]
