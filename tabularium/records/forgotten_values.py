"""Taking a user who is erased out of the values that history and activity log keep of fields for users."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson

from tabularium import json_text
from tabularium.db.activity import ACTIVITY
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.history import HISTORY
from tabularium.events.changes import field_id, table_id
from tabularium.schema.model import Table

_AT_ONCE: Final = 500


async def forget_values(session: Session, table: Table, user_id: str) -> None:
    """Empty every value of a user field that is the user, and take them out of lists, in what is kept of a table.

    Reads all that is kept of the table, unless no field of it holds users whom callers set.
    """
    people = [each for each in table.fields if each.type.is_user and not each.type.set_on]
    if not people:
        return
    ids, names = ({key(each) for each in people} for key in (field_id, lambda each: each.name))
    others = table.by_name.keys() - names
    await _rewrite(session, HISTORY, table, user_id, lambda name: name in ids)
    # The log has names of their time: one that no other field has now may be a former one of these.
    await _rewrite(session, ACTIVITY, table, user_id, lambda name: name not in others)


async def _rewrite(session: Session, kept: str, table: Table, user_id: str, concerns: Callable[[str], bool]) -> None:
    found, rewriting = _statements(kept, session.dialect)
    named, last = orjson.dumps(user_id).decode(), ""
    while True:
        rows = await session.fetch_all(found, (table_id(table), named, last), heavy=True)
        changed = [[row[0], _without(row[1], user_id, concerns)] for row in rows]
        if changed:
            await session.execute(rewriting, _bound(changed, session.dialect))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


def _without(text: str, user_id: str, concerns: Callable[[str], bool]) -> str:
    changes = json_text.load(text)
    for name, difference in changes.items():
        if concerns(name):
            changes[name] = {side: _emptied(value, user_id) for side, value in difference.items()}
    return json_text.dump(changes).decode()


def _emptied(value: Any, user_id: str) -> Any:
    if isinstance(value, list):
        return [each for each in value if each != user_id]
    return None if value == user_id else value


@lru_cache(maxsize=4)
def _statements(kept: str, dialect: Dialect) -> tuple[str, str]:
    """Write the statements that find the entries which name the user, some at a time, and that rewrite them."""
    name, place = dialect.quote(kept), dialect.placeholder
    naming = "instr(changes, {}) > 0" if dialect is SQLITE else "strpos(changes, {}) > 0"
    found = (
        f"SELECT id, changes FROM {name} WHERE table_id = {place(1)} AND changes IS NOT NULL "
        f"AND {naming.format(place(2))} AND id > {place(3)} ORDER BY id LIMIT {_AT_ONCE}"
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
