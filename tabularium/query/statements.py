"""Whole statements for reading records. Texts are kept by shape; each call only collects the values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.db.database import Row, Statement
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query.compile import Placeholders, Shape, condition_sql, order_sql, parameters, shape_of
from tabularium.query.conditions import EVERY_ROW
from tabularium.query.plan import Count, GetQuery, ListQuery, Scope
from tabularium.query.record_columns import record_columns, record_json_sql
from tabularium.query.rows import outer_row
from tabularium.query.sorting import SortKey
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Table

_SCOPES: Final[dict[Scope, str]] = {"live": "{deleted} IS NULL"}


@dataclass(frozen=True, slots=True)
class ListStatements:
    """What to run for a list, in one snapshot.

    On SQLite `page` yields a row for each record, and one more where a further record exists; `read` turns a row into a
    record. `count` yields the total.

    On PostgreSQL `page` yields one row: the records as JSON bytes joined with commas, whether a further record exists,
    and the total or null. There is no `count` and no `read`.
    """

    page: Statement
    count: Statement | None
    read: Callable[[Row], dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class _ListShape:
    """All that the text of a list depends on beside table and dialect.

    The limit is written into the text: it is a small checked number, and with a bound one PostgreSQL plans for a tenth
    of the table, or anew at every execution.
    """

    fields: tuple[str, ...]
    where: Shape
    sort: tuple[SortKey, ...]
    limit: int
    has_offset: bool
    count: Count
    scope: Scope


def list_statements(query: ListQuery, dialect: Dialect) -> ListStatements:
    """Return the statements of a list."""
    shape = _ListShape(
        query.fields,
        shape_of(query.where),
        query.sort,
        query.limit,
        query.offset > 0,
        query.count,
        query.scope,
    )
    bound = tuple(parameters(query.where, dialect))
    paged = (*bound, query.offset) if shape.has_offset else bound
    if dialect is POSTGRESQL:
        return ListStatements((_json_page(query.table, shape), paged), None, None)
    page, count = _page_and_count(query.table, shape, dialect)
    read = record_columns(query.table, query.fields, dialect).read
    return ListStatements((page, paged), (count, bound) if query.count == "exact" else None, read)


def get_statement(query: GetQuery, dialect: Dialect) -> Statement:
    """Return the statement that reads one record: no row, or one for `record_columns(...).read`."""
    text = _get(query.table, query.fields, shape_of(query.where), query.scope, dialect)
    return text, (query.key, *parameters(query.where, dialect))


@lru_cache(maxsize=1024)
def count_statement(table: Table, dialect: Dialect) -> str:
    """Return the statement that counts all live records of a table."""
    return f"SELECT count(*) FROM {_rows(table, _ALL_LIVE, dialect).source}"


@dataclass(frozen=True, slots=True)
class _Rows:
    """The parts of a statement over the rows of a list. `following` is the first placeholder number that is free."""

    source: str
    order: str
    following: int


_ALL_LIVE: Final = _ListShape((), shape_of(EVERY_ROW), (), 1, False, "exact", "live")


def _rows(table: Table, shape: _ListShape, dialect: Dialect) -> _Rows:
    where, following = _where(table, shape.where, shape.scope, dialect, 1)
    source = f"{dialect.quote(table.database_name)} WHERE {where}"
    return _Rows(source, order_sql(outer_row(table, dialect), shape.sort), following)


def _where(table: Table, where: Shape, scope: Scope, dialect: Dialect, first: int) -> tuple[str, int]:
    row, places = outer_row(table, dialect), Placeholders(dialect, first)
    text = condition_sql(where, row, places)
    scoped = _SCOPES[scope].replace("{deleted}", row.column(DELETED_COLUMN))
    return scoped if text == "TRUE" else f"{scoped} AND ({text})", places.number


@lru_cache(maxsize=1024)
def _page_and_count(table: Table, shape: _ListShape, dialect: Dialect) -> tuple[str, str]:
    rows = _rows(table, shape, dialect)
    columns = record_columns(table, shape.fields, dialect).sql
    offset = f" OFFSET {dialect.placeholder(rows.following)}" if shape.has_offset else ""
    page = f"SELECT {columns} FROM {rows.source} ORDER BY {rows.order} LIMIT {shape.limit + 1}{offset}"
    return page, f"SELECT count(*) FROM {rows.source}"


@lru_cache(maxsize=1024)
def _json_page(table: Table, shape: _ListShape) -> str:
    """Write the one statement of PostgreSQL.

    From the inside out: the rows of the page and one more, chosen before anything is computed from them; a record of
    each; its JSON and place; then all of them in one row. No configured table or field has a name that begins with `_`.
    """
    rows = _rows(table, shape, POSTGRESQL)
    offset = f"{POSTGRESQL.placeholder(rows.following)}::bigint" if shape.has_offset else ""
    envelope, fields = record_json_sql(table, shape.fields)
    chosen = f"SELECT * FROM {rows.source} ORDER BY {rows.order} LIMIT {shape.limit + 1}"
    if offset:
        chosen += f" OFFSET {offset}"
    name = POSTGRESQL.quote(table.database_name)
    records = f"SELECT {envelope} FROM ({chosen}) AS {name}, LATERAL (SELECT {fields}) AS _fields"
    numbered = f"SELECT row_number() OVER () AS _n, row_to_json(_record)::text AS _json FROM ({records}) AS _record"
    joined = f"string_agg(_json, ',' ORDER BY _n) FILTER (WHERE _n <= {shape.limit})"
    return (
        f"SELECT convert_to(coalesce({joined}, ''), 'UTF8'), count(*) > {shape.limit}, "
        f"{_TOTALS[shape.count](rows.source, shape.limit, offset)} FROM ({numbered}) AS _page"
    )


def _no_total(_source: str, _limit: int, _offset: str) -> str:
    return "NULL::bigint"


def _exact_total(source: str, limit: int, offset: str) -> str:
    # A page that shows the end of the list tells the total by itself; the count is then never computed.
    shows_end = f"count(*) <= {limit} AND count(*) > 0" if offset else f"count(*) <= {limit}"
    total = f"{offset} + count(*)" if offset else "count(*)"
    return f"CASE WHEN {shows_end} THEN {total} ELSE (SELECT count(*) FROM {source}) END"


_TOTALS: Final[dict[Count, Callable[[str, int, str], str]]] = {"exact": _exact_total, "none": _no_total}


@lru_cache(maxsize=1024)
def _get(table: Table, names: tuple[str, ...], where: Shape, scope: Scope, dialect: Dialect) -> str:
    key = outer_row(table, dialect).column(KEY_COLUMN)
    conditions, _ = _where(table, where, scope, dialect, 2)
    return (
        f"SELECT {record_columns(table, names, dialect).sql} FROM {dialect.quote(table.database_name)} "
        f"WHERE {key} = {dialect.placeholder(1)} AND {conditions}"
    )
