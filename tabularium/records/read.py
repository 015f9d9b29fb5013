"""Read records: one, or a page of a list. A list leaves here as JSON, since PostgreSQL writes that itself."""

from __future__ import annotations

from typing import Any

from tabularium import json_text
from tabularium.access import policy
from tabularium.context import Context
from tabularium.errors import NotFound
from tabularium.query import (
    MOST_ESTIMATED,
    GetParameters,
    ListParameters,
    ListQuery,
    count_may_scan,
    get_statement,
    list_statements,
    page_may_scan,
    plan_get,
    plan_list,
    record_reader,
)
from tabularium.schema.model import Table


async def get(context: Context, table: Table, record_id: str, parameters: GetParameters) -> dict[str, Any]:
    """Return one record with the fields that were asked for."""
    query = plan_get(table, policy.readable_names(context.identity, table), record_id, parameters, context.now)
    row = await context.session.fetch_one(*get_statement(query, context.session.dialect))
    if row is None:
        raise NotFound("There is no such record.")
    return record_reader(query, context.session.dialect)(row)


async def list_page(context: Context, table: Table, parameters: ListParameters) -> bytes:
    """Return `{records, pagination}` as JSON. Costs one statement, and on SQLite one more where rows are counted."""
    readable = policy.readable_names(context.identity, table)
    view = None if parameters.view is None else policy.find_view(context.identity, table, parameters.view)
    query = plan_list(table, readable, parameters, context.schema.api, view, context.now)
    statements = list_statements(query, context.session.dialect)
    heavy = page_may_scan(query) or (statements.count is not None and count_may_scan(query))
    if statements.read is None:
        ((records, has_more, total),) = await context.session.fetch_all(*statements.page)
    else:
        wanted = [statements.page] if statements.count is None else [statements.page, statements.count]
        rows, *counted = await context.session.fetch_many(wanted, heavy=heavy)
        has_more = len(rows) > query.limit
        records = json_text.dump([statements.read(row) for row in rows[: query.limit]])[1:-1]
        total = counted[0][0][0] if counted else None
    return b'{"records":[%b],"pagination":%b}' % (records, json_text.dump(_pagination(query, has_more, total)))


def _pagination(query: ListQuery, has_more: bool, total: int | None) -> dict[str, Any]:
    pagination: dict[str, Any] = {"page": query.page, "limit": query.limit, "offset": query.offset}
    if total is not None and query.count == "estimate" and total > MOST_ESTIMATED:
        pagination |= {"total": MOST_ESTIMATED, "totalIsEstimate": True}
    elif total is not None:
        pagination |= {"total": total, "totalPages": -(-total // query.limit)}
    return {**pagination, "hasNextPage": has_more, "hasPreviousPage": query.offset > 0}
