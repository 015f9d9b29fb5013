"""Whole statements for reading records. Texts are kept by shape; each call only collects the values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.db.database import Row, Statement
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query.authors import Authors
from tabularium.query.collecting import collected_statement
from tabularium.query.compile import Shape, parameters, shape_of
from tabularium.query.conditions import EVERY_ROW
from tabularium.query.display import displayed_columns
from tabularium.query.moment import Moment
from tabularium.query.pages import PageShape, page_rows
from tabularium.query.parameters import Count
from tabularium.query.plan import MOST_ESTIMATED, GetQuery, ListQuery, Scope
from tabularium.query.record_columns import record_columns, record_json_sql
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.query.scoping import where_sql
from tabularium.schema.model import KEY_COLUMN, Field, Table


@dataclass(frozen=True, slots=True)
class ListStatements:
    """What to run for a list, in one snapshot.

    On SQLite `page` yields a row for each record, and one more where a further record exists; `read` turns a row into a
    record. `count` yields the total.

    On PostgreSQL `page` yields one row, where nothing but plain values of live records is asked for: the records as
    JSON bytes joined with commas, whether a further record exists, the total or null, and as a JSON list what the last
    record is sorted by. There is no `count` and no `read` then; any other list it answers as SQLite does.
    """

    page: Statement
    count: Statement | None
    read: Callable[[Row], dict[str, Any]] | None
    collected: Statement | None = None
    """Yields `(count, columns…)` of the aggregates, or `(value, count, columns…)` for each group."""
    position_width: int = 0
    """How many columns at the end of a row of `page` tell what it is sorted by; 0 where its key alone does."""


@dataclass(frozen=True, slots=True)
class _ListShape:
    """All that the text of a list depends on beside table and dialect."""

    fields: tuple[str, ...]
    page: PageShape
    count: Count
    is_displayed: bool
    authors: Authors = ()
    plain: frozenset[str] = frozenset()

    @property
    def sees_trash(self) -> bool:
        return self.page.scope != "live"


def list_statements(query: ListQuery, dialect: Dialect) -> ListStatements:
    """Return the statements of a list."""
    page = PageShape(
        shape_of(query.where),
        query.sort,
        query.scope,
        query.limit,
        query.offset > 0,
        _relevance(query),
        query.after.bounds if query.after else (),
    )
    shape = _ListShape(query.fields, page, query.count, query.format == "display", query.authors, query.plain)
    bound = tuple(parameters(query.where, dialect))
    words = query.search.words if query.search and page.relevance else ()
    position = query.after.bound if query.after else ()
    paged = (*bound, *words, *position, *((query.offset,) if page.has_offset else ()))
    collected = collected_statement(query, bound, dialect)
    if dialect is POSTGRESQL and not shape.is_displayed and not shape.sees_trash:
        text, last = _json_page(query.table, shape)
        return ListStatements((text, (*paged, *values_at(last, query.moment))), None, None, collected)
    (text, page_last), (count, count_last), width = _page_and_count(query.table, shape, dialect)
    counted = (count, (*bound, *values_at(count_last, query.moment)))
    return ListStatements(
        (text, (*paged, *values_at(page_last, query.moment))),
        None if query.count == "none" else counted,
        record_reader(query, dialect),
        collected,
        width,
    )


def _relevance(query: ListQuery) -> tuple[tuple[Field, ...], int] | None:
    """Return what decides the order of what was searched for; `None` for a sort, and where nothing can be found."""
    if query.search is None or not query.search.fields or query.sort:
        return None
    return query.search.fields, len(query.search.words)


def record_reader(query: ListQuery | GetQuery, dialect: Dialect) -> Callable[[Row], dict[str, Any]]:
    """Return what turns a row of the query into a record, as it was asked for."""
    with_deleted = query.scope != "live"
    if query.format == "raw":
        return record_columns(query.table, query.fields, dialect, query.authors, with_deleted=with_deleted).read
    columns = displayed_columns(
        query.table, query.fields, dialect, query.authors, with_deleted=with_deleted, plain=query.plain
    )
    return lambda row: columns.read(row, query.zone)


@dataclass(frozen=True, slots=True)
class _Selection:
    """What is read of each record."""

    fields: tuple[str, ...]
    authors: Authors
    is_displayed: bool
    sees_trash: bool
    plain: frozenset[str] = frozenset()

    def sql(self, table: Table, dialect: Dialect) -> str:
        """Return the select list."""
        if not self.is_displayed:
            return record_columns(table, self.fields, dialect, self.authors, with_deleted=self.sees_trash).sql
        return displayed_columns(
            table, self.fields, dialect, self.authors, with_deleted=self.sees_trash, plain=self.plain
        ).sql


def get_statement(query: GetQuery, dialect: Dialect) -> Statement:
    """Return the statement that reads one record: no row, or one for `record_reader`."""
    selection = _Selection(query.fields, query.authors, query.format == "display", query.scope != "live", query.plain)
    text, last = _get(query.table, selection, shape_of(query.where), query.scope, dialect)
    return text, (query.key, *parameters(query.where, dialect), *values_at(last, query.moment))


def several_statement(query: GetQuery, keys: Any, dialect: Dialect) -> Statement:
    """Return the statement that reads several records as `query` reads one: rows for `record_reader`, in any order.

    `keys` are bound in the place of the query's key: a list, on SQLite as JSON.
    """
    selection = _Selection(query.fields, query.authors, query.format == "display", query.scope != "live", query.plain)
    text, last = _get(query.table, selection, shape_of(query.where), query.scope, dialect, is_list=True)
    return text, (keys, *parameters(query.where, dialect), *values_at(last, query.moment))


def count_statement(table: Table, moment: Moment, dialect: Dialect) -> Statement:
    """Return the statement that counts all live records of a table that the caller may see."""
    text, names = _count(table, dialect)
    return text, values_at(names, moment)


@lru_cache(maxsize=1024)
def _count(table: Table, dialect: Dialect) -> Numbered:
    where, following = where_sql(table, shape_of(EVERY_ROW), "live", dialect, 1)
    return with_moment(f"SELECT count(*) FROM {dialect.quote(table.database_name)} WHERE {where}", following, dialect)


@lru_cache(maxsize=1024)
def _page_and_count(table: Table, shape: _ListShape, dialect: Dialect) -> tuple[Numbered, Numbered, int]:
    """Write the statements of SQLite, and say how many columns at the end of a row tell what it is sorted by."""
    rows, limit = page_rows(table, shape.page, dialect), shape.page.limit
    selection = _Selection(shape.fields, shape.authors, shape.is_displayed, shape.sees_trash, shape.plain)
    positions = () if shape.page.is_by_key else rows.positions
    offset = f" OFFSET {dialect.placeholder(rows.after_order)}" if shape.page.has_offset else ""
    selected = ", ".join([selection.sql(table, dialect), *positions])
    page = f"SELECT {selected} FROM {rows.paged} ORDER BY {rows.order} LIMIT {limit + 1}{offset}"
    counted = f"SELECT count(*) FROM {rows.source}"
    if shape.count == "estimate":
        counted = f"SELECT count(*) FROM ({_few(rows.source)}) AS _few"
    following = rows.after_order + (1 if offset else 0)
    return with_moment(page, following, dialect), with_moment(counted, rows.after_source, dialect), len(positions)


def _few(source: str) -> str:
    return f"SELECT 1 FROM {source} LIMIT {MOST_ESTIMATED + 1}"


@lru_cache(maxsize=1024)
def _json_page(table: Table, shape: _ListShape) -> Numbered:
    """Write the one statement of PostgreSQL.

    From the inside out: the rows of the page and one more, chosen before anything is computed from them; a record of
    each; its JSON and place; then all of them in one row. No configured table or field has a name that begins with `_`.
    """
    rows, limit = page_rows(table, shape.page, POSTGRESQL), shape.page.limit
    offset = f"{POSTGRESQL.placeholder(rows.after_order)}::bigint" if shape.page.has_offset else ""
    record, fields = record_json_sql(table, shape.fields, shape.authors)
    chosen = f"SELECT * FROM {rows.paged} ORDER BY {rows.order} LIMIT {limit + 1}"
    if offset:
        chosen += f" OFFSET {offset}"
    name = POSTGRESQL.quote(table.database_name)
    position = f"json_build_array({', '.join(rows.positions)})::text"
    numbered = (
        f"SELECT row_number() OVER () AS _n, {record} AS _json, {position} AS _position "
        f"FROM ({chosen}) AS {name}, LATERAL (SELECT {fields}) AS _fields"
    )
    joined = f"string_agg(_json, ',' ORDER BY _n) FILTER (WHERE _n <= {limit})"
    total = _TOTALS[shape.count](rows.source, limit, offset, bool(shape.page.after))
    text = (
        f"SELECT convert_to(coalesce({joined}, ''), 'UTF8'), count(*) > {limit}, {total}, "
        f"max(_position) FILTER (WHERE _n = {limit}) FROM ({numbered}) AS _page"
    )
    return with_moment(text, rows.after_order + (1 if offset else 0), POSTGRESQL)


def _no_total(_source: str, _limit: int, _offset: str, _from_cursor: bool) -> str:
    return "NULL::bigint"


def _exact_total(source: str, limit: int, offset: str, from_cursor: bool) -> str:
    return _total(f"SELECT count(*) FROM {source}", limit, offset, from_cursor)


def _estimated_total(source: str, limit: int, offset: str, from_cursor: bool) -> str:
    return _total(f"SELECT count(*) FROM ({_few(source)}) AS _few", limit, offset, from_cursor)


def _total(counted: str, limit: int, offset: str, from_cursor: bool) -> str:
    if from_cursor:
        return f"({counted})"
    # A page that shows the end of the list tells the total by itself; the count is then never computed.
    shows_end = f"count(*) <= {limit} AND count(*) > 0" if offset else f"count(*) <= {limit}"
    total = f"{offset} + count(*)" if offset else "count(*)"
    return f"CASE WHEN {shows_end} THEN {total} ELSE ({counted}) END"


_TOTALS: Final[dict[Count, Callable[[str, int, str, bool], str]]] = {
    "exact": _exact_total,
    "estimate": _estimated_total,
    "none": _no_total,
}


@lru_cache(maxsize=1024)
def _get(
    table: Table, selection: _Selection, where: Shape, scope: Scope, dialect: Dialect, *, is_list: bool = False
) -> Numbered:
    key, place = outer_row(table, dialect).column(KEY_COLUMN), dialect.placeholder(1)
    wanted = f"{key} = {place}"
    if is_list:
        kind = table.primary_key.kind
        keys = f"ANY({place}::{kind if kind in ('uuid', 'text') else 'bigint'}[])"
        wanted = f"{key} = {keys}" if dialect is POSTGRESQL else f"{key} IN (SELECT value FROM json_each({place}))"
    conditions, following = where_sql(table, where, scope, dialect, 2)
    text = (
        f"SELECT {selection.sql(table, dialect)} FROM {dialect.quote(table.database_name)} "
        f"WHERE {wanted} AND {conditions}"
    )
    return with_moment(text, following, dialect)
