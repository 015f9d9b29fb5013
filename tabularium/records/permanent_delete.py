"""Removing records for good: with those that go with them, and none that a link of another record protects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from tabularium.clock import next_instant
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.events import RecordAction, RecordChange
from tabularium.query import record_columns
from tabularium.schema.model import KEY_COLUMN, REVISION_COLUMN, UPDATED_COLUMN, Field, Schema, Table

Key = int | str
Keys = dict[Table, set[Key]]
Rule = Literal["restrict", "cascade", "set-null"]
Tell = Callable[[Table, RecordAction, list[RecordChange]], Awaitable[None]]
"""Takes what was done to records of a table, as `Context.record_changes` does."""

_Node = tuple[Table, Key]
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of a table that point at records of another one, and what becomes of a child whose parent goes."""

    child: Table
    columns: tuple[str, ...]
    parent: Table
    referenced: tuple[str, ...]
    rule: Rule
    field: Field | None = None
    """The link; `None` for a foreign key of the file."""


def references_of(schema: Schema) -> Iterator[Reference]:
    """Yield every link to one record, and every foreign key of the file."""
    for table in schema.tables:
        for field in table.fields:
            parent = schema.find_table(field.type.referenced_table or "")
            if parent is not None:
                yield Reference(table, (field.type.column(field.name),), parent, (KEY_COLUMN,), _rule(field), field)
        for key in table.foreign_keys:
            parent = schema.find_table(key.referenced_table)
            if parent is not None:
                own, others = _columns(table, key.fields), _columns(parent, key.referenced_fields)
                yield Reference(table, own, parent, others, "restrict")


def _rule(field: Field) -> Rule:
    configured = getattr(field.type.options, "on_delete", None)
    if configured in ("cascade", "set-null"):
        return "cascade" if configured == "cascade" else "set-null"
    return "restrict" if configured is not None or field.required else "set-null"


