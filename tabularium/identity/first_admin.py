"""The first administrator by the one-time token of the start, and administrators by whoever has the database."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from tabularium.clock import Clock, instant_text
from tabularium.db import activity
from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import USER, VERIFICATION
from tabularium.identity import addresses, one_time, passwords, start, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import hashed
from tabularium.schema.auth_options import ADMIN, AuthOptions

DEFAULT_NAME: Final = "Administrator"
_ANY_TOKEN: Final[Mapping[str, str]] = MappingProxyType({"identifier": start.BOOTSTRAP})


async def claim(context: AuthContext, *, email: str, password: str, name: str | None) -> dict[str, Any]:
    """Make the first administrator. The token is used up by success alone, and of several who claim at once one wins.

    Once there is an administrator, nothing is here. Nobody is signed in.
    """
    token = _sent_token(context.visitor.authorization)
    await context.read(lambda session: _check(session, context, token))
    address = addresses.require(email, stored=True)
    passwords.check_new(password, context.options.password)
    stored = await context.auth.hasher.hash(password)

    async def work(transaction: Session) -> str:
        # All of them go, whichever was sent: of two claims with the tokens of two starts one must not find any.
        await rows.find_held(transaction, VERIFICATION, _ANY_TOKEN)
        taken = await rows.take(transaction, VERIFICATION, _ANY_TOKEN)
        await _require_no_admin(transaction)
        _require_token(context, taken, token)
        return await start.make_first_admin(
            transaction, context.auth.clock, address, name or DEFAULT_NAME, stored, context.visitor.request_id
        )

    try:
        user_id = await context.write(work)
    except UniqueViolation:
        raise AuthRefused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL") from None
    return {"success": True, "userId": user_id, "email": address}


def _sent_token(authorization: str | None) -> str:
    kind, _, token = (authorization or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def _check(session: Session, context: AuthContext, token: str) -> None:
    # In this order: where the tokens have just gone, there is an administrator already.
    found = await rows.find_all(session, VERIFICATION, _ANY_TOKEN)
    await _require_no_admin(session)
    _require_token(context, found, token)


async def _require_no_admin(session: Session) -> None:
    if await start.has_admin(session):
        raise AuthRefused(404, message="There is nothing at this path.")


def _require_token(context: AuthContext, found: list[Found], token: str) -> None:
    wanted = hashed(token).encode()
    live = (row["value"] for row in found if not one_time.is_over(row, context.now))
    matches = [hmac.compare_digest(value.encode(), wanted) for value in live]  # all of them, without a short cut
    if not any(matches):
        raise AuthRefused(401, "UNAUTHORIZED")


# The command line -----------------------------------------------------------------------------------------------------

Outcome = Literal["absent", "promoted", "already"]


async def promote(session: Session, options: AuthOptions, clock: Clock, email: str) -> tuple[Outcome, Found | None]:
    """Make an administrator of the user with an address, if there is one. Password and sessions stay as they are."""
    user = await rows.find_held(session, USER, {"email": addresses.lowered(email)})
    if user is None:
        return "absent", None
    if users.is_admin(user, options):
        return "already", user
    now = instant_text(clock.now())
    await rows.update(session, USER, {"role": ADMIN, "updatedAt": now}, {"id": user["id"]})
    changes = {"role": {"from": user["role"], "to": ADMIN}}
    await _note(session, "role.changed", now, user["id"], changes)
    return "promoted", user


async def create(session: Session, clock: Clock, email: str, stored: str) -> None:
    """Store a new administrator, verified, with the hash of a password. Raises `UniqueViolation`."""
    now = instant_text(clock.now())
    user_id = await start.store_admin(session, now, email, DEFAULT_NAME, stored)
    await _note(session, "user.created", now, user_id)


async def _note(session: Session, action: str, now: str, user_id: str, changes: dict[str, Any] | None = None) -> None:
    entry = activity.Entry(
        category="admin",
        action=action,
        created_at=now,
        table_name=activity.ACCOUNTS,
        record_id=user_id,
        changes=changes,
        details={"method": "command line"},
    )
    await activity.write(session, entry)
