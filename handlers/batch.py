"""Tag `batch`: many records of one table in one request."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.context import Context
from tabularium.records import batch, upsert
from tabularium.schema.model import Table


async def batch_create_records(context: Context, table: Table, body: dict[str, Any], dry_run: bool) -> Reply:
    """Answer `POST /api/tables/{tableId}/records/batch`."""
    return Reply(await batch.create_records(context, table, body, is_rehearsal=dry_run), status=201)


async def batch_update_records(context: Context, table: Table, body: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    """Answer `PATCH /api/tables/{tableId}/records/batch`."""
    return await batch.update_records(context, table, body, is_rehearsal=dry_run)


async def batch_delete_records(
    context: Context, table: Table, body: dict[str, Any], permanent: bool, dry_run: bool
) -> dict[str, Any]:
    """Answer `DELETE /api/tables/{tableId}/records/batch`."""
    return await batch.delete_records(context, table, body, asks_for_good=permanent, is_rehearsal=dry_run)


async def upsert_records(context: Context, table: Table, body: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    """Answer `POST /api/tables/{tableId}/records/upsert`."""
    return await upsert.upsert_records(context, table, body, is_rehearsal=dry_run)
