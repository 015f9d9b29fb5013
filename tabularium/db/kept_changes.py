"""Rewriting what history and activity log keep of the values of a table: the column `changes`, JSON text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson

from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect

_AT_ONCE: Final = 500


async def rewrite_changes(
    session: Session, kept: str, table_id: str, rewrite: Callable[[str], str], holding: str = ""
) -> None:
    """Put what `rewrite` returns in the place of the changes of entries of a table, some entries at a time.

    `kept` is the table of history or log. Only entries whose text has `holding` in it are read, and only those that
    come back as another text are written.
    """
    found, rewriting = _statements(kept, session.dialect)
    last = ""
    while True:
        rows = await session.fetch_all(found, (table_id, holding, last), heavy=True)
        written = ((row[0], row[1], rewrite(row[1])) for row in rows)
        changed = [(entry, after) for entry, before, after in written if after != before]
        if changed:
            await session.execute(rewriting, _bound(changed, session.dialect))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


@lru_cache(maxsize=4)
def _statements(kept: str, dialect: Dialect) -> tuple[str, str]:
    """Write the statements that find entries, in the order of their ids, and that rewrite them."""
    name, place = dialect.quote(kept), dialect.placeholder
    position = "instr" if dialect is SQLITE else "strpos"  # of an empty text both say 1
    found = (
        f"SELECT id, changes FROM {name} WHERE table_id = {place(1)} AND changes IS NOT NULL "
        f"AND {position}(changes, {place(2)}) > 0 AND id > {place(3)} ORDER BY id LIMIT {_AT_ONCE}"
    )
    rows = (
        "SELECT value ->> 0 AS id, value ->> 1 AS changes FROM json_each(?1)"
        if dialect is SQLITE
        else "SELECT * FROM unnest($1::text[], $2::text[]) AS _pairs (id, changes)"
    )
    return found, f"UPDATE {name} SET changes = _rows.changes FROM ({rows}) AS _rows WHERE {name}.id = _rows.id"


def _bound(rows: list[tuple[str, str]], dialect: Dialect) -> list[Any]:
    if dialect is SQLITE:
        return [orjson.dumps(rows).decode()]
    return [list(column) for column in zip(*rows, strict=True)]
