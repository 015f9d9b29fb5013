"""What a caller is told about the tables of the application."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, Final

import orjson

from tabularium.access import policy
from tabularium.access.actions import ACTIONS
from tabularium.access.identity import Identity
from tabularium.context import Context
from tabularium.errors import Unauthorized
from tabularium.query import count_statement
from tabularium.schema.model import KEY_COLUMN, Field, Table
from tabularium.views import list_views

_OPTIONS_OF_TARGET: Final = ("displayField", "relatedField", "foreignKey", "reciprocalField")
"""Options that name a field of the table that a link leads into."""


async def list_tables(context: Context, *, with_counts: bool) -> list[dict[str, Any]]:
    """Return a summary of every table that the caller may read, in configuration order.

    `with_counts` adds the number of live records, at the cost of one statement a table. Raises `Unauthorized` for
    somebody who is not signed in where no table is open to everyone.
    """
    visible = [table for table in context.schema.tables if "read" in policy.permitted(context.identity, table)]
    if not visible and not context.identity.is_signed_in:
        raise Unauthorized
    return [await _summary(context, table, with_counts=with_counts) for table in visible]


async def get_table(context: Context, table: Table, *, with_counts: bool) -> dict[str, Any]:
    """Return all that the caller may know about one table."""
    identity = context.identity
    return {
        **await _summary(context, table, with_counts=with_counts),
        "primaryKey": _primary_key(table, policy.readable_names(identity, table)),
        "fields": [describe_field(each, table, identity) for each in policy.readable(identity, table)],
        "views": list_views(context, table),
        "permissions": _actions(table, identity),
    }


def get_table_permissions(identity: Identity, table: Table) -> dict[str, Any]:
    """Return what the caller may do to the table and to each field that they may read; nothing is left to work out."""
    access = policy.access(identity, table)
    fields = {each.name: {"read": True, "write": each.name in access.writable} for each in access.fields}
    return {"table": _actions(table, identity), "fields": fields}


def _actions(table: Table, identity: Identity) -> dict[str, bool]:
    permitted = policy.permitted(identity, table)
    return {action: action in permitted for action in ACTIONS}


async def _summary(context: Context, table: Table, *, with_counts: bool) -> dict[str, Any]:
    summary: dict[str, Any] = {"id": table.id, "name": table.name}
    if table.description is not None:
        summary["description"] = table.description
    summary["fieldCount"] = len(policy.readable(context.identity, table))
    if with_counts:
        counted = count_statement(table, context.moment, context.session.dialect)
        row = await context.session.fetch_one(*counted, heavy=True)
        summary["recordCount"] = row[0] if row else 0
    return {**summary, "createdAt": table.created_at, "updatedAt": table.updated_at}


def _primary_key(table: Table, readable: Collection[str]) -> dict[str, Any]:
    key: dict[str, Any] = {"type": table.primary_key.kind}
    fields = [name for name in table.primary_key.fields if name in readable]
    if fields:
        key["fields"] = fields
    return key


def describe_field(field: Field, table: Table, identity: Identity) -> dict[str, Any]:
    """Return a field's description: the common keys, then the options of its type as configured.

    A related table has its name there, whether the file wrote its name or its id. Options that name a table, a field or
    a view are left out for a caller to whom that does not exist.
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
    left_out = field.type.private_options | set(_unseen_options(field, table, identity))
    described |= {name: value for name, value in field.options.items() if name not in left_out}
    if field.type.related_table is not None and "relatedTable" not in left_out:
        described["relatedTable"] = field.type.related_table
    return {name: _json_value(value) for name, value in described.items()}


def _unseen_options(field: Field, table: Table, identity: Identity) -> Iterator[str]:
    """Yield the options of a link, or of a field that follows one, that name what the caller cannot see."""
    link_name = field.options.get("relationshipField")
    link = field if link_name is None else table.by_name[str(link_name)]
    if link_name is not None and link_name not in policy.readable_names(identity, table):
        yield "relationshipField"
    if link.type.related_table is None:
        return
    target = table.sibling(link.type.related_table)
    if not policy.permitted(identity, target):
        yield "relatedTable"
    known = policy.readable_names(identity, target) | {KEY_COLUMN}
    yield from (option for option in _OPTIONS_OF_TARGET if field.options.get(option, KEY_COLUMN) not in known)
    views = {name for view in policy.readable_views(identity, target) for name in (view.id, view.name)}
    if field.type.limit_to_view not in {None, *views}:
        yield "limitToView"


def _json_value(value: Any) -> Any:
    """Turn a number of the file, which is read exactly, into one that is written with the same digits."""
    return orjson.Fragment(format(value, "f")) if isinstance(value, Decimal) else value
