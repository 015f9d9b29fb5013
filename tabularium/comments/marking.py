"""Mark the comments on a record as read."""

from __future__ import annotations

from tabularium.comments import entries
from tabularium.comments.records import hold_record, key_of
from tabularium.context import Context
from tabularium.db import comments
from tabularium.errors import NotFound, Unauthorized
from tabularium.events.changes import table_id
from tabularium.schema.model import Table


async def mark_read(context: Context, table: Table, record_id: str) -> None:
    """Keep that the caller has read what is there; a comment that is stored meanwhile stays unread.

    Raises `Unauthorized` for somebody without an account, and `NotFound` where the table tracks no reading.
    """
    if context.identity.user_id is None:
        raise Unauthorized
    key = key_of(table, record_id)
    await hold_record(context, table, key)
    if not table.comments.read_tracking:
        raise NotFound("Comments of this table are not tracked as read or unread.")
    origin = await entries.hold_author(context)
    if origin.by is None or origin.by.user_id is None:  # erased since the request came
        raise Unauthorized
    # Comments get their numbers from the same thread, which each of them holds until it can be seen.
    number = await comments.next_number(context.session, table_id(table), str(key))
    await comments.mark_read(context.session, origin.by.user_id, table_id(table), str(key), number)
