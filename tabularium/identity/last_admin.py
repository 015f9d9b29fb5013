"""The last administrator, who cannot be lost: somebody must always be able to act."""

from __future__ import annotations

from typing import Final

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import SESSION
from tabularium.identity import users
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.start import admins
from tabularium.schema.auth_options import ADMIN, AuthOptions

_MESSAGE: Final = "The last administrator cannot be removed."


class LastAdministrator(AuthRefused):
    """It would leave the application without an administrator who can act."""

    def __init__(self) -> None:
        super().__init__(409, "CONFLICT", _MESSAGE)


async def require_other_admin(transaction: Session, options: AuthOptions, user: Found) -> None:
    """Raise `LastAdministrator` where nobody but this user administers: not banned, and not about to be erased.

    Held until the transaction ends: of two administrators who go at the same time, the second one is refused.
    """
    if not users.is_admin(user, options) or user["banned"]:
        return
    await hold_admins(transaction)
    if all(other["id"] == user["id"] for other in await admins(transaction, options)):
        raise LastAdministrator


async def hold_admins(transaction: Session) -> None:
    """Have no other transaction change or erase an administrator until this one ends."""
    if transaction.dialect is not POSTGRESQL:  # SQLite has one writer at a time
        return
    # One order for all, so that they wait for one another in place of meeting a deadlock; and a statement of its own,
    # since what follows must see what was committed while this one waited.
    sql = f"""SELECT "id" FROM "user" WHERE "role" LIKE '%{ADMIN}%' ORDER BY "id" FOR NO KEY UPDATE"""
    await transaction.fetch_all(sql)


async def end_impersonations(transaction: Session, user_id: str) -> None:
    """End every session in which somebody acts as another: they have lost what allowed it."""
    await rows.delete(transaction, SESSION, {"impersonatedBy": user_id})
