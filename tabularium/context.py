"""What a request carries into the product: who asks, on which schema, through which transaction, at what time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.clock import Clock, instant_text
from tabularium.db.database import Session
from tabularium.db.idempotency import Claim
from tabularium.events import Origin, RecordAction, RecordChange, RecordsChanged, emit
from tabularium.query.moment import NOBODY, Caller, Moment
from tabularium.schema.model import Schema, Table


def caller_of(identity: Identity) -> Caller:
    """Return what rules for rows may ask of somebody."""
    return Caller(identity.user_id, identity.email, tuple(sorted(identity.roles))) if identity.is_signed_in else NOBODY


class Turn(NamedTuple):
    """A limit that a request must pass before it is done: so many in so many seconds under a name."""

    name: str
    requests: int
    seconds: int
    is_of_address: bool
    """Whether each client's address is counted by itself."""


class TurnNeeded(Exception):
    """Limits have to be asked first. Raised to end the transaction, which has written nothing that lasts.

    Who counts may be another server, for which no transaction should wait; the work begins anew when it has agreed.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        super().__init__()
        self.turns = turns


@dataclass(slots=True)
class Context:
    """The explicit first argument of everything that a handler calls. There are no globals beside it."""

    identity: Identity
    schema: Schema
    """As the caller sees it (`policy.seen`), whatever it was made of."""
    session: Session
    clock: Clock
    request_id: str = ""
    claim: Claim | None = None
    """The key that the caller has given the request, so that it is done once however often it is sent."""
    has_turn: bool = False
    """Whether the limits that `require_turn` asks for were passed."""
    ruled: Schema = field(init=False)
    """As those see it whom rules for rows bind, to find out what somebody else than the caller sees."""
    _moment: Moment | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Here and nowhere else is decided whether the rules for rows bind: all statements follow the schema's tables.
        self.ruled = self.schema
        self.schema = policy.seen(self.schema, self.identity)

    @property
    def now(self) -> str:
        """The instant of this request, as text (`tabularium.clock`): the same at every call."""
        return self.moment.now

    @property
    def moment(self) -> Moment:
        """The instant of this request with the one who sends it, for statements."""
        if self._moment is None:
            self._moment = Moment(instant_text(self.clock.now()), caller=caller_of(self.identity))
        return self._moment

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
                origin=self.origin,
                reverted_to=reverted_to,
            ),
        )

    @property
    def origin(self) -> Origin:
        """Who does what this request does."""
        return Origin(self.identity, self.request_id)

    def require_turn(self, turns: Sequence[Turn]) -> None:
        """Have this request counted, once, before it goes on. Raises `TurnNeeded`."""
        if turns and not self.has_turn:
            raise TurnNeeded(turns)

    async def claim_key(self) -> None:
        """Take the key of this request, if it has one. A write does so once its names are known to be right.

        Nothing may have been written before. Raises `Answered` where the request was answered already, and
        `IdempotencyMismatch` where that was another one.
        """
        if self.claim is not None:
            await self.claim.take(self.session, self.now)
