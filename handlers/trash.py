"""Tag `trash`: the records that were deleted, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.context import Context
from tabularium.query import ListParameters
from tabularium.query.expected import Expected
from tabularium.records import batch, read, trash
from tabularium.schema.model import Table


async def list_trash(context: Context, table: Table, query: Mapping[str, Any]) -> bytes:
    """Answer `GET /api/tables/{tableId}/trash`."""
    return await read.list_page(context, table, ListParameters(**{**query, "deleted": True}))


async def restore_record(context: Context, table: Table, record_id: str, if_match: Expected | None) -> dict[str, Any]:
    """Answer `POST /api/tables/{tableId}/records/{recordId}/restore`."""
    await trash.restore(context, table, record_id, if_match)
    return {"success": True, "record": await read.get(context, table, record_id)}


async def batch_restore_records(context: Context, table: Table, body: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    """Answer `POST /api/tables/{tableId}/records/batch/restore`."""
    return await batch.restore_records(context, table, body["ids"], is_rehearsal=dry_run)
