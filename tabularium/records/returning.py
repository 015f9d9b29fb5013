"""What a write gives back of the records that it stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tabularium.access import policy
from tabularium.context import Context
from tabularium.query import plan_get, record_reader
from tabularium.query.statements import several_statement
from tabularium.records import statements
from tabularium.schema.model import Field, Table

_ENVELOPE: Final = ("id", "revision", "createdAt", "updatedAt")


def returned_names(context: Context, table: Table) -> tuple[str, ...]:
    """Return the fields that the statement of a write gives back."""
    names = policy.listed_names(context.identity, table)
    return tuple(name for name in names if not _is_read_apart(table.by_name[name]))


def _is_read_apart(field: Field) -> bool:
    """Say whether the statement that writes a record cannot give the value back."""
    return field.type.is_computed or field.type.is_stored_apart


async def complete(context: Context, table: Table, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return written records with what the write itself could not give back: the fields that are worked out.

    Nothing but the envelope is returned of a record that the caller may not see, now that it is stored. Costs one
    statement, and none for a table without such fields and rules.
    """
    names = policy.listed_names(context.identity, table)
    is_whole = "read" not in table.row_rules and not any(_is_read_apart(table.by_name[name]) for name in names)
    if is_whole or not records:
        return list(records)
    dialect = context.session.dialect
    query = plan_get(table, names, records[0]["id"], now=context.now, caller=context.moment.caller)
    keys = [key for each in records if (key := table.primary_key.parse(each["id"])) is not None]
    sql, bound = several_statement(query, statements.bound_keys(keys, dialect), dialect)
    read = record_reader(query, dialect)
    found = {record["id"]: record for record in map(read, await context.session.fetch_all(sql, bound))}
    return [found.get(each["id"]) or {**{name: each[name] for name in _ENVELOPE}, "fields": {}} for each in records]


async def complete_one(context: Context, table: Table, record: dict[str, Any]) -> dict[str, Any]:
    """Return one written record likewise."""
    (completed,) = await complete(context, table, [record])
    return completed
