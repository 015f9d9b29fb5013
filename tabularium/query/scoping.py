"""Which rows a statement is about: those of a condition, as far as the query sees the trash and the caller the row."""

from __future__ import annotations

from typing import Final

from tabularium.db.dialect import Dialect
from tabularium.query.compile import Placeholders, Shape, condition_sql, shape_of
from tabularium.query.conditions import EVERY_ROW
from tabularium.query.plan import Scope
from tabularium.query.rows import outer_row
from tabularium.schema.model import DELETED_COLUMN, Table

_SCOPES: Final[dict[Scope, str]] = {
    "live": "{deleted} IS NULL",
    "all": "TRUE",
    "deleted": "{deleted} IS NOT NULL",
}


def where_sql(table: Table, where: Shape, scope: Scope, dialect: Dialect, first: int) -> tuple[str, int]:
    """Write the condition whose placeholders begin at number `first`; return it and the next free number."""
    row, places = outer_row(table, dialect), Placeholders(dialect, first)
    text = condition_sql(where, row, places)
    scoped = _SCOPES[scope].replace("{deleted}", row.column(DELETED_COLUMN)) + row.allowed
    return scoped if text == "TRUE" else f"{scoped} AND ({text})", places.number


def shows_every_row(table: Table, dialect: Dialect) -> bool:
    """Say whether nothing keeps a row of the table from whoever reads it: one that is not found does not exist."""
    text, _ = where_sql(table, shape_of(EVERY_ROW), "all", dialect, 1)
    return text == _SCOPES["all"]
