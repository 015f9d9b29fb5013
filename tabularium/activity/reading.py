"""Lists of the activity log, and single entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from tabularium import json_text
from tabularium.activity.parameters import ActivityParameters, ActivityQuery, plan
from tabularium.context import Context
from tabularium.db import activity_reading as log
from tabularium.db.activity_streams import Stream, streams_of
from tabularium.db.database import Row, Statement
from tabularium.db.dialect import Dialect
from tabularium.db.kept_changes import changes_by_name
from tabularium.errors import NotFound
from tabularium.query.cursor import cursors_of, position_of
from tabularium.query.pagination import pagination_of
from tabularium.query.plan import MOST_ESTIMATED

_WITH_ADDRESS: Final = ("auth", "admin")
"""The categories whose entries tell where the request came from."""
_OPTIONAL: Final = {
    "userId": "user_id",
    "tableName": "table_name",
    "tableId": "table_id",
    "recordId": "record_id",
    "commentId": "comment_id",
    "impersonatedBy": "impersonated_by",
    "requestId": "request_id",
}
"""What is left out of an entry where it does not exist."""


async def list_activities(context: Context, parameters: ActivityParameters) -> dict[str, Any]:
    """Return `{activities, pagination}`, the newest entry first; page and number are of one snapshot."""
    query = plan(parameters, cursors_of(context.schema.cursor_key))
    session = context.session
    pairs = await log.find_pairs(session, query.filters) if query.filters.seeks_pairs else ()
    streams = streams_of(query.filters, pairs)
    if streams:
        found = await session.fetch_many(statements_of(query, streams, session.dialect), heavy=True)
    else:  # nothing can be there
        found = [[], [(0,)]]
    rows, has_more = found[0][: query.limit], len(found[0]) > query.limit
    total = None if query.count == "none" else int(found[1][0][0])
    cursor = _cursor(context, query, rows[-1]) if has_more else None
    pagination = pagination_of(query, has_more, total, cursor)
    return {"activities": [_entry(row) for row in rows], "pagination": {**pagination, "pageSize": query.limit}}


async def get_activity(context: Context, activity_id: str) -> dict[str, Any]:
    """Return an entry with all that is known of it. Raises `NotFound`."""
    row = await log.find_entry(context.session, str(UUID(activity_id)))
    if row is None:
        raise NotFound("There is no such entry.")
    changes, details, address, agent = row[len(log.COLUMNS) :]
    entry = _entry(row)
    told = {"ip": address, "userAgent": agent} if entry["category"] in _WITH_ADDRESS else {}
    return {
        **entry,
        "changes": None if changes is None else changes_by_name(changes),
        **({} if details is None else {"details": json_text.load(details)}),
        **{name: value for name, value in told.items() if value is not None},
    }


def statements_of(query: ActivityQuery, streams: Sequence[Stream], dialect: Dialect) -> list[Statement]:
    """Return the statement of the page, with one entry more than it holds, and that of the count, if any."""
    bounds = query.bounds
    after = None if query.after is None else cast("tuple[str, str]", query.after.values)
    window = log.Window(since=bounds.since, until=bounds.until, after=after)
    page = log.page(streams, window, query.limit + 1, query.offset, dialect)
    if query.count == "none":
        return [page]
    most = MOST_ESTIMATED + 1 if query.count == "estimate" else None
    return [page, log.number(streams, log.Window(since=bounds.since, until=bounds.until), most, dialect)]


def _cursor(context: Context, query: ActivityQuery, last: Row) -> str:
    entry, created_at, *_ = last
    position = position_of((created_at, entry), (), context.now)
    return cursors_of(context.schema.cursor_key).seal(position, query.binding)


def _entry(row: Row) -> dict[str, Any]:
    values: Mapping[str, Any] = dict(zip(log.COLUMNS, row, strict=False))
    present = {name: values[column] for name, column in _OPTIONAL.items() if values[column] is not None}
    user_id = present.pop("userId", None)
    user = {"id": user_id, "name": values["user_name"], "email": values["user_email"]}
    return {
        "id": values["id"],
        "createdAt": values["created_at"],
        "category": values["category"],
        "action": values["action"],
        **({} if user_id is None else {"userId": user_id}),
        "user": None if values["user_name"] is None else user,
        **present,
    }
