"""What a caller is told about the tables of the application."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from tabularium.access import policy
from tabularium.access.actions import ACTIONS
from tabularium.context import Context
from tabularium.query import count_statement
from tabularium.schema.model import Field, Table
from tabularium.views import list_views


async def list_tables(context: Context, *, with_counts: bool) -> list[dict[str, Any]]:
    """Return a summary of every table that the caller may read, in configuration order.

    `with_counts` adds the number of live records, at the cost of one statement a table.
    """
    visible = [table for table in context.schema.tables if "read" in policy.permitted(context.identity, table)]
    return [await _summary(context, table, with_counts=with_counts) for table in visible]


async def get_table(context: Context, table: Table, *, with_counts: bool) -> dict[str, Any]:
    """Return all that the caller may know about one table."""
    permitted = policy.permitted(context.identity, table)
    return {
        **await _summary(context, table, with_counts=with_counts),
        "primaryKey": _primary_key(table),
        "fields": [describe_field(each) for each in policy.readable(context.identity, table)],
        "views": list_views(context, table),
        "permissions": {action: action in permitted for action in ACTIONS},
    }


async def _summary(context: Context, table: Table, *, with_counts: bool) -> dict[str, Any]:
    summary: dict[str, Any] = {"id": table.id, "name": table.name}
    if table.description is not None:
        summary["description"] = table.description
    summary["fieldCount"] = len(policy.readable(context.identity, table))
    if with_counts:
        row = await context.session.fetch_one(count_statement(table, context.session.dialect), heavy=True)
        summary["recordCount"] = row[0] if row else 0
    return {**summary, "createdAt": table.created_at, "updatedAt": table.updated_at}


def _primary_key(table: Table) -> dict[str, Any]:
    key: dict[str, Any] = {"type": table.primary_key.kind}
    if table.primary_key.fields:
        key["fields"] = list(table.primary_key.fields)
    return key


def describe_field(field: Field) -> dict[str, Any]:
    """Return a field's description: the common keys, then the options of its type as configured.

    A related table has its name there, whether the file wrote its name or its id.
    """
    described: dict[str, Any] = {"id": field.id, "name": field.name, "type": field.type.names[0]}
    if field.description is not None:
        described["description"] = field.description
    described |= {
        "required": field.required,
        "unique": field.unique,
        "indexed": field.indexed,
        "readOnly": field.type.is_read_only,
    }
    if field.has_default:
        described["default"] = field.default
    described |= {name: value for name, value in field.options.items() if name not in field.type.private_options}
    if field.type.related_table is not None:
        described["relatedTable"] = field.type.related_table
    return {name: _json_value(value) for name, value in described.items()}


def _json_value(value: Any) -> Any:
    """Turn a number of the file, which is read exactly, into one that is written with the same digits."""
    return orjson.Fragment(format(value, "f")) if isinstance(value, Decimal) else value
