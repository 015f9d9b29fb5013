"""Who takes the second step: somebody with a session, or somebody who has shown a password and holds a challenge."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import SESSION
from tabularium.identity import one_time, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused, not_signed_in
from tabularium.identity.two_factor import enrolments

_CHALLENGE = re.compile(r"2fa-[A-Za-z0-9]{20}")
"""All cookies are signed alike, so that the value of another must not be taken for a challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """A step that is taken, while the row of the user is locked: nobody takes one as the same user meanwhile."""

    user: Found
    enrolment: Found | None
    caller: Caller | None
    """`None`: the step belongs to a challenge."""
    challenge: str
    """The identifier of the challenge; empty with a session."""

    @property
    def key(self) -> str:
        """What a mailed code belongs to."""
        return self.challenge if self.caller is None else f"{self.user['id']}!{self.caller.session['id']}"

    @property
    def otp_identifier(self) -> str:
        """The identifier of the row for a mailed code."""
        return f"2fa-otp-{self.key}"

    @property
    def attempts_identifier(self) -> str:
        """The identifier of the row that counts the wrong codes of a challenge."""
        return f"2fa-attempts-{self.challenge}"


def no_challenge() -> AuthRefused:
    """Build the refusal of a step that belongs neither to a session nor to a challenge."""
    return AuthRefused(401, "INVALID_TWO_FACTOR_COOKIE")


async def begin(transaction: Session, context: AuthContext) -> SecondStep:
    """Return the step that a request takes, with the user locked. Raises 401 `INVALID_TWO_FACTOR_COOKIE`."""
    user_id, challenge = await _find(transaction, context)
    user = await lock(transaction, user_id)
    caller = None if challenge else context.caller
    # The challenge may have been met, or the session replaced, while this waited for the lock.
    if caller is None:
        await _find(transaction, context)
    elif not await rows.count(transaction, SESSION, {"id": caller.session["id"]}):
        raise not_signed_in()
    enrolment = await enrolments.find(transaction, user_id)
    return SecondStep(user=user, enrolment=enrolment, caller=caller, challenge=challenge)


async def lock(transaction: Session, user_id: str) -> Found:
    """Return a user whom nobody else changes until the transaction ends. Raises 401 where there is none any more."""
    user = await users.lock(transaction, user_id)
    if user is None:
        raise not_signed_in()
    return user


async def find_user(session: Session, context: AuthContext) -> Found:
    """Return the user as whom a request takes a step, without locking. Raises 401 `INVALID_TWO_FACTOR_COOKIE`."""
    user_id, _ = await _find(session, context)
    user = await users.find(session, user_id)
    if user is None:
        raise no_challenge()
    return user


async def _find(session: Session, context: AuthContext) -> tuple[str, str]:
    """Return the id of the user, and the identifier of the challenge, empty where there is a session."""
    caller = context.caller
    if caller is not None and not caller.is_key:
        return caller.user_id, ""
    challenge = context.cookies.read("two_factor")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise no_challenge()
    row = await one_time.look(session, challenge)
    if row is None or one_time.is_over(row, context.now):
        raise no_challenge()
    return row["value"], challenge
