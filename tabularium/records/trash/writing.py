"""The statements that change many records at once, each as a revision of its own with a time of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from tabularium.db.database import CheckViolation, UniqueViolation
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.records.trash.keys import AT_ONCE, Key, Keys, Node, among, bound, bound_pairs, pairs_source
from tabularium.records.trash.outcome import Change
from tabularium.records.trash.references import Reference
from tabularium.records.trash.rows import Act, Stored
from tabularium.records.values import signed_fields
from tabularium.schema.model import (
    DELETED_COLUMN,
    DELETION_COLUMN,
    KEY_COLUMN,
    REVISION_COLUMN,
    UPDATED_COLUMN,
    Table,
)

Kind = Literal["update", "delete", "restore"]
Emptied = Mapping[Node, Collection[Reference]]
"""Records that lose links, with the references of these."""

VIOLATIONS: Final = (CheckViolation, UniqueViolation)
"""What a change of this kind can meet: a constraint that needs a link, a unique value that was taken meanwhile."""


class Unfit(Exception):
    """A constraint or a unique index does not allow what was to be done to records of `table`.

    The transaction can only be rolled back after this.
    """

    def __init__(
        self, table: Table, violation: CheckViolation | UniqueViolation, emptied: tuple[Reference, ...]
    ) -> None:
        super().__init__(str(violation))
        self.table = table
        self.violation = violation
        self.emptied = emptied
        """The references whose links were to become empty at the same time."""


async def change_rows(
    act: Act,
    kind: Kind,
    nodes: Iterable[Node],
    held: Mapping[Node, Stored],
    emptied: Emptied,
    deletion: str | None = None,
) -> list[Change]:
    """Change rows that are held, emptying links of theirs. Costs one statement for each thousand of a table and kind.

    Records that go to the trash are marked with `deletion`. Raises `Unfit`.
    """
    groups: defaultdict[tuple[Table, frozenset[Reference]], list[Key]] = defaultdict(list)
    changes: list[Change] = []
    for table, key in nodes:
        references = frozenset(emptied.get((table, key), ()))
        groups[table, references].append(key)
        changes.append(_change(table, key, kind, held[table, key], references, act.now))
    for (table, references), keys in groups.items():
        ordered = tuple(sorted(references, key=lambda each: each.fields))
        sql = _changing(table, kind, _columns_of(ordered), act.dialect)
        last: list[Any] = [deletion] if kind == "delete" else []
        last += [act.user] if _is_signed(table, kind) else []
        for start in range(0, len(keys), AT_ONCE):
            pairs = [(key, held[table, key].next_time(act.now)) for key in keys[start : start + AT_ONCE]]
            try:
                await act.session.execute(sql, [*bound_pairs(pairs, act.dialect), *last])
            except VIOLATIONS as violation:
                raise Unfit(table, violation, ordered) from violation
    return changes


def _change(table: Table, key: Key, kind: Kind, stored: Stored, references: Iterable[Reference], now: str) -> Change:
    names = {name for each in references for name in each.fields}
    before = {name: value for name, value in stored.links.items() if name in names}
    return Change(table, key, kind, stored.revision + 1, stored.next_time(now), before, dict.fromkeys(before))


def _columns_of(references: Iterable[Reference]) -> tuple[str, ...]:
    """Return the columns that hold the links; several references may share some."""
    pairs = ((each.child.by_name[name], name) for each in references for name in each.fields)
    return tuple(dict.fromkeys(column for field, name in pairs for column in field.type.column_names(name)))


def _is_signed(table: Table, kind: Kind) -> bool:
    return bool(signed_fields(table, "delete" if kind == "delete" else "update"))


@lru_cache(maxsize=2048)
def _changing(table: Table, kind: Kind, emptied: tuple[str, ...], dialect: Dialect) -> str:
    """Return the statement. Parameters: those of `bound_pairs`, the deletion where records go, the user if it signs."""
    quote = dialect.quote
    name, revision = quote(table.database_name), quote(REVISION_COLUMN)
    settings = {REVISION_COLUMN: f"{revision} + 1", UPDATED_COLUMN: "_w.at"}
    number = 2 if dialect is SQLITE else 3
    if kind == "delete":
        settings |= {DELETED_COLUMN: "_w.at", DELETION_COLUMN: dialect.placeholder(number)}
        number += 1
    elif kind == "restore":
        settings |= {DELETED_COLUMN: "NULL", DELETION_COLUMN: "NULL"}
        settings |= dict.fromkeys((each.type.column(each.name) for each in signed_fields(table, "delete")), "NULL")
    signed = signed_fields(table, "delete" if kind == "delete" else "update")
    settings |= dict.fromkeys((each.type.column(each.name) for each in signed), dialect.placeholder(number))
    settings |= dict.fromkeys(emptied, "NULL")
    assigned = ", ".join(f"{quote(column)} = {value}" for column, value in settings.items())
    key = f"{name}.{quote(KEY_COLUMN)}"
    return f"UPDATE {name} SET {assigned} FROM {pairs_source(table, dialect)} WHERE {key} = _w.key"


async def remove_rows(act: Act, nodes: Collection[Node], held: Mapping[Node, Stored]) -> list[Change]:
    """Remove rows for good, whichever of them point at one another. Links in tables of their own end with them."""
    keys: Keys = {}
    for table, key in nodes:
        keys.setdefault(table, set()).add(key)
    if act.dialect is SQLITE:
        # What rows point at is checked at the end of the transaction then, so that their order does not matter.
        await act.session.execute("PRAGMA defer_foreign_keys = ON")
        for table, some in keys.items():
            await act.session.execute(_removing(table, act.dialect, 1), [bound(some, act.dialect)])
    elif keys:
        # PostgreSQL checks it at the end of the statement, so there is one for all tables.
        *others, last = (_removing(table, act.dialect, number) for number, table in enumerate(keys, 1))
        parts = ", ".join(f"_{number} AS ({sql})" for number, sql in enumerate(others, 1))
        sql = f"WITH {parts} {last}" if parts else last
        await act.session.execute(sql, [bound(some, act.dialect) for some in keys.values()])
    gone = [(table, key, held[table, key]) for table, key in nodes]
    return [
        Change(table, key, "permanent_delete", stored.revision + 1, stored.next_time(act.now))
        for table, key, stored in gone
    ]


def _removing(table: Table, dialect: Dialect, number: int) -> str:
    key = dialect.quote(KEY_COLUMN)
    return f"DELETE FROM {dialect.quote(table.database_name)} WHERE {among(key, table, dialect, number)}"
