"""Inviting people, who choose a password with the token of a mail."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Sequence
from typing import Any, Final

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.identity import addresses, one_time, passwords, sessions, users
from tabularium.identity.admin import subjects
from tabularium.identity.admin.rights import require_admin
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.lifetimes import in_words
from tabularium.identity.redirects import absolute, with_parameters
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import base64url, hashed
from tabularium.mail.mailer import Mail

DEFAULT_URL: Final = "/accept-invitation"
"""Where this server itself has a page for invitations."""
_TOKEN_BYTES: Final = 32


async def invite(context: AuthContext, *, email: str, name: str, role: str | Sequence[str] | None) -> dict[str, Any]:
    """Make a user without credentials, and mail them a link. Again: token, name and role are replaced."""
    caller = require_admin(context, "CREATE_USERS")
    options = context.options
    chosen = options.default_role if role is None else users.role_text(role, options)
    address = addresses.require(email, stored=True)
    may_mail = context.may_mail(address)
    token = base64url(randomness.token_bytes(_TOKEN_BYTES))

    async def work(transaction: Session) -> Found:
        user = await _provide(transaction, context, caller, address, {"name": name, "role": chosen})
        if may_mail:
            await _forget(transaction, user["id"])
            await one_time.store(transaction, context, _identifier(token), user["id"], options.invitation_expires_in)
        await context.note(transaction, "invitation.sent", user, category="admin")
        return user

    try:
        user = await context.write(work)
    except UniqueViolation:  # somebody else made this user meanwhile
        user = await context.write(work)
    is_sent = may_mail and await context.auth.mailer.deliver(_letter(context, caller, user, token))
    return {"user": _shown(user), "invitationSent": is_sent}


async def _provide(
    transaction: Session, context: AuthContext, caller: Caller, email: str, values: dict[str, Any]
) -> Found:
    """Return the user who is invited, made or found. Raises 422 for somebody who can sign in already."""
    user = await users.find_by_email(transaction, email)
    user = user and await users.lock(transaction, user["id"])
    if user is None:
        user = await users.create(transaction, context, email=email, **values)
        await context.note(transaction, "user.created", user, category="admin", method="invitation")
        return user
    if await rows.count(transaction, ACCOUNT, {"userId": user["id"]}):
        raise AuthRefused(422, "EMAIL_ALREADY_REGISTERED")
    invited = await subjects.apply(transaction, context, caller, user, values)
    if invited["role"] != user["role"]:
        changes = subjects.changes_of(user, values, "role")
        await context.note(transaction, "role.changed", user, category="admin", changes=changes, method="invitation")
    return invited


def _identifier(token: str) -> str:
    return f"{users.INVITATION}{hashed(token)}"


async def _forget(transaction: Session, user_id: str) -> None:
    """Make the former tokens of a user void."""
    # The rows name the token; whose it is stands in the value.
    place = transaction.dialect.placeholder
    sql = f"DELETE FROM verification WHERE identifier LIKE '{users.INVITATION}%' AND value = {place(1)}"
    await transaction.execute(sql, (user_id,))


def _letter(context: AuthContext, caller: Caller, user: Found, token: str) -> Mail:
    url = with_parameters(absolute(context, context.options.invitation_url), token=token)
    values = {
        "name": user["name"],
        "email": user["email"],
        "url": url,
        "inviterName": caller.user["name"] or caller.user["email"],
        "lifetime": in_words(context.options.invitation_expires_in),
    }
    return Mail(user["email"], "invitation", values)


def _shown(user: Found) -> dict[str, Any]:
    return {name: user[name] for name in ("id", "email", "name")}


async def accept(context: AuthContext, *, token: str, password: str, name: str | None) -> dict[str, Any]:
    """Set the password of somebody who was invited, and sign them in. Their address is verified by it."""
    passwords.check_new(password, context.options.password)
    row = await context.read(lambda session: one_time.look(session, _identifier(token)))
    _require_good(context, row)
    stored = await context.auth.hasher.hash(password)

    async def work(transaction: Session) -> tuple[Found, bool]:
        taken = await one_time.consume(transaction, _identifier(token))
        user_id = _require_good(context, taken)["value"]
        user = await users.lock(transaction, user_id)
        # Somebody who can sign in already cannot be invited; nor does an older link get around their second factor.
        if user is None or await rows.count(transaction, ACCOUNT, {"userId": user_id}):
            raise AuthRefused(400, "INVALID_TOKEN", keeps=True)
        values = {"emailVerified": True, **({"name": name} if name else {})}
        user = await users.change(transaction, context, user, values)
        await users.set_password(transaction, context, user_id, stored)
        await context.note(transaction, "invitation.accepted", user)
        return user, await _sign_in(transaction, context, user)

    user, is_signed_in = await context.write(work)
    answer = {"user": _shown(user), "status": "accepted"}
    return answer if is_signed_in else {**answer, "sessionEstablished": False}


def _require_good(context: AuthContext, row: Found | None) -> Found:
    if row is None:
        raise AuthRefused(400, "INVALID_TOKEN")
    if one_time.is_over(row, context.now):
        raise AuthRefused(410, "TOKEN_EXPIRED")
    return row


async def _sign_in(transaction: Session, context: AuthContext, user: Found) -> bool:
    """Open a session, and say whether there is one: the invitation of somebody who is banned opens none."""
    try:
        await sessions.open_session(transaction, context, user)
    except AuthRefused:
        await context.note_failed_sign_in(transaction, user, "banned", method="invitation")
        return False
    await context.note(transaction, "user.signed_in", user, method="invitation")
    return True
