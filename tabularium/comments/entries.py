"""What is done to comments, in the activity log: never their text."""

from __future__ import annotations

from typing import Any

from tabularium.context import Context
from tabularium.db import activity as log
from tabularium.events import Origin
from tabularium.events.authors import present_author
from tabularium.events.changes import table_id
from tabularium.schema.model import Table


async def hold_author(context: Context) -> Origin:
    """Return who does what this request does, whom nobody erases until the transaction ends."""
    return await present_author(context.session, context.origin)


async def note(
    context: Context,
    table: Table,
    record_id: str,
    comment_id: str,
    action: str,
    origin: Origin,
    *,
    status: tuple[str, str] | None = None,
) -> None:
    """Write an entry; `status` is what it was and what it is now, where it has changed."""
    changes: dict[str, Any] | None = None
    if status is not None and status[0] != status[1]:
        changes = {"status": {"from": status[0], "to": status[1]}}
    entry = log.Entry(
        category="records",
        action=f"comment.{action}",
        created_at=context.now,
        actor=origin.author,
        table_name=table.name,
        table_id=table_id(table),
        record_id=record_id,
        comment_id=comment_id,
        impersonated_by=origin.by.impersonated_by if origin.by else None,
        request_id=origin.request_id or None,
        changes=changes,
    )
    await log.write(context.session, entry)
