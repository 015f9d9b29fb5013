"""What a request carries into the product: who asks, on which schema, through which transaction, at what time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tabularium.access.identity import Identity
from tabularium.clock import Clock, instant_text
from tabularium.db.database import Session
from tabularium.events import Origin, RecordAction, RecordChange, RecordsChanged, emit
from tabularium.schema.model import Schema, Table


@dataclass(slots=True)
class Context:
    """The explicit first argument of everything that a handler calls. There are no globals beside it."""

    identity: Identity
    schema: Schema
    session: Session
    clock: Clock
    request_id: str = ""
    _now: str | None = field(default=None, init=False)

    @property
    def now(self) -> str:
        """The instant of this request, as text (`tabularium.clock`): the same at every call."""
        if self._now is None:
            self._now = instant_text(self.clock.now())
        return self._now

    async def record_changes(
        self, table: Table, action: RecordAction, changes: Sequence[RecordChange], reverted_to: int | None = None
    ) -> None:
        """Tell history and activity log what the caller did to records of a table, in this transaction.

        Every write of records ends here; one call for all records of a batch.
        """
        await emit(
            self.session,
            RecordsChanged(
                table=table,
                action=action,
                changes=changes,
                origin=Origin(self.identity, self.request_id),
                reverted_to=reverted_to,
            ),
        )
