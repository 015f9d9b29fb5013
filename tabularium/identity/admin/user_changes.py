"""Looking at, making, changing and removing users, and setting their passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, erasure, last_admin, passwords, users
from tabularium.identity.admin import subjects
from tabularium.identity.admin.rights import require_admin
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.password_changes import forget_devices
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import enrolments

_BAN: Final = ("banned", "banReason", "banExpires")
_SETTABLE: Final = ("emailVerified", "image", *_BAN)
"""What the `data` of a new user may hold beside a role."""
_TAKEN: Final = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"


async def get(context: AuthContext, user_id: str) -> dict[str, Any]:
    """Return a user."""
    require_admin(context, "GET_USER")
    user = await context.read(lambda session: subjects.require(session, user_id))
    return users.public(user, context.options)


async def create(
    context: AuthContext, *, email: str, name: str, password: str | None, role: Any, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Make a user, with credentials where there is a password. Nobody is signed in."""
    require_admin(context, "CREATE_USERS")
    options = context.options
    address = addresses.require_coded(email, stored=True)
    values: dict[str, Any] = {key: data[key] for key in _SETTABLE if key in data}
    for sent in (data.get("role"), role):
        if sent is not None:
            values["role"] = subjects.role_of(sent, options)
    if "banExpires" in values:
        values["banExpires"] = subjects.instant_of(values["banExpires"], "data.banExpires")
    stored = None
    if password is not None:
        passwords.check_new(password, options.password)
        stored = await context.auth.hasher.hash(password)

    async def work(transaction: Session) -> Found:
        user = await users.create(transaction, context, email=address, name=name, **values)
        if stored is not None:
            await users.create_account(transaction, context, user["id"], users.CREDENTIAL, user["id"], password=stored)
        await context.note(transaction, "user.created", user, category="admin")
        return user

    try:
        user = await context.write(work)
    except UniqueViolation:
        raise AuthRefused(400, _TAKEN) from None
    return {"user": users.public(user, options)}


async def update(context: AuthContext, user_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Change a user, and return them."""
    caller = require_admin(context, "UPDATE_USERS")
    values = _values_of(context, caller, user_id, data)

    async def work(transaction: Session) -> Found:
        user = await subjects.hold(transaction, context.options, user_id)
        if "banned" in values and bool(user["banned"]) != values["banned"]:
            # Reason and end of a former ban say nothing about this one.
            changed = {**subjects.NO_BAN, **values}
        else:
            changed = dict(values)
        updated = await subjects.apply(transaction, context, caller, user, changed)
        if values.get("twoFactorEnabled") is False:
            await enrolments.remove(transaction, user_id)
            await forget_devices(transaction, user_id)
        await _note_update(transaction, context, user, values)
        return updated

    try:
        user = await context.write(work)
    except UniqueViolation:
        raise AuthRefused(400, _TAKEN) from None
    return users.public(user, context.options)


def _values_of(context: AuthContext, caller: Caller, user_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns to set. Raises for what cannot be set like this."""
    if not data:
        raise AuthRefused(400, "NO_DATA_TO_UPDATE")
    if "password" in data:
        raise AuthRefused(400, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER")
    if "id" in data:
        raise AuthRefused(400, "USER_ID_CANNOT_BE_UPDATED")
    values = dict(data)
    if "role" in values:
        values["role"] = subjects.role_of(values["role"], context.options)
    if values.get("banned") and user_id == caller.user_id:
        raise AuthRefused(400, "YOU_CANNOT_BAN_YOURSELF")
    if values.get("twoFactorEnabled"):
        raise AuthRefused(400, "FIELD_NOT_ALLOWED", "twoFactorEnabled is not allowed to be set")
    if "email" in values:
        values["email"] = addresses.require_coded(values["email"], stored=True)
    if "banExpires" in values:
        values["banExpires"] = subjects.instant_of(values["banExpires"], "data.banExpires")
    return values


async def _note_update(transaction: Session, context: AuthContext, user: Found, values: Mapping[str, Any]) -> None:
    """Note each kind of change. Names and addresses stay out of the log: an erasure could not take them back."""
    if "role" in values:
        changes = subjects.changes_of(user, values, "role")
        await context.note(transaction, "role.changed", user, category="admin", changes=changes)
    if "banned" in values:
        action, changes = (
            "user.banned" if values["banned"] else "user.unbanned",
            subjects.changes_of(user, values, "banned"),
        )
        await context.note(transaction, action, user, category="admin", changes=changes)
    others = sorted(values.keys() - {"role", "banned"})
    if others:
        await context.note(transaction, "user.updated", user, category="admin", fields=others)


async def remove(context: AuthContext, user_id: str) -> dict[str, Any]:
    """Erase a user for good, at once."""
    caller = require_admin(context, "DELETE_USERS")
    if user_id == caller.user_id:
        raise AuthRefused(400, "YOU_CANNOT_REMOVE_YOURSELF")

    async def work(transaction: Session) -> None:
        user = await subjects.hold(transaction, context.options, user_id)
        await last_admin.require_other_admin(transaction, context.options, user)
        # Noted before, so that the erasure takes the removed person out of this entry too.
        await context.note(transaction, "user.removed", user, category="admin")
        await erasure.erase(transaction, context.auth, user, context.now, context.origin)

    await context.write(work)
    return {"success": True}


async def set_password(context: AuthContext, user_id: str, new_password: str) -> dict[str, Any]:
    """Set a user's password, with new credentials where there are none. Their sessions go on."""
    require_admin(context, "SET_USERS_PASSWORD")
    passwords.check_new(new_password, context.options.password)
    await context.read(lambda session: subjects.require(session, user_id))  # before a hash is made for nobody
    stored = await context.auth.hasher.hash(new_password)

    async def work(transaction: Session) -> None:
        user = await subjects.hold(transaction, context.options, user_id)
        await users.set_password(transaction, context, user_id, stored)
        await context.note(transaction, "password.changed", user, category="admin")

    await context.write(work)
    return {"status": True}
