"""The accounts of a user: the ways in which they sign in. Looking, choosing one, taking one away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.errors import FieldError, ValidationFailed
from tabularium.identity import sessions
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.social.tokens import scopes_of

_SHOWN = ("id", "providerId", "accountId", "userId", "createdAt", "updatedAt")


@dataclass(frozen=True, slots=True)
class Choice:
    """The account that was asked for, and by which id."""

    account: Found
    asked_id: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which account somebody means: clients of 1.6 say the provider and its subject, those of 1.7 the row's id."""

    provider_id: str | None
    account_id: str | None

    @property
    def is_empty(self) -> bool:
        return not self.provider_id and not self.account_id

    def require(self) -> None:
        """Raise where nothing is said."""
        if self.is_empty:
            message = "Invalid input: expected string, received undefined"
            error = FieldError("body.accountId", message, "required")
            raise ValidationFailed(f"[body.accountId] {message}", [error])

    def choose(self, accounts: Sequence[Found]) -> Choice:
        """Return one of somebody's accounts. Raises `ACCOUNT_NOT_FOUND` and `AMBIGUOUS_ACCOUNT`."""
        if self.is_empty:
            raise AuthRefused(400, "ACCOUNT_NOT_FOUND")
        if not self.provider_id:
            by_id = [each for each in accounts if each["id"] == self.account_id]
            if by_id:
                return Choice(by_id[0], by_id[0]["id"])
        found = [each for each in accounts if self._fits(each)]
        if not found:
            raise AuthRefused(400, "ACCOUNT_NOT_FOUND")
        if len(found) > 1 and not self.provider_id:
            raise AuthRefused(400, "AMBIGUOUS_ACCOUNT")
        return Choice(found[0], found[0]["accountId"])

    def _fits(self, account: Found) -> bool:
        if self.provider_id and account["providerId"] != self.provider_id:
            return False
        return not self.account_id or account["accountId"] == self.account_id


async def listed(context: AuthContext) -> list[dict[str, Any]]:
    """Return the caller's accounts, the oldest first."""
    caller = context.require_session()
    found = await context.read(lambda session: own(session, caller))
    return [{**{name: each[name] for name in _SHOWN}, "scopes": list(scopes_of(each))} for each in found]


async def own(session: Session, caller: Caller) -> list[Found]:
    """Return the accounts of a caller, the oldest first."""
    return await rows.find_all(session, ACCOUNT, {"userId": caller.user_id}, order="createdAt")


async def unlink(context: AuthContext, selection: Selection) -> dict[str, Any]:
    """Take one of the caller's accounts away, but never the last one."""
    selection.require()
    caller = sessions.require_fresh(context)

    async def work(session: Session) -> None:
        await _lock(session, caller)
        accounts = await own(session, caller)
        if len(accounts) <= 1:
            raise AuthRefused(400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
        account = selection.choose(accounts).account
        await rows.delete(session, ACCOUNT, {"id": account["id"]})
        await context.note(session, "account.unlinked", caller.user, provider=account["providerId"])

    await context.write(work)
    return {"status": True}


async def _lock(session: Session, caller: Caller) -> None:
    """Have others wait who take accounts of the same user away: two at once must not leave none."""
    dialect = session.dialect
    if dialect.name != "postgresql":  # SQLite has one writer at a time
        return
    quote = dialect.quote
    sql = f"SELECT 1 FROM {quote(ACCOUNT.name)} WHERE {quote('userId')} = {dialect.placeholder(1)}"
    await session.fetch_all(f"{sql} ORDER BY {quote('id')} FOR UPDATE", (caller.user_id,))
