"""What history and activity log keep of the values of records: the column `changes`, JSON text.

`{"<id of the field>:<its name>": {"from", "to"}}`: the history finds a field by its id, whatever its name is now, and
the log tells the name that it had then. Entries of creates, where every `from` is null, are `[{"<id>:<name>": <to>}]`.
The id of a field that was dropped for good is empty. Other entries of the log have names alone, without a colon.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson

from tabularium import json_text
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect

_AT_ONCE: Final = 500

Load = Callable[[str], Any]
"""Reads JSON: `json_text.load` or `json_text.load_plain`."""


def key_of(field_id: str, name: str) -> str:
    """Return the key of a field in changes. Neither ids nor names have a colon."""
    return f"{field_id}:{name}"


def parts_of(key: str) -> tuple[str, str]:
    """Return id and name of a field; the id is empty where only its name is left."""
    field_id, _, name = key.rpartition(":")
    return field_id, name


def changes_by_id(text: str, load: Load = json_text.load) -> dict[str, Any]:
    """Return the changes of a record as its history has them: `{<id of the field>: {"from", "to"}}`."""
    return {parts_of(key)[0]: each for key, each in _differences(text, load).items()}


def changes_by_name(text: str) -> dict[str, Any]:
    """Return changes as the log has them: `{<name of the field>: {"from", "to"}}`."""
    changes = _differences(text, json_text.load)
    return {name: each for key, each in changes.items() if (name := parts_of(key)[1])}


def _differences(text: str, load: Load) -> dict[str, Any]:
    kept = load(text)
    if isinstance(kept, list):
        return {key: {"from": None, "to": value} for key, value in kept[0].items()}
    differences: dict[str, Any] = kept
    return differences


def rewritten(text: str, key: Callable[[str], str], value: Callable[[str, Any], Any]) -> str:
    """Return changes with other keys and other values; both are told the key as it is in `text`."""
    kept = json_text.load(text)
    if isinstance(kept, list):
        return json_text.dump([{key(each): value(each, held) for each, held in kept[0].items()}]).decode()
    changes = {
        key(each): {side: value(each, held) for side, held in difference.items()} for each, difference in kept.items()
    }
    return json_text.dump(changes).decode()


async def rewrite_changes(session: Session, table_id: str, rewrite: Callable[[str], str]) -> None:
    """Put what `rewrite` returns in the place of the changes of entries of a table, some entries at a time."""
    last: tuple[str, ...] = ("", "", "")
    while True:
        rows = await session.fetch_all(_of_table(session.dialect), (table_id, *last), heavy=True)
        await _write_others(session, [(row[2], row[3], rewrite(row[3])) for row in rows])
        if len(rows) < _AT_ONCE:
            return
        last = (rows[-1][0], rows[-1][1], rows[-1][2])


async def rewrite_holding(session: Session, holding: str, rewrite: Callable[[str, str], str]) -> None:
    """Do so with those entries about records of any table whose text has `holding` in it.

    `rewrite` is told the id of the table and the text. Reads all entries, in the order in which most of them lie.
    """
    last = ""
    while True:
        rows = await session.fetch_all(_of_all(session.dialect), (holding, last), heavy=True)
        await _write_others(session, [(row[0], row[2], rewrite(row[1], row[2])) for row in rows])
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


async def _write_others(session: Session, rewritten_rows: list[tuple[str, str, str]]) -> None:
    changed = [(entry, after) for entry, before, after in rewritten_rows if after != before]
    if changed:
        await write_changes(session, changed)


async def write_changes(session: Session, changes: list[tuple[str, str]]) -> None:
    """Write other changes into entries, of which each is given with its id."""
    sql = _rewriting(session.dialect)
    if session.dialect is SQLITE:
        await session.execute(sql, [orjson.dumps(changes).decode()])
    else:
        await session.execute(sql, [list(column) for column in zip(*changes, strict=True)])


@lru_cache(maxsize=2)
def _of_table(dialect: Dialect) -> str:
    """Find entries of a table, in the order of an index: in another all that is left would be sorted for each step."""
    place = dialect.placeholder
    return (
        f"SELECT record_id, created_at, id, changes FROM {ACTIVITY} WHERE table_id = {place(1)} "
        f"AND changes IS NOT NULL AND (record_id, created_at, id) > ({place(2)}, {place(3)}, {place(4)}) "
        f"ORDER BY record_id, created_at, id LIMIT {_AT_ONCE}"
    )


@lru_cache(maxsize=2)
def _of_all(dialect: Dialect) -> str:
    place, position = dialect.placeholder, "instr" if dialect is SQLITE else "strpos"
    return (
        f"SELECT id, table_id, changes FROM {ACTIVITY} WHERE {position}(changes, {place(1)}) > 0 "
        f"AND table_id IS NOT NULL AND id > {place(2)} ORDER BY id LIMIT {_AT_ONCE}"
    )


@lru_cache(maxsize=2)
def _rewriting(dialect: Dialect) -> str:
    rows = (
        "SELECT value ->> 0 AS id, value ->> 1 AS changes FROM json_each(?1)"
        if dialect is SQLITE
        else "SELECT * FROM unnest($1::text[], $2::text[]) AS _pairs (id, changes)"
    )
    return f"UPDATE {ACTIVITY} SET changes = _rows.changes FROM ({rows}) AS _rows WHERE {ACTIVITY}.id = _rows.id"
