"""Tag `records`: the records of one table, one at a time or listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from handlers.reply import Reply
from tabularium.context import Context
from tabularium.query import GetParameters, ListParameters
from tabularium.query.expected import Expected
from tabularium.records import read, trash, write
from tabularium.schema.model import Table


async def list_records(context: Context, table: Table, query: Mapping[str, Any]) -> bytes:
    """Answer `GET /api/tables/{tableId}/records`."""
    return await read.list_page(context, table, ListParameters(**query))


async def create_record(context: Context, table: Table, body: dict[str, Any]) -> Reply:
    """Answer `POST /api/tables/{tableId}/records`."""
    record = await write.create(context, table, body)
    location = f"/api/tables/{quote(table.name, safe='')}/records/{quote(record['id'], safe='')}"
    return Reply(record, headers={"Location": location})


async def get_record(context: Context, table: Table, record_id: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/records/{recordId}`."""
    return await read.get(context, table, record_id, GetParameters(**query))


async def update_record(
    context: Context, table: Table, record_id: str, body: dict[str, Any], if_match: Expected | None
) -> dict[str, Any]:
    """Answer `PATCH /api/tables/{tableId}/records/{recordId}`."""
    return await write.update(context, table, record_id, body, if_match)


async def delete_record(
    context: Context, table: Table, record_id: str, permanent: bool, if_match: Expected | None
) -> None:
    """Answer `DELETE /api/tables/{tableId}/records/{recordId}`."""
    await trash.delete(context, table, record_id, permanent=permanent, expected=if_match)
