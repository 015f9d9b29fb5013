"""What is kept under the ids of tables and fields: where the file gives others, and where they go for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tabularium import json_text
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.comments import COMMENT, MARK, THREAD
from tabularium.db.database import Session, Statement
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.history import HISTORY

_KEPT: Final = (HISTORY, ACTIVITY, COMMENT, THREAD, MARK)
"""The tables with a column `table_id`."""
_MOVING: Final = "~"
"""Begins no id, so that two tables may swap theirs."""
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Rekeying:
    """New ids of fields, by the former ones, of a table under the id that it has then; and fields that are gone."""

    table_id: str
    ids: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()


def departures(ids: Iterable[str], dialect: Dialect) -> Iterator[Statement]:
    """Yield what takes everything that is kept from under the former ids of tables."""
    yield from (move for former in ids for move in _moves(former, _MOVING + former, dialect))


def arrivals(former: str, later: str, dialect: Dialect) -> Iterator[Statement]:
    """Yield what brings everything that has departed from an id to a new one."""
    yield from _moves(_MOVING + former, later, dialect)


def _moves(former: str, later: str, dialect: Dialect) -> Iterator[Statement]:
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    for name in _KEPT:
        yield f"UPDATE {dialect.quote(name)} SET table_id = {one} WHERE table_id = {two}", (later, former)


def end_of_records(table_id: str, dialect: Dialect) -> tuple[Statement, ...]:
    """Return what removes the values of records of a table that is dropped, as removing each of them for good would."""
    where = f"WHERE table_id = {dialect.placeholder(1)}"
    erasure = f"UPDATE {dialect.quote(ACTIVITY)} SET changes = NULL {where} AND changes IS NOT NULL"
    return (f"DELETE FROM {dialect.quote(HISTORY)} {where}", (table_id,)), (erasure, (table_id,))


async def rekey(session: Session, rekeying: Rekeying) -> None:
    """Bring the changes in the history of a table to what its fields are now, some entries at a time."""
    found, rewriting = _statements(session.dialect)
    last = ""
    while True:
        rows = await session.fetch_all(found, (rekeying.table_id, last), heavy=True)
        written = [[row[0], _rekeyed(row[1], rekeying)] for row in rows]
        changed = [each for each, row in zip(written, rows, strict=True) if each[1] != row[1]]
        if changed:
            await session.execute(rewriting, _bound(changed, session.dialect))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


def _rekeyed(text: str, rekeying: Rekeying) -> str:
    ids = rekeying.ids
    # Values under an id that another field has from now on are those of a field that was dropped: they must not show.
    lost = (set(ids.values()) - ids.keys()) | rekeying.gone
    changes = json_text.load(text)
    return json_text.dump({ids.get(key, key): each for key, each in changes.items() if key not in lost}).decode()


def _statements(dialect: Dialect) -> tuple[str, str]:
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    name = dialect.quote(HISTORY)
    found = (
        f"SELECT id, changes FROM {name} WHERE table_id = {one} AND changes IS NOT NULL AND id > {two} "
        f"ORDER BY id LIMIT {_AT_ONCE}"
    )
    rows = (
        "SELECT value ->> 0 AS id, value ->> 1 AS changes FROM json_each(?1)"
        if dialect is SQLITE
        else "SELECT * FROM unnest($1::text[], $2::text[]) AS _pairs (id, changes)"
    )
    return found, f"UPDATE {name} SET changes = _rows.changes FROM ({rows}) AS _rows WHERE {name}.id = _rows.id"


def _bound(rows: list[list[str]], dialect: Dialect) -> list[Any]:
    if dialect is SQLITE:
        return [orjson.dumps(rows).decode()]
    return [list(column) for column in zip(*rows, strict=True)]
