"""The listener that keeps the history of records."""

from __future__ import annotations

from tabularium.db import history
from tabularium.db.database import Session
from tabularium.events.changes import RecordsChanged, differences_json, field_id


async def keep_history(session: Session, event: RecordsChanged) -> None:
    """Write a revision for each record. What is removed for good loses the values of all its revisions."""
    if event.action == "permanent_delete":
        records = [each.record_id for each in event.changes]
        await history.erase_changes(session, history.HISTORY, event.table_id, records)
    author = event.origin.author
    user = (None, None) if author is None else (author.id, author.name)
    revisions: list[history.Revision] = [
        (
            each.entry_id,
            each.record_id,
            each.revision,
            each.at,
            differences_json(each, field_id) if event.has_values else None,
        )
        for each in event.changes
    ]
    await history.write_revisions(session, event.table_id, event.action, user, revisions, event.reverted_to)
