"""Tag `tables`: what tables there are and what they hold."""

from __future__ import annotations

from typing import Any

from tabularium import tables
from tabularium.access.identity import Identity
from tabularium.context import Context
from tabularium.schema.model import Table


async def list_tables(context: Context, include: str | None) -> dict[str, Any]:
    """Answer `GET /api/tables`."""
    return {"tables": await tables.list_tables(context, with_counts=include == "recordCount")}


async def get_table(context: Context, table: Table, include: str | None) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}`."""
    return await tables.get_table(context, table, with_counts=include == "recordCount")


async def get_table_permissions(table: Table, identity: Identity) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/permissions`."""
    return tables.get_table_permissions(identity, table)
