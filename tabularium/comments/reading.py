"""Read comments: one, or a page of those on a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from tabularium.comments.records import key_of, require_seen, seen_statement
from tabularium.comments.visibility import Comment, selected_sql, shown, source_sql, visible_sql
from tabularium.context import Context
from tabularium.db.comments import COLUMNS, MARK, Bound
from tabularium.db.database import Row, Statement
from tabularium.errors import FieldError, NotFound, ValidationFailed
from tabularium.events.changes import table_id
from tabularium.query.cursor import Position, binding_of, cursors_of, position_of
from tabularium.query.pagination import pagination_of
from tabularium.query.paging import Paging, open_cursor, plan_paging
from tabularium.query.parameters import Count
from tabularium.schema.model import ApiSettings, Table

_PAGES: Final = ApiSettings(default_limit=50, max_limit=100)
TOP_LEVEL: Final = "none"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CREATED_AT: Final = COLUMNS.index("created_at")


@dataclass(frozen=True, slots=True)
class ListParameters:
    """The parameters of a list as they came; `None` where one was not given."""

    limit: int | None = None
    offset: int | None = None
    page: int | None = None
    cursor: str | None = None
    count: Count = "exact"
    sort: str = "createdAt:desc"
    status: str | None = None
    parent_comment_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    """A planned page."""

    context: Context
    table: Table
    record_id: str
    asked: ListParameters
    limit: int
    offset: int
    after: Position | None
    binding: str

    @property
    def page(self) -> int:
        return self.offset // self.limit + 1

    @property
    def count(self) -> Count:
        return self.asked.count

    @property
    def tells_unread(self) -> bool:
        return self.table.comments.read_tracking and self.context.identity.user_id is not None

    def conditions(self, bound: Bound) -> str:
        """Write which comments are listed, on all pages together."""
        parts = [_of_record(self.table, self.record_id, bound), visible_sql(self.context.identity, bound)]
        if self.asked.status is not None:
            parts.append(f"_c.status = {bound(self.asked.status)}")
        parent = self.asked.parent_comment_id
        if parent == TOP_LEVEL:
            parts.append("_c.parent_id IS NULL")
        elif parent is not None:
            parts.append(f"_c.parent_id = {bound(parent.lower())}")
        return " AND ".join(parts)

    def statement(self) -> Statement:
        """Return the statement that reads the page, and one comment more."""
        bound = Bound(self.context.session.dialect)
        descending = self.asked.sort.endswith(":desc")
        where = self.conditions(bound)
        if self.after is not None:
            created_at, comment_id = (bound(value) for value in self.after.values)
            where += f" AND (_c.created_at, _c.id) {'<' if descending else '>'} ({created_at}, {comment_id})"
        order = ", ".join(f"_c.{name}{' DESC' if descending else ''}" for name in ("created_at", "id"))
        text = f"SELECT {_selected(self.context)} WHERE {where} ORDER BY {order} LIMIT {bound(self.limit + 1)}"
        if self.offset:
            text += f" OFFSET {bound(self.offset)}"
        return text, bound.values

    def counts(self) -> Statement:
        """Return the statement that finds the record, and counts its comments and the unread ones, where wanted."""
        bound = Bound(self.context.session.dialect)
        total = unread = "NULL"
        if self.count != "none":
            total = f"(SELECT count(*) FROM {source_sql()} WHERE {self.conditions(bound)})"
        if self.tells_unread:
            unread = f"(SELECT count(*) FROM {source_sql()} WHERE {self._unread(bound)})"
        key = key_of(self.table, self.record_id)
        return seen_statement(self.context, self.table, key, f"{total}, {unread}", bound)

    def _unread(self, bound: Bound) -> str:
        identity = self.context.identity
        user = bound(identity.user_id)
        parts = [
            _of_record(self.table, self.record_id, bound),
            visible_sql(identity, bound),
            f"(_c.user_id IS NULL OR _c.user_id <> {user})",
            "_c.deleted_at IS NULL",
        ]
        table, record = bound(table_id(self.table)), bound(self.record_id)
        mark = f"SELECT number FROM {MARK} WHERE user_id = {user} AND table_id = {table} AND record_id = {record}"
        return f"{' AND '.join(parts)} AND _c.number > coalesce(({mark}), 0)"


async def list_page(context: Context, table: Table, record_id: str, asked: ListParameters) -> dict[str, Any]:
    """Return `{comments, pagination, unreadCount?}`, all from one snapshot, by two statements."""
    page = _plan(context, table, str(key_of(table, record_id)), asked)
    # Counting reads each comment of the record, of which there may be many.
    seen, found = await context.session.fetch_many([page.counts(), page.statement()], heavy=True)
    total, unread = require_seen(seen[0] if seen else None)
    rows, has_more = found[: page.limit], len(found) > page.limit
    pagination = pagination_of(page, has_more, total, _cursor(page, rows[-1]) if has_more else None)
    return {
        "comments": [shown(row, context.identity).content for row in rows],
        "pagination": {**pagination, "hasMore": has_more},
        **({"unreadCount": unread} if page.tells_unread else {}),
    }


def _plan(context: Context, table: Table, record_id: str, asked: ListParameters) -> _Page:
    errors: list[FieldError] = []
    parts = ["comments", table_id(table), record_id, asked.sort, asked.status, asked.parent_comment_id]
    binding = binding_of(parts)
    after = open_cursor(asked.cursor, cursors_of(context.schema.cursor_key), binding, errors)
    limit, offset = plan_paging(Paging(asked.limit, asked.offset, asked.page, asked.cursor), _PAGES, errors)
    if errors:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)
    return _Page(context, table, record_id, asked, limit, offset, after, binding)


def _cursor(page: _Page, last: Row) -> str:
    position = position_of((last[_CREATED_AT], last[0]), (), page.context.now)
    return cursors_of(page.context.schema.cursor_key).seal(position, page.binding)


async def get(context: Context, table: Table, record_id: str, comment_id: str) -> Comment:
    """Return a comment on a record. Raises `NotFound` for one that the caller does not see, or of another record."""
    key = key_of(table, record_id)
    dialect = context.session.dialect
    seen = seen_statement(context, table, key, "1", Bound(dialect))
    bound = Bound(dialect)
    where = f"_c.id = {bound(id_of(comment_id))} AND {_of_record(table, str(key), bound)}"
    text = f"SELECT {_selected(context)} WHERE {where} AND {visible_sql(context.identity, bound)}"
    found, comments = await context.session.fetch_many([seen, (text, bound.values)])
    require_seen(found[0] if found else None)
    if not comments:
        raise missing()
    return shown(comments[0], context.identity)


async def stored_comment(context: Context, comment_id: str) -> Comment:
    """Return a comment that this transaction has written, as the caller reads it."""
    bound = Bound(context.session.dialect)
    row = await context.session.fetch_one(
        f"SELECT {_selected(context)} WHERE _c.id = {bound(comment_id)}", bound.values
    )
    if row is None:
        raise missing()
    return shown(row, context.identity)


def id_of(text: str) -> str:
    """Return the id that a path or a body names, in the form of answers. Raises `NotFound` for what is none."""
    lowered = text.lower()
    if not _UUID.fullmatch(lowered):
        raise missing()
    return lowered


def missing() -> NotFound:
    """Return the refusal of a comment that is not there for the caller."""
    return NotFound("There is no such comment.")


def _of_record(table: Table, record_id: str, bound: Bound) -> str:
    return f"_c.table_id = {bound(table_id(table))} AND _c.record_id = {bound(record_id)}"


def _selected(context: Context) -> str:
    return selected_sql(context.session.dialect, with_authors=context.schema.auth is not None)
