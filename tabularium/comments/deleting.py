"""Delete a comment: it goes, or what is left of it shows where its replies belong."""

from __future__ import annotations

from tabularium.clock import next_instant
from tabularium.comments import entries
from tabularium.comments.held import find_held, require_version
from tabularium.comments.records import hold_record, key_of
from tabularium.comments.visibility import is_admin
from tabularium.context import Context
from tabularium.db import comments
from tabularium.errors import Forbidden
from tabularium.events.changes import table_id
from tabularium.query.expected import Expected
from tabularium.schema.model import Table


async def delete(
    context: Context, table: Table, record_id: str, comment_id: str, expected: Expected | None = None
) -> None:
    """Delete a comment of the caller, or any as an administrator. Its text is overwritten at once."""
    key = key_of(table, record_id)
    await hold_record(context, table, key)
    origin = await entries.hold_author(context)
    await comments.hold_thread(context.session, table_id(table), str(key))
    stored = await find_held(context, table, str(key), comment_id)
    is_own = context.identity.user_id is not None and stored.user_id == context.identity.user_id
    if not is_own and not is_admin(context.identity):
        raise Forbidden("Only its author or an administrator may delete a comment.")
    await require_version(context, stored, expected)
    if await comments.answered(context.session, [stored.id]):
        await comments.bury(context.session, [stored.id], next_instant(context.now, stored.updated_at))
    else:
        await comments.remove(context.session, [stored.id])
    if stored.parent_id is not None:
        await comments.remove_forsaken(context.session, [stored.parent_id])
    await entries.note(context, table, str(key), stored.id, "deleted", origin)
