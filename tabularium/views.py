"""What a caller is told about the views of a table."""

from __future__ import annotations

from typing import Any

from tabularium.access import policy
from tabularium.context import Context
from tabularium.query.system_fields import SYSTEM_NAMES
from tabularium.schema.model import FieldOrder, Table, View


def list_views(context: Context, table: Table) -> list[dict[str, Any]]:
    """Return every view of the table that the caller may use, in configuration order."""
    return [_describe(context, table, view) for view in policy.readable_views(context.identity, table)]


def get_view(context: Context, table: Table, reference: str) -> dict[str, Any]:
    """Return the view with this id or name."""
    return _describe(context, table, policy.find_view(context.identity, table, reference))


def _describe(context: Context, table: Table, view: View) -> dict[str, Any]:
    """Describe a view without what the caller may not read, which applies all the same."""
    known = policy.readable_names(context.identity, table) | set(SYSTEM_NAMES)
    described: dict[str, Any] = {
        "id": view.id,
        "name": view.name,
        "tableId": table.id,
        "isDefault": view.is_default,
        "fields": None if view.fields is None else [name for name in view.fields if name in known],
        "filters": view.filters if view.named_in_filters <= known else None,
        "sorts": [_order(each) for each in view.sorts if each.field in known] or None,
        "groupBy": _order(view.group_by) if view.group_by and view.group_by.field in known else None,
    }
    return {key: value for key, value in described.items() if value is not None}


def _order(order: FieldOrder) -> dict[str, str]:
    return {"field": order.field, "direction": "desc" if order.descending else "asc"}
