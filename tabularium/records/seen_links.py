"""Which ends of links exist for a caller who is bound by rules for rows, where ids come from the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tabularium.context import Context
from tabularium.db.dialect import Dialect
from tabularium.query import record_columns
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.records import statements
from tabularium.records.revision import Revision
from tabularium.records.values import fields_apart
from tabularium.schema.model import KEY_COLUMN, Field, Table

Hidden = Mapping[tuple[str, str], frozenset[str]]
"""The ids that a caller does not see, by the id of the record and the name of the field that links to them."""


@lru_cache(maxsize=1024)
def hiding_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields with links of which the caller may not see all: rules bind the rows that they lead to."""
    return tuple(each for each in fields_apart(table) if _hides(table, each))


def _hides(table: Table, field: Field) -> bool:
    target = field.type.related_table
    return target is not None and "read" in table.sibling(target).row_rules


async def hidden_links(context: Context, table: Table, revisions: Sequence[Revision]) -> Hidden:
    """Return the links of stored records that a change by the caller leaves, since they do not see them.

    Costs one statement where such links are changed, and else nothing.
    """
    names = tuple(each.name for each in hiding_fields(table))
    concerned = [each for each in revisions if not set(names).isdisjoint(each.names)]
    if not concerned:
        return {}
    dialect, whole = context.session.dialect, table.unruled
    columns, key = record_columns(whole, names, dialect), outer_row(whole, dialect).column(KEY_COLUMN)
    sql = (
        f"SELECT {columns.sql} FROM {dialect.quote(table.database_name)} "
        f"WHERE {statements.among_keys(key, table, dialect)}"
    )
    keys = [each.candidate.key for each in concerned if each.candidate.key is not None]
    rows = await context.session.fetch_all(sql, [statements.bound_keys(keys, dialect)])
    held = {record["id"]: record["fields"] for record in map(columns.read, rows)}
    return {
        (each.record_id, name): frozenset(held[each.stored["id"]][name]) - set(each.stored["fields"][name])
        for each in concerned
        for name in names
    }


def with_hidden(table: Table, field: Field, ids: Sequence[str], hidden: frozenset[str]) -> list[str]:
    """Return ids together with hidden ones, in the order of keys."""
    target = table.sibling(str(field.type.related_table))
    keys = {each: target.primary_key.parse(each) for each in {*ids, *hidden}}
    return [each for each, _ in sorted(keys.items(), key=lambda pair: (isinstance(pair[1], str), pair[1]))]


async def seen_ids(context: Context, target: Table, ids: set[str]) -> set[str]:
    """Return those of the ids that a record has, in the trash or not, which exists for the caller."""
    keys = [key for each in ids if (key := target.primary_key.parse(each)) is not None]
    if not keys:
        return set()
    dialect = context.session.dialect
    sql, last = _seen(target, dialect)
    bound = [statements.bound_keys(keys, dialect), *values_at(last, context.moment)]
    return {str(row[0]) for row in await context.session.fetch_all(sql, bound)}


@lru_cache(maxsize=1024)
def _seen(target: Table, dialect: Dialect) -> Numbered:
    row = outer_row(target, dialect)
    key = row.column(KEY_COLUMN)
    text = (
        f"SELECT {key} FROM {dialect.quote(target.database_name)} "
        f"WHERE {statements.among_keys(key, target, dialect)}{row.allowed}"
    )
    return with_moment(text, 2, dialect)


async def without_unseen(context: Context, table: Table, changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return changes, `{<name of the field>: {"from", "to"}}` each, without ids that do not exist for the caller.

    A field of which nothing is left that has changed is left out.
    """
    told = [dict(each) for each in changes]
    for field in hiding_fields(table):
        concerned = [each for each in told if field.name in each]
        ids = {key for each in concerned for side in each[field.name].values() for key in _ids(side)}
        seen = await seen_ids(context, table.sibling(str(field.type.related_table)), ids) if ids else set()
        for each in concerned:
            sides = {name: _only(value, seen) for name, value in each[field.name].items()}
            if (sides["from"] or []) == (sides["to"] or []):
                del each[field.name]
            else:
                each[field.name] = sides
    return told


def _ids(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _only(value: Any, seen: set[str]) -> Any:
    return [each for each in value if each in seen] if isinstance(value, list) else value
