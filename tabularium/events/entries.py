"""The listener that keeps the history of records and the activity log, which have their entries in common."""

from __future__ import annotations

from tabularium.db import activity
from tabularium.db.database import Session
from tabularium.events.changes import RecordsChanged, changes_text
from tabularium.ids import uuid7_texts


async def write_entries(session: Session, event: RecordsChanged) -> None:
    """Write an entry for each record. What is removed for good loses the values of all its entries."""
    changes = event.changes
    if event.action == "permanent_delete":
        await activity.erase_changes(session, event.table_id, [each.record_id for each in changes])
    by = event.origin.by
    entry = activity.Entry(
        category="records",
        action=event.action,
        created_at=changes[0].at,
        actor=event.origin.author,
        table_name=event.table.name,
        table_id=event.table_id,
        impersonated_by=by.impersonated_by if by else None,
        request_id=event.origin.request_id or None,
    )
    texts = map(changes_text, changes) if event.has_values else [None] * len(changes)
    revisions = [
        (entry_id, each.record_id, each.revision, each.at, text)
        for entry_id, each, text in zip(uuid7_texts(len(changes)), changes, texts, strict=True)
    ]
    await activity.write_revisions(session, entry, revisions, event.reverted_to)
