"""Read records: one, or a page of a list. A list leaves here as JSON, since PostgreSQL writes that itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from tabularium import json_text
from tabularium.access import policy
from tabularium.context import Context
from tabularium.db.database import Row
from tabularium.db.dialect import Dialect
from tabularium.errors import NotFound, Unauthorized
from tabularium.query import (
    GetParameters,
    ListParameters,
    ListQuery,
    count_may_scan,
    get_statement,
    list_statements,
    page_may_scan,
    plan_get,
    plan_list,
    present_groups,
    record_reader,
)
from tabularium.query.cursor import cursors_of, position_of, position_of_json
from tabularium.query.pagination import pagination_of
from tabularium.schema.model import Table

_NO_PARAMETERS: Final = GetParameters()


async def get(
    context: Context, table: Table, record_id: str, parameters: GetParameters = _NO_PARAMETERS
) -> dict[str, Any]:
    """Return one record with the fields that were asked for, without parameters a live one with all."""
    _refuse_anonymous(context, asks_for_deleted=parameters.include_deleted)
    access = policy.access(context.identity, table)
    query = plan_get(
        table, access.readable, record_id, parameters, context.now, context.moment.caller
    ).displaying_plainly(access.plain)
    row = await context.session.fetch_one(*get_statement(query, context.session.dialect))
    if row is None:
        raise NotFound("There is no such record.")
    return record_reader(query, context.session.dialect)(row)


async def list_page(context: Context, table: Table, parameters: ListParameters) -> bytes:
    """Return `{records, pagination, aggregations?, groups?}` as JSON, all of it from one snapshot.

    Costs a statement for the page, on SQLite one more where rows are counted, and one for aggregates or groups.
    """
    _refuse_anonymous(context, asks_for_deleted=parameters.asks_for_deleted)
    access = policy.access(context.identity, table)
    view = None if parameters.view is None else policy.find_view(context.identity, table, parameters.view)
    settings, key = context.schema.api, context.schema.cursor_key
    caller = context.moment.caller
    query = plan_list(table, access.readable, parameters, settings, view, context.now, key, caller)
    query = query.displaying_plainly(access.plain)
    statements = list_statements(query, context.session.dialect)
    counted = [each for each in (statements.count, statements.collected) if each is not None]
    heavy = page_may_scan(query) or (bool(counted) and count_may_scan(query))
    page, *others = await context.session.fetch_many([statements.page, *counted], heavy=heavy)
    if statements.read is None:
        ((records, has_more, total, last),) = page
        position: Sequence[Any] = position_of_json(last) if has_more else ()
    else:
        found, position = _read_rows(page[: query.limit], statements.read, statements.position_width, table)
        records, has_more = json_text.dump(found)[1:-1], len(page) > query.limit
        total = others[0][0][0] if statements.count is not None else None
    cursor = _cursor(context, query, position) if has_more else None
    pagination = pagination_of(query, has_more, total, cursor)
    answer = b'{"records":[%b],"pagination":%b' % (records, json_text.dump(pagination))
    return answer + _collected(query, others[-1] if statements.collected else (), context.session.dialect) + b"}"


def _refuse_anonymous(context: Context, *, asks_for_deleted: bool) -> None:
    """Raise for somebody who is not signed in and asks for the trash, which is open to nobody in a rule for all."""
    if asks_for_deleted and not context.identity.is_signed_in:
        raise Unauthorized


def _read_rows(
    rows: Sequence[Row], read: Callable[[Row], dict[str, Any]], width: int, table: Table
) -> tuple[list[dict[str, Any]], Sequence[Any]]:
    """Return the records, and what the last of them is sorted by: the columns at the end of its row, or its key."""
    if width:
        return [read(row[:-width]) for row in rows], rows[-1][-width:] if rows else ()
    records = [read(row) for row in rows]
    return records, (table.primary_key.parse(records[-1]["id"]),) if records else ()


def _cursor(context: Context, query: ListQuery, position: Sequence[Any]) -> str:
    are_long = [key.field.type.is_long_text for key in query.sort]
    sealed = position_of(position, are_long, query.now)
    return cursors_of(context.schema.cursor_key).seal(sealed, query.binding)


def _collected(query: ListQuery, rows: Sequence[Row], dialect: Dialect) -> bytes:
    """Return the keys of aggregates and groups, each with the comma ahead of it; nothing where neither is asked for."""
    if query.grouping is not None:
        return b',"groups":' + json_text.dump(present_groups(query.grouping, query.aggregates, rows, dialect))
    if query.aggregates is None:
        return b""
    ((count, *columns),) = rows
    return b',"aggregations":' + json_text.dump(query.aggregates.present(count, columns, dialect))
