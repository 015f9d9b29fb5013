"""Erasing a user with all that is theirs: in the transaction of whoever asks, so it is done whole or not at all."""

from __future__ import annotations

from typing import Any, Final

import orjson

from tabularium.db import activity as log
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.db.idempotency import forget_keys
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT, API_KEY, ERASURE, SESSION, TOTP_STEP, TWO_FACTOR, USER
from tabularium.events import SERVER, Origin
from tabularium.identity.context import Authentication
from tabularium.identity.last_admin import require_other_admin

_OWNED: Final = (
    (TWO_FACTOR, "userId"),
    (TOTP_STEP, "userId"),
    (SESSION, "userId"),
    (SESSION, "impersonatedBy"),
    (ACCOUNT, "userId"),
    (API_KEY, "referenceId"),
    (ERASURE, "userId"),
    (USER, "id"),
)
"""What goes with a user, the user last. An adopted database may not cascade by itself."""


async def hold(transaction: Session, user_id: str) -> Found | None:
    """Return a user as they are now, held until the transaction ends; `None` where they are gone.

    Nobody signs in as them meanwhile: whoever tries waits, and finds nobody.
    """
    if transaction.dialect is POSTGRESQL:
        await transaction.fetch_one('SELECT 1 FROM "user" WHERE "id" = $1 FOR UPDATE', (user_id,))
    return await rows.find(transaction, USER, {"id": user_id})


async def erase(transaction: Session, auth: Authentication, user: Found, now: str, origin: Origin = SERVER) -> None:
    """Erase a user for good, as `origin` has it. Their entries of history and activity log stay, without a name.

    What the transaction notes of it must be noted before, so that it loses the name, too. Raises `LastAdministrator`.
    """
    await require_other_admin(transaction, auth.options, user)
    held = await hold(transaction, user["id"]) or user
    deletes = auth.options.authored_content == "delete"
    await auth.authored.forget(transaction, held["id"], now, deletes=deletes, origin=origin)
    await auth.comments.forget(transaction, held["id"], now, deletes=deletes, origin=origin)
    await _forget_one_time(transaction, held)
    await forget_keys(transaction, held["id"])
    for table, column in _OWNED:
        await rows.delete(transaction, table, {column: held["id"]})
    await log.forget_person(transaction, held["id"], log.DELETED_USER)


async def _forget_one_time(transaction: Session, user: Found) -> None:
    """Delete the one-time rows of a user. They name the user by id or by address, in their value or identifier."""
    dialect = transaction.dialect
    user_id, email = user["id"], user["email"]
    code = _like(f"-otp-{email}")
    conditions: list[tuple[str, Any]] = [
        ("value = {}", user_id),
        ("value = {}", email),
        ("identifier = {}", f"2fa-attempts-{user_id}"),
        ("identifier = {}", f"2fa-otp-{user_id}"),
        ("identifier LIKE {} ESCAPE '!'", _like(f"2fa-otp-{user_id}!") + "%"),
        ("identifier LIKE {} ESCAPE '!'", f"%{code}"),
        ("identifier LIKE {} ESCAPE '!'", f"change-email{code}-%"),
        # Where the value is JSON: nothing else has an address between quotes.
        ("strpos(value, {}) > 0" if dialect is POSTGRESQL else "instr(value, {}) > 0", orjson.dumps(email).decode()),
    ]
    where = " OR ".join(text.format(dialect.placeholder(number)) for number, (text, _) in enumerate(conditions, 1))
    await transaction.execute(f"DELETE FROM verification WHERE {where}", [value for _, value in conditions])


def _like(text: str) -> str:
    """Write a text so that LIKE takes every sign of it as itself, after `!`."""
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in text)
