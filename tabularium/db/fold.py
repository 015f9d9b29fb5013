"""*Folded* text: simple case folding by one fixed table, the same in Python, SQLite and PostgreSQL.

Neither database's own `lower` would do: SQLite knows ASCII only, and PostgreSQL's answer changes with locale, provider
and version. The table is `tabularium.db.fold_table`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tabularium.db.character_table import expanded, postgresql_function
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.db.fold_table import FOLD_RANGES

SQLITE_FOLD: Final = "tabularium_fold"
"""The name of the function that every SQLite connection registers: deterministic, one argument, `fold_or_null`."""

_TABLE: Final = expanded(FOLD_RANGES)


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


POSTGRESQL_FOLD_FUNCTION: Final = postgresql_function("_tabularium_fold", _TABLE, "lower")
"""Creates the function that folds text outside of ASCII."""