def _columns(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(table.by_name[name].type.column(name) if name in table.by_name else name for name in names)


async def delete_for_good(
    session: Session, schema: Schema, roots: Mapping[Table, Collection[Key]], now: str, tell: Tell
) -> Keys:
    """Remove records, live or trashed, as far as nothing restricts it, and return all that are gone.

    Children go too, or lose the link, as the file says; a root that cannot go without breaking a restriction stays.
    `tell` gets a `permanent_delete` of each record that is gone, and an `update` of each that has lost a link.
    Costs some statements for each thousand records and link. Links in tables of their own go with the record.
    """
    references = tuple(references_of(schema))
    wanted: Keys = {table: set(keys) for table, keys in roots.items()}
    while True:
        doomed, parents = await _with_children(session, references, wanted)
        held = _upwards(await _restricted(session, references, doomed), parents)
        if not held:
            break
        # At least one root leads to each record that is held, so this comes to an end.
        wanted = {table: {key for key in keys if (table, key) not in held} for table, keys in wanted.items()}
    await _empty_links(session, references, doomed, now, tell)
    for table, keys in doomed.items():
        for some in _parts(keys):
            await _remove(session, table, some, now, tell)
    return doomed


async def _remove(session: Session, table: Table, keys: list[Key], now: str, tell: Tell) -> None:
    columns = record_columns(table, (), session.dialect)
    condition = _among(session.dialect.quote(KEY_COLUMN), table, session.dialect)
    name = session.dialect.quote(table.database_name)
    sql = f"DELETE FROM {name} WHERE {condition} RETURNING {columns.sql}"
    removed = map(columns.read, await session.fetch_all(sql, [_bound(keys, session.dialect)]))
    changes = [RecordChange(each["id"], each["revision"] + 1, next_instant(now, each["updatedAt"])) for each in removed]
    await tell(table, "permanent_delete", changes)


# What goes ------------------------------------------------------------------------------------------------------------


async def _with_children(
    session: Session, references: tuple[Reference, ...], roots: Mapping[Table, Collection[Key]]
) -> tuple[Keys, Mapping[_Node, set[_Node]]]:
    """Return the roots with all that cascades from them, held against new links; and of each child its parents."""
    doomed: defaultdict[Table, set[Key]] = defaultdict(set)
    parents: defaultdict[_Node, set[_Node]] = defaultdict(set)
    fresh: Keys = {table: set(keys) for table, keys in roots.items() if keys}
    while fresh:
        found: defaultdict[Table, set[Key]] = defaultdict(set)
        for table, keys in fresh.items():
            doomed[table] |= keys
            await _hold(session, table, keys)
        for reference in references:
            if reference.rule != "cascade" or reference.parent not in fresh:
                continue
            for child, parent in await _children(session, reference, fresh[reference.parent]):
                parents[reference.child, child].add((reference.parent, parent))
                found[reference.child].add(child)
        fresh = {table: new for table, keys in found.items() if (new := keys - doomed[table])}
    return dict(doomed), parents


async def _restricted(session: Session, references: tuple[Reference, ...], doomed: Keys) -> set[_Node]:
    """Return the records that children which stay are attached to."""
    held: set[_Node] = set()
    for reference in references:
        if reference.rule == "restrict" and reference.parent in doomed:
            going = doomed.get(reference.child, set())
            pairs = await _children(session, reference, doomed[reference.parent])
            held |= {(reference.parent, parent) for child, parent in pairs if child not in going}
    return held


def _upwards(nodes: set[_Node], parents: Mapping[_Node, set[_Node]]) -> set[_Node]:
    """Return nodes with all that they would cascade from."""
    reached, fresh = set(nodes), set(nodes)
    while fresh:
        fresh = {parent for node in fresh for parent in parents.get(node, ())} - reached
        reached |= fresh
    return reached


async def _hold(session: Session, table: Table, keys: set[Key]) -> None:
    if session.dialect is not POSTGRESQL:  # SQLite has one writer at a time
        return
    key, name = session.dialect.quote(KEY_COLUMN), session.dialect.quote(table.database_name)
    for some in _parts(keys):
        sql = f"SELECT 1 FROM {name} WHERE {_among(key, table, session.dialect)} ORDER BY {key} FOR UPDATE"
        await session.fetch_all(sql, [_bound(some, session.dialect)])


async def _children(session: Session, reference: Reference, keys: set[Key]) -> list[tuple[Key, Key]]:
    """Return the keys of children, each with that of its parent."""
    dialect = session.dialect
    quote = dialect.quote
    pairs = zip(reference.columns, reference.referenced, strict=True)
    join = " AND ".join(f"_c.{quote(own)} = _p.{quote(other)}" for own, other in pairs)
    sql = (
        f"SELECT _c.{quote(KEY_COLUMN)}, _p.{quote(KEY_COLUMN)} FROM {quote(reference.parent.database_name)} AS _p "
        f"JOIN {quote(reference.child.database_name)} AS _c ON {join} "
        f"WHERE {_among(f'_p.{quote(KEY_COLUMN)}', reference.parent, dialect)}"
    )
    found: list[tuple[Key, Key]] = []
    for some in _parts(keys):
        found += [(row[0], row[1]) for row in await session.fetch_all(sql, [_bound(some, dialect)], heavy=True)]
    return found


# What stays without its link ------------------------------------------------------------------------------------------


async def _empty_links(session: Session, references: tuple[Reference, ...], doomed: Keys, now: str, tell: Tell) -> None:
    """Take away every link to what goes: from children that stay as a revision of theirs."""
    for reference in references:
        if reference.parent not in doomed:
            continue
        going = doomed.get(reference.child, set())
        if reference.rule == "set-null":
            pairs = await _children(session, reference, doomed[reference.parent])
            for some in _parts({child for child, _ in pairs} - going):
                await _revise(session, reference, some, now, tell)
        if going:  # so that records which point at one another can go in any order
            quote = session.dialect.quote
            condition = _among(quote(KEY_COLUMN), reference.child, session.dialect)
            sql = (
                f"UPDATE {quote(reference.child.database_name)} SET {quote(reference.columns[0])} = NULL "
                f"WHERE {condition}"
            )
            for some in _parts(going):
                await session.execute(sql, [_bound(some, session.dialect)])


async def _revise(session: Session, reference: Reference, keys: list[Key], now: str, tell: Tell) -> None:
    table, dialect = reference.child, session.dialect
    quote, place = dialect.quote, dialect.placeholder
    name, key = quote(table.database_name), quote(KEY_COLUMN)
    field = reference.field
    columns = record_columns(table, () if field is None else (field.name,), dialect)
    locking = " FOR UPDATE" if dialect is POSTGRESQL else ""
    found = await session.fetch_all(
        f"SELECT {columns.sql} FROM {name} WHERE {_among(f'{name}.{key}', table, dialect)} ORDER BY {key}{locking}",
        [_bound(keys, dialect)],
    )
    revision = quote(REVISION_COLUMN)
    emptied = ", ".join(f"{quote(column)} = NULL" for column in reference.columns)
    sql = (
        f"UPDATE {name} SET {emptied}, {revision} = {revision} + 1, {quote(UPDATED_COLUMN)} = {place(1)} "
        f"WHERE {key} = {place(2)}"
    )
    changes = []
    for record in map(columns.read, found):
        later = next_instant(now, record["updatedAt"])
        await session.execute(sql, [later, table.primary_key.parse(record["id"])])
        lost = () if field is None else ((field, record["fields"][field.name], None),)
        changes.append(RecordChange(record["id"], record["revision"] + 1, later, lost))
    await tell(table, "update", changes)


# Keys in statements ---------------------------------------------------------------------------------------------------


def _parts(keys: Collection[Key]) -> Iterator[list[Key]]:
    ordered = sorted(keys, key=lambda key: (isinstance(key, str), key))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _among(column: str, table: Table, dialect: Dialect) -> str:
    """Return the condition that a key is among those of parameter 1."""
    if dialect is SQLITE:
        return f"{column} IN (SELECT value FROM json_each(?1))"
    kind = table.primary_key.kind
    return f"{column} = ANY($1::{kind if kind in ('uuid', 'text') else 'bigint'}[])"


def _bound(keys: list[Key], dialect: Dialect) -> Any:
    return orjson.dumps(keys).decode() if dialect is SQLITE else keys
