"""Tag `history`: what happened to a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.context import Context
from tabularium.query.expected import Expected
from tabularium.records import history, reverting
from tabularium.schema.model import Table


async def get_record_history(
    context: Context, table: Table, record_id: str, query: Mapping[str, Any]
) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/records/{recordId}/history`."""
    return await history.get_history(context, table, record_id, history.HistoryParameters(**query))


async def revert_record(
    context: Context, table: Table, record_id: str, revision: int, if_match: Expected | None
) -> dict[str, Any]:
    """Answer `POST /api/tables/{tableId}/records/{recordId}/history/{revision}/revert`."""
    return await reverting.revert(context, table, record_id, revision, if_match)
