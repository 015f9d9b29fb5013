"""Read the history of a record: what happened to it, who did it, and which values changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tabularium.access import policy
from tabularium.context import Context
from tabularium.db.database import Row, Statement
from tabularium.db.dialect import Dialect
from tabularium.db.kept_changes import changes_by_id
from tabularium.errors import FieldError, NotFound, ValidationFailed
from tabularium.events.changes import field_id, table_id
from tabularium.query import GetParameters, get_statement, plan_get
from tabularium.query.cursor import Position, binding_of, cursors_of, position_of
from tabularium.query.pagination import pagination_of
from tabularium.query.paging import Paging, open_cursor, plan_paging
from tabularium.query.parameters import Count
from tabularium.query.scoping import shows_every_row
from tabularium.records.history_statements import count_sql, page_sql
from tabularium.records.seen_links import without_unseen
from tabularium.schema.model import ApiSettings, Table

_PAGES: Final = ApiSettings()
"""Pages of a history are as large as those of records where the file says nothing."""


@dataclass(frozen=True, slots=True)
class HistoryParameters:
    """The parameters of a history as they came; `None` where one was not given."""

    limit: int | None = None
    offset: int | None = None
    page: int | None = None
    cursor: str | None = None
    count: Count = "exact"
    sort: str = "createdAt:asc"


@dataclass(frozen=True, slots=True)
class _HistoryQuery:
    """A planned page of a history."""

    table: Table
    record_id: str
    descending: bool
    limit: int
    offset: int
    count: Count
    after: Position | None
    binding: str

    @property
    def page(self) -> int:
        return self.offset // self.limit + 1

    def statements(self, dialect: Dialect) -> list[Statement]:
        """Return the statement of the page, with one entry more than it holds, and that of the count, if any."""
        of_record = (table_id(self.table), self.record_id)
        after = self.after.bound if self.after else ()
        offset = (self.offset,) if self.offset else ()
        text = page_sql(dialect, descending=self.descending, has_after=bool(after), has_offset=bool(offset))
        page = (text, (*of_record, *after, self.limit + 1, *offset))
        return [page] if self.count == "none" else [page, (count_sql(dialect, self.count), of_record)]


async def get_history(context: Context, table: Table, record_id: str, parameters: HistoryParameters) -> dict[str, Any]:
    """Return `{history, pagination}` of a record, live or in the trash, from one snapshot.

    Of a record that was removed for good the entries are left, without values. Raises `NotFound` where there is neither
    record nor entry, and for callers from whom rows of the table may be hidden, if the record is not there.
    """
    record = plan_get(table, (), record_id, GetParameters(include_deleted=True), context.now, context.moment.caller)
    query = _plan(context, table, str(record.key), parameters)
    dialect = context.session.dialect
    found, page, *counted = await context.session.fetch_many(
        [get_statement(record, dialect), *query.statements(dialect)]
    )
    if not found and not await _is_left(context, query, page):
        raise NotFound("There is no such record.")
    rows, has_more = page[: query.limit], len(page) > query.limit
    cursor = _cursor(context, query, rows[-1]) if has_more else None
    total = int(counted[0][0][0]) if counted else None
    return {
        "history": await _entries(context, query, rows),
        "pagination": pagination_of(query, has_more, total, cursor),
    }


def _plan(context: Context, table: Table, record_id: str, asked: HistoryParameters) -> _HistoryQuery:
    errors: list[FieldError] = []
    binding = binding_of(["entries", table_id(table), record_id, asked.sort])
    after = open_cursor(asked.cursor, cursors_of(context.schema.cursor_key), binding, errors)
    limit, offset = plan_paging(Paging(asked.limit, asked.offset, asked.page, asked.cursor), _PAGES, errors)
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)
    return _HistoryQuery(table, record_id, asked.sort.endswith(":desc"), limit, offset, asked.count, after, binding)


async def _is_left(context: Context, query: _HistoryQuery, page: Sequence[Row]) -> bool:
    """Say whether the caller may read what is left of a record that is not there, and whether anything is."""
    dialect = context.session.dialect
    if "admin" not in context.identity.roles and not shows_every_row(query.table, dialect):
        return False
    if page:
        return True
    left = await context.session.fetch_one(count_sql(dialect, "exact"), (table_id(query.table), query.record_id))
    return left is not None and left[0] > 0


def _cursor(context: Context, query: _HistoryQuery, last: Row) -> str:
    entry, _, _, created_at, *_ = last
    position = position_of((created_at, entry), (), context.now)
    return cursors_of(context.schema.cursor_key).seal(position, query.binding)


async def _entries(context: Context, query: _HistoryQuery, rows: Sequence[Row]) -> list[dict[str, Any]]:
    readable = policy.readable(context.identity, query.table)
    names = {field_id(each): each.name for each in readable if each.type.has_value}
    changes = [{} if row[6] is None else _told(row[6], names) for row in rows]
    told = await without_unseen(context, query.table, changes)
    return [_entry(query, row, each) for row, each in zip(rows, told, strict=True)]


def _entry(query: _HistoryQuery, row: Row, told: Mapping[str, Any]) -> dict[str, Any]:
    entry, revision, action, created_at, user_id, user_name, changes, reverted_to = row
    return {
        "id": entry,
        "revision": revision,
        "action": action,
        "createdAt": created_at,
        **({} if user_id is None else {"userId": user_id}),
        "user": None if user_name is None else {"id": user_id, "name": user_name},
        "tableName": query.table.name,
        "recordId": query.record_id,
        "changes": None if changes is None else told,
        **({} if reverted_to is None else {"revertedTo": reverted_to}),
    }


def _told(text: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the changes of readable fields that are there still, under the names that these have now."""
    changes = changes_by_id(text)
    return {name: changes[key] for key, name in names.items() if key in changes}
