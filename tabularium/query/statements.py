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
from tabularium.query.display import displayed_columns
from tabularium.query.plan import MOST_ESTIMATED, Count, GetQuery, ListQuery, Scope
from tabularium.query.record_columns import record_columns, record_json_sql
from tabularium.query.rows import outer_row, with_now
from tabularium.query.sorting import SortKey
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Table

_SCOPES: Final[dict[Scope, str]] = {
    "live": "{deleted} IS NULL",
    "all": "TRUE",
    "deleted": "{deleted} IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class ListStatements:
    """What to run for a list, in one snapshot.

    On SQLite `page` yields a row for each record, and one more where a further record exists; `read` turns a row into a
    record. `count` yields the total.

    On PostgreSQL `page` yields one row, where nothing but plain values of live records is asked for: the records as
    JSON bytes joined with commas, whether a further record exists, and the total or null. There is no `count` and no
    `read` then; any other list it answers as SQLite does.
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
    is_displayed: bool = False

    @property
    def sees_trash(self) -> bool:
        return self.scope != "live"


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
        query.format == "display",
    )
    bound = tuple(parameters(query.where, dialect))
    paged = (*bound, query.offset) if shape.has_offset else bound
    if dialect is POSTGRESQL and not shape.is_displayed and not shape.sees_trash:
        text, has_now = _json_page(query.table, shape)
        return ListStatements((text, (*paged, query.now) if has_now else paged), None, None)
    (page, page_has_now), (count, count_has_now) = _page_and_count(query.table, shape, dialect)
    counted = (count, (*bound, query.now) if count_has_now else bound)
    return ListStatements(
        (page, (*paged, query.now) if page_has_now else paged),
        None if query.count == "none" else counted,
        record_reader(query, dialect),
    )


def record_reader(query: ListQuery | GetQuery, dialect: Dialect) -> Callable[[Row], dict[str, Any]]:
    """Return what turns a row of the query into a record, as it was asked for."""
    with_deleted = query.scope != "live"
    if query.format == "raw":
        return record_columns(query.table, query.fields, dialect, with_deleted=with_deleted).read
    columns = displayed_columns(query.table, query.fields, dialect, with_deleted=with_deleted)
    return lambda row: columns.read(row, query.zone)


def _select_list(table: Table, names: tuple[str, ...], dialect: Dialect, *, is_displayed: bool, trash: bool) -> str:
    if is_displayed:
        return displayed_columns(table, names, dialect, with_deleted=trash).sql
    return record_columns(table, names, dialect, with_deleted=trash).sql


def get_statement(query: GetQuery, dialect: Dialect) -> Statement:
    """Return the statement that reads one record: no row, or one for `record_reader`."""
    is_displayed = query.format == "display"
    text, has_now = _get(query.table, query.fields, shape_of(query.where), query.scope, dialect, is_displayed)
    bound = (query.key, *parameters(query.where, dialect))
    return text, (*bound, query.now) if has_now else bound


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


Numbered = tuple[str, bool]
"""The text of a statement, and whether the instant of the request is bound after all else."""


@lru_cache(maxsize=1024)
def _page_and_count(table: Table, shape: _ListShape, dialect: Dialect) -> tuple[Numbered, Numbered]:
    rows = _rows(table, shape, dialect)
    columns = _select_list(table, shape.fields, dialect, is_displayed=shape.is_displayed, trash=shape.sees_trash)
    offset = f" OFFSET {dialect.placeholder(rows.following)}" if shape.has_offset else ""
    page = f"SELECT {columns} FROM {rows.source} ORDER BY {rows.order} LIMIT {shape.limit + 1}{offset}"
    counted = f"SELECT count(*) FROM {rows.source}"
    if shape.count == "estimate":
        counted = f"SELECT count(*) FROM ({_few(rows.source)}) AS _few"
    following = rows.following + (1 if shape.has_offset else 0)
    return with_now(page, following, dialect), with_now(counted, rows.following, dialect)


def _few(source: str) -> str:
    return f"SELECT 1 FROM {source} LIMIT {MOST_ESTIMATED + 1}"


@lru_cache(maxsize=1024)
def _json_page(table: Table, shape: _ListShape) -> Numbered:
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
    text = (
        f"SELECT convert_to(coalesce({joined}, ''), 'UTF8'), count(*) > {shape.limit}, "
        f"{_TOTALS[shape.count](rows.source, shape.limit, offset)} FROM ({numbered}) AS _page"
    )
    return with_now(text, rows.following + (1 if offset else 0), POSTGRESQL)


def _no_total(_source: str, _limit: int, _offset: str) -> str:
    return "NULL::bigint"


def _exact_total(source: str, limit: int, offset: str) -> str:
    # A page that shows the end of the list tells the total by itself; the count is then never computed.
    shows_end = f"count(*) <= {limit} AND count(*) > 0" if offset else f"count(*) <= {limit}"
    total = f"{offset} + count(*)" if offset else "count(*)"
    return f"CASE WHEN {shows_end} THEN {total} ELSE (SELECT count(*) FROM {source}) END"


def _estimated_total(source: str, limit: int, offset: str) -> str:
    shows_end = f"count(*) <= {limit} AND count(*) > 0" if offset else f"count(*) <= {limit}"
    total = f"{offset} + count(*)" if offset else "count(*)"
    return f"CASE WHEN {shows_end} THEN {total} ELSE (SELECT count(*) FROM ({_few(source)}) AS _few) END"


_TOTALS: Final[dict[Count, Callable[[str, int, str], str]]] = {
    "exact": _exact_total,
    "estimate": _estimated_total,
    "none": _no_total,
}


@lru_cache(maxsize=1024)
def _get(
    table: Table, names: tuple[str, ...], where: Shape, scope: Scope, dialect: Dialect, is_displayed: bool
) -> Numbered:
    key = outer_row(table, dialect).column(KEY_COLUMN)
    conditions, following = _where(table, where, scope, dialect, 2)
    columns = _select_list(table, names, dialect, is_displayed=is_displayed, trash=scope != "live")
    text = (
        f"SELECT {columns} FROM {dialect.quote(table.database_name)} "
        f"WHERE {key} = {dialect.placeholder(1)} AND {conditions}"
    )
    return with_now(text, following, dialect)
