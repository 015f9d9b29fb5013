"""Taking a user who is erased out of the values that history and activity log keep of fields for users."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from tabularium import json_text
from tabularium.db.activity import ACTIVITY
from tabularium.db.database import Session
from tabularium.db.history import HISTORY
from tabularium.db.kept_changes import rewrite_changes
from tabularium.events.changes import field_id, table_id
from tabularium.schema.model import Table


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
    rewrite = partial(_without, user_id=user_id, concerns=concerns)
    await rewrite_changes(session, kept, table_id(table), rewrite, holding=orjson.dumps(user_id).decode())


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
