"""The listener that writes the activity log."""

from __future__ import annotations

from tabularium.db import activity as log
from tabularium.db.database import Session
from tabularium.db.history import erase_changes
from tabularium.events.changes import RecordsChanged, differences_json
from tabularium.schema.model import Field


async def log_activity(session: Session, event: RecordsChanged) -> None:
    """Write an entry for each record. Of records that are removed for good the values of former entries go."""
    if event.action == "permanent_delete":
        await erase_changes(session, log.ACTIVITY, event.table_id, [each.record_id for each in event.changes])
    entry = log.Entry(
        category="records",
        action=event.action,
        created_at=event.changes[0].at,
        actor=event.origin.author,
        table_name=event.table.name,
        table_id=event.table_id,
        impersonated_by=event.origin.by.impersonated_by if event.origin.by else None,
        request_id=event.origin.request_id or None,
    )
    records = [
        (each.entry_id, each.record_id, each.at, differences_json(each, _name) if event.has_values else None)
        for each in event.changes
    ]
    await log.write_records(session, entry, records)


def _name(field: Field) -> str:
    # Entries outlive tables and fields: names are those of the time.
    return field.name
