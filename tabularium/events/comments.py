"""The listener that ends comments with their records."""

from __future__ import annotations

from tabularium.db import comments
from tabularium.db.database import Session
from tabularium.events.changes import RecordsChanged


async def end_comments(session: Session, event: RecordsChanged) -> None:
    """Remove the comments on records that are removed for good, by whatever path."""
    if event.action == "permanent_delete":
        await comments.end_of_records(session, event.table_id, [each.record_id for each in event.changes])
