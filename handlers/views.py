"""Tag `views`: the views of one table, and its records through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium import views
from tabularium.context import Context
from tabularium.query import ListParameters
from tabularium.records import read
from tabularium.schema.model import Table


async def list_views(context: Context, table: Table) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/views`."""
    return {"views": views.list_views(context, table)}


async def get_view(context: Context, table: Table, view_id: str) -> dict[str, Any]:
    """Answer `GET /api/tables/{tableId}/views/{viewId}`."""
    return views.get_view(context, table, view_id)


async def list_view_records(context: Context, table: Table, view_id: str, query: Mapping[str, Any]) -> bytes:
    """Answer `GET /api/tables/{tableId}/views/{viewId}/records`."""
    return await read.list_page(context, table, ListParameters(**query, view=view_id))
