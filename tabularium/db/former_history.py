"""Taking over a history of former versions, which was a table of its own beside the activity log."""

from __future__ import annotations

from typing import Any, Final

from tabularium import json_text
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.catalogue import columns_of
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.db.kept_changes import key_of, write_changes

_FORMER: Final = "_history"
_STEP: Final = 500

_REVISIONS: Final = (
    f"UPDATE {ACTIVITY} SET revision = h.revision, reverted_to = h.reverted_to FROM {_FORMER} AS h "
    f"WHERE h.id = {ACTIVITY}.id"
)
_SAME: Final = "id, created_at, action, user_id, user_name, table_id, record_id, revision, reverted_to"
_ONLY_TOLD: Final = (
    f"INSERT INTO {ACTIVITY} (category, table_name, {_SAME}) "
    f"SELECT 'records', (SELECT a.table_name FROM {ACTIVITY} AS a WHERE a.table_id = h.table_id LIMIT 1), "
    f"{_SAME} FROM {_FORMER} AS h "
    f"WHERE NOT EXISTS (SELECT 1 FROM {ACTIVITY} AS a WHERE a.id = h.id)"
)
"""Revisions of which the log has nothing any more; their changes follow, like those of the others."""


async def hold_history(session: Session) -> None:
    """Keep processes of the former version from writing, before anything else that they write to is held.

    They write the history first: who held the log would wait for them, and they for that.
    """
    if session.dialect is POSTGRESQL and await columns_of(session, _FORMER):
        await session.execute(f"LOCK TABLE {_FORMER} IN ACCESS EXCLUSIVE MODE")


async def take_over_history(session: Session) -> None:
    """Make one entry of each revision and of what the log says of it, and drop the former table, if there is one."""
    if not await columns_of(session, _FORMER):
        return
    await session.execute(_REVISIONS)
    await session.execute(_ONLY_TOLD)
    place, last = session.dialect.placeholder(1), ""
    # The limit stands inside: else PostgreSQL merges the tables, which walks through all entries before at each step.
    some = f"SELECT id, changes FROM {_FORMER} WHERE changes IS NOT NULL AND id > {place} ORDER BY id LIMIT {_STEP}"
    found = f"SELECT h.id, h.changes, a.changes FROM ({some}) AS h JOIN {ACTIVITY} AS a ON a.id = h.id ORDER BY h.id"
    while rows := await session.fetch_all(found, (last,), heavy=True):
        await write_changes(session, [(row[0], _joined(row[1], row[2])) for row in rows])
        last = rows[-1][0]
    await session.execute(f"DROP TABLE {_FORMER}")


def _joined(by_id: str, by_name: str | None) -> str:
    """Return changes under ids and names, of which the history had the ones and the log the others.

    Both were written in the same order. Where the history has lost fields since, those are the same that have the same
    values; what is left over stays under its id alone, or under its name alone.
    """
    told, logged = json_text.load(by_id), {} if by_name is None else json_text.load(by_name)
    names = list(logged)
    if len(told) == len(names):
        return json_text.dump(dict(zip(map(key_of, told, names), told.values(), strict=True))).decode()
    kept = dict[str, Any]()
    for field_id, difference in told.items():
        name = next((each for each in names if logged[each] == difference), "")
        if name:
            names.remove(name)
        kept[key_of(field_id, name)] = difference
    return json_text.dump(kept | {key_of("", each): logged[each] for each in names}).decode()
