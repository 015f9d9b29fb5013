"""What happened to records: every write tells it here, and listeners write what that means in its transaction.

A write that does not call `emit` (through `Context.record_changes`, where there is a context) would leave no trace, so
tests watch the statements on configured tables and fail where a transaction with one of them emitted nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tabularium.db.database import Session
from tabularium.events.authors import present_author
from tabularium.events.changes import (
    SERVER,
    Difference,
    Listener,
    Origin,
    RecordAction,
    RecordChange,
    RecordsChanged,
)
from tabularium.events.comments import end_comments
from tabularium.events.entries import write_entries

__all__ = ["LISTENERS", "SERVER", "Difference", "Origin", "RecordAction", "RecordChange", "RecordsChanged", "emit"]

LISTENERS: Final[tuple[Listener, ...]] = (write_entries, end_comments)
"""Each is told in the transaction of the write, and writes for any number of records by few statements."""


async def emit(session: Session, event: RecordsChanged) -> None:
    """Tell all listeners what one write has done to records of one table. Nothing that has not changed is told."""
    if not event.changes:
        return
    told = replace(event, origin=await present_author(session, event.origin))
    for listener in LISTENERS:
        await listener(session, told)
