"""Holds the records of a database to their history and their activity log: every change once in each, and no other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tabularium.db.database import Session
from tabularium.schema.model import Schema, Table

_READ = "id, table_id, record_id, action, created_at, revision, changes"
RecordKey = tuple[str, str]
"""A table's name and the id of a record as text."""


@dataclass(frozen=True)
class Entry:
    """One revision as the history tells it."""

    revision: int
    action: str
    created_at: str
    changes: str | None


@dataclass
class Ledger:
    """All that is stored about records: the rows themselves, and the entries about them."""

    rows: dict[RecordKey, tuple[int, bool]] = field(default_factory=dict)
    """Revision, and whether the record is in the trash."""
    entries: dict[RecordKey, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    untold: list[str] = field(default_factory=list)
    """The ids of entries about records that the history lacks."""

    def check(self) -> None:
        """Raise where a record and its entries do not fit together."""
        assert not self.untold
        for key in self.rows.keys() | self.entries.keys():
            lives = _lives(key, self.entries.get(key, []))
            for life in lives[:-1]:
                assert life[-1].action == "permanent_delete", (key, life)
            _check_last(key, self.rows.get(key), lives[-1] if lives else [])

    @property
    def size(self) -> int:
        """How many revisions were told."""
        return sum(map(len, self.entries.values()))


def _lives(key: RecordKey, entries: list[Entry]) -> list[list[Entry]]:
    """Return the entries of each record that bore a key, one after the other: a text may become a key again."""
    lives: list[list[Entry]] = []
    for each in entries:
        if each.action == "create":
            lives.append([])
        assert lives, (key, entries)
        lives[-1].append(each)
    for life in lives:
        assert [each.revision for each in life] == list(range(1, len(life) + 1)), (key, life)
        assert all(one.created_at < two.created_at for one, two in pairwise(life)), (key, life)
        moves = [each.action for each in life if each.action in ("delete", "restore")]
        assert moves == ["delete" if place % 2 == 0 else "restore" for place in range(len(moves))], (key, life)
        assert all(each.action != "permanent_delete" for each in life[:-1]), (key, life)
    return lives


def _check_last(key: RecordKey, row: tuple[int, bool] | None, life: list[Entry]) -> None:
    assert life, f"{key} has no history"
    if row is None:
        assert life[-1].action == "permanent_delete", (key, life)
        assert all(each.changes is None for each in life), (key, life)
        return
    moves = [each.action for each in life if each.action in ("delete", "restore", "permanent_delete")]
    assert row == (life[-1].revision, moves[-1:] == ["delete"]), (key, row, life)


async def read_ledger(session: Session, schema: Schema) -> Ledger:
    """Read everything about the records of an application, from one snapshot."""
    quote, ledger = session.dialect.quote, Ledger()
    tables = [(each, quote(each.database_name)) for each in schema.tables]
    names = {_table_id(each): each.name for each in schema.tables}
    entries, *rows = await session.fetch_many(
        [
            (f"SELECT {_READ} FROM _activity WHERE category = 'records' ORDER BY created_at, id", ()),
            *((f"SELECT id, _revision, deleted_at IS NOT NULL FROM {name}", ()) for _, name in tables),
        ]
    )
    for (table, _), some in zip(tables, rows, strict=True):
        ledger.rows |= {(table.name, str(key)): (revision, bool(gone)) for key, revision, gone in some}
    for entry, table_id, record_id, action, created_at, revision, changes in entries:
        if revision is None:
            ledger.untold.append(entry)
        else:
            ledger.entries[names[table_id], record_id].append(Entry(revision, action, created_at, changes))
    return ledger


def _table_id(table: Table) -> str:
    return table.id or table.name


async def dangling_links(session: Session, schema: Schema) -> list[tuple[str, str, Any]]:
    """Return the links of live records that lead to no live record: table, field and value."""
    quote, found = session.dialect.quote, list[tuple[str, str, Any]]()
    for table in schema.tables:
        for each in table.fields:
            if each.type.related_table is None or each.type.is_stored_apart:
                continue
            target = table.sibling(str(each.type.related_table))
            column = f"_c.{quote(each.name)}"
            rows = await session.fetch_all(
                f"SELECT {column} FROM {quote(table.database_name)} AS _c WHERE _c.deleted_at IS NULL "
                f"AND {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {quote(target.database_name)} AS _p "
                f"WHERE _p.id = {column} AND _p.deleted_at IS NULL)"
            )
            found += [(table.name, each.name, row[0]) for row in rows]
    return found
