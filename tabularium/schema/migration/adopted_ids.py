"""What is kept under the ids of tables and fields, where the file gives other ids than the database had given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    """New ids of fields, by the former ones, of a table that still has its former id."""

    table_id: str
    ids: Mapping[str, str]


def moves_of_tables(ids: Mapping[str, str], dialect: Dialect) -> Iterator[Statement]:
    """Yield what brings everything that is kept to the new ids of tables, which are by the former ones."""
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    for name in _KEPT:
        sql = f"UPDATE {dialect.quote(name)} SET table_id = {one} WHERE table_id = {two}"
        yield from ((sql, (_MOVING + later, former)) for former, later in ids.items())
        yield from ((sql, (later, _MOVING + later)) for later in ids.values())


async def rekey(session: Session, rekeying: Rekeying) -> None:
    """Bring the changes in the history of a table to the new ids of its fields, some entries at a time."""
    found, rewriting = _statements(session.dialect)
    last = ""
    while True:
        rows = await session.fetch_all(found, (rekeying.table_id, last), heavy=True)
        changed = [[row[0], _rekeyed(row[1], rekeying.ids)] for row in rows]
        if changed:
            await session.execute(rewriting, _bound(changed, session.dialect))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


def _rekeyed(text: str, ids: Mapping[str, str]) -> str:
    # Values under an id that another field has from now on are those of a field that was dropped: they must not show.
    taken = set(ids.values()) - ids.keys()
    changes = json_text.load(text)
    return json_text.dump({ids.get(key, key): each for key, each in changes.items() if key not in taken}).decode()


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
