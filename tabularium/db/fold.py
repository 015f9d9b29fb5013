"""*Folded* text: simple case folding by one fixed table, the same in Python, SQLite and PostgreSQL.

Neither database's own `lower` would do: SQLite knows ASCII only, and PostgreSQL's answer changes with locale, provider
and version. The table is `tabularium.db.fold_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.db.fold_table import FOLD_RANGES

SQLITE_FOLD: Final = "tabularium_fold"
"""The name of the function that every SQLite connection registers: deterministic, one argument, `fold_or_null`."""

_TABLE: Final = {
    point: point + distance for first, last, step, distance in FOLD_RANGES for point in range(first, last + 1, step)
}


def fold(text: str) -> str:
    """Fold a text. The result has as many characters as the text, and folding it again changes nothing."""
    # For ASCII, lower case is the table's answer, and twenty times as fast.
    return text.lower() if text.isascii() else text.translate(_TABLE)


_LONG: Final = 10_000


def fold_or_null(value: str | None) -> str | None:
    """Fold a value of a column; null stays null."""
    if value is None:
        return None
    return fold(value) if len(value) < _LONG else _fold_long(value)


@lru_cache(maxsize=4)
def _fold_long(text: str) -> str:
    # A filter of a hundred conditions asks for the same text a hundred times in a row.
    return fold(text)


_FOLD_SQL: Final = {
    SQLITE.name: f"{SQLITE_FOLD}({{x}})",
    POSTGRESQL.name: (
        'CASE WHEN octet_length({x}) = length({x}) THEN lower({x} COLLATE "C") ELSE _tabularium_fold({x}) END'
    ),
}


def fold_sql(expression: str, dialect: Dialect) -> str:
    """Return the SQL that folds a text expression. It stands in the text up to four times, so it should be a column."""
    return _FOLD_SQL[dialect.name].replace("{x}", expression)


_BLOCKS: Final = ((0x80, 0xFF), (0x100, 0x24F), (0x250, 0x52F), (0x530, 0x10FFFF))
"""Latin 1; the rest of Latin; Greek and Cyrillic; all else. `translate` looks each character up by a linear search, so
one list of all 1,400 letters would make every non-ASCII text slow; most texts need one or two of these."""


def _block_steps() -> Iterator[str]:
    for first, last in _BLOCKS:
        sources = "".join(chr(point) for point in _TABLE if first <= point <= last)
        targets = "".join(chr(_TABLE[ord(character)]) for character in sources)
        yield (
            f"  IF folded ~ '[{sources}]' COLLATE \"C\" THEN\n"
            f"    folded := translate(folded, '{sources}', '{targets}');\n"
            "  END IF;\n"
        )


POSTGRESQL_FOLD_FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION _tabularium_fold(value text) RETURNS text\n"
    "LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $fold$\n"
    "DECLARE\n"
    '  folded text := lower(value COLLATE "C");\n'
    "BEGIN\n"
    f"{''.join(_block_steps())}"
    "  RETURN folded;\n"
    "END\n"
    "$fold$"
)
"""Creates the function that folds text outside of ASCII. Run by migrations, in a database whose encoding is UTF-8."""
