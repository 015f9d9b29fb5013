"""Taking a user who is erased out of the values that history and activity log keep of fields for users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from tabularium.db.database import Session
from tabularium.db.kept_changes import parts_of, rewrite_holding, rewritten
from tabularium.events.changes import field_id, table_id
from tabularium.schema.model import Field, Table


async def forget_values(session: Session, tables: Sequence[Table], user_id: str) -> None:
    """Empty every value of a user field that is the user, and take them out of lists, in all that is kept of records.

    What is kept of tables and fields that have left the file is reached as well.
    """
    by_id = {table_id(each): each for each in tables}

    def without(kept_id: str, text: str) -> str:
        return _without(text, by_id.get(kept_id), user_id)

    await rewrite_holding(session, orjson.dumps(user_id).decode(), without)


def _without(text: str, table: Table | None, user_id: str) -> str:
    def emptied(key: str, value: Any) -> Any:
        return _emptied(value, user_id) if table is None or _may_hold_users(table, key) else value

    return rewritten(text, lambda key: key, emptied)


def _may_hold_users(table: Table, key: str) -> bool:
    """Say whether changes under a key may be of a field for users."""
    kept_id, name = parts_of(key)
    # Where there is or was an id, another field may have the name now.
    found = table.by_name.get(name) if key == name else _by_id(table).get(kept_id)
    # One that has left the file may have been such a field.
    return found is None or found.type.is_user


@lru_cache(maxsize=1024)
def _by_id(table: Table) -> Mapping[str, Field]:
    return {field_id(each): each for each in table.fields}


def _emptied(value: Any, user_id: str) -> Any:
    if isinstance(value, list):
        return [each for each in value if each != user_id]
    return None if value == user_id else value
