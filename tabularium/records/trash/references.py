"""Which records point at which, and what becomes of a child whose parent goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tabularium.records.trash.keys import Keys, Node, in_order
from tabularium.schema.model import KEY_COLUMN, Field, Schema, Table

Rule = Literal["restrict", "cascade", "set-null"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Fields of a table that point at records of another one, with the columns at both ends."""

    child: Table
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    parent: Table
    referenced: tuple[str, ...]
    rule: Rule

    @property
    def is_by_key(self) -> bool:
        """Whether it names the key of the parent, which never changes."""
        return self.referenced == (KEY_COLUMN,)


@lru_cache(maxsize=64)
def references_of(schema: Schema) -> tuple[Reference, ...]:
    """Return every link to one record, and every foreign key of the file, in its order."""
    return tuple(each for table in schema.tables for each in _references(table, schema))


@lru_cache(maxsize=64)
def children_first(schema: Schema) -> Mapping[Table, int]:
    """Return the place of each table in the order in which rows are locked: children ahead of their parents.

    So does every other write: it holds the record that it changes, and then the records that this shall point at.
    Among tables that point at one another the order is any, but always the same.
    """
    parents: dict[Table, list[Table]] = {table: [] for table in schema.tables}
    for reference in references_of(schema):
        parents[reference.child].append(reference.parent)
    ordered: dict[Table, None] = {}
    seen: set[Table] = set()

    def visit(table: Table) -> None:
        if table not in seen:
            seen.add(table)
            for parent in parents[table]:
                visit(parent)
            ordered[table] = None

    for table in schema.tables:
        visit(table)
    return {table: place for place, table in enumerate(reversed(ordered))}


def in_lock_order(schema: Schema, nodes: Iterable[Node]) -> list[Node]:
    """Return records by table, children first, and by key: the order in which they are locked and changed."""
    keys: Keys = {}
    for table, key in nodes:
        keys.setdefault(table, set()).add(key)
    places = children_first(schema)
    return [(table, key) for table in sorted(keys, key=lambda each: places[each]) for key in in_order(keys[table])]


@lru_cache(maxsize=1024)
def emptied_names(schema: Schema, table: Table) -> tuple[str, ...]:
    """Return the fields of a table that become empty where what they point at goes."""
    emptied = (each for each in references_of(schema) if each.child is table and each.rule == "set-null")
    return tuple(dict.fromkeys(name for each in emptied for name in each.fields))


def _references(table: Table, schema: Schema) -> Iterator[Reference]:
    for field in table.fields:
        parent = schema.find_table(field.type.referenced_table or "")
        if parent is not None:
            columns = (field.type.column(field.name),)
            yield Reference(table, (field.name,), columns, parent, (KEY_COLUMN,), _rule(field))
    for key in table.foreign_keys:
        parent = schema.find_table(key.referenced_table)
        if parent is not None:
            own, others = _columns(table, key.fields), _columns(parent, key.referenced_fields)
            yield Reference(table, key.fields, own, parent, others, "restrict")


def _rule(field: Field) -> Rule:
    configured = getattr(field.type.options, "on_delete", None)
    if configured in ("cascade", "set-null"):
        return "cascade" if configured == "cascade" else "set-null"
    return "restrict" if configured is not None or field.required else "set-null"


def _columns(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(table.by_name[name].type.column(name) if name in table.by_name else name for name in names)
