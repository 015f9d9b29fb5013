"""Forgotten, changed and compared passwords."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.identity import addresses, lifetimes, one_time, passwords, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.cookies import percent_encoded
from tabularium.identity.redirects import absolute, with_parameters
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import hashed, random_text

RESET_SECONDS: Final = 3600
RESET_LENGTH: Final = 24
_SENT: Final = "If this email exists in our system, check your email for the reset link"


def reset_identifier(token: str) -> str:
    """Return the identifier of the row for a reset."""
    return f"{users.RESET}{hashed(token)}"


async def request_reset(context: AuthContext, *, email: str, redirect_to: str | None) -> dict[str, Any]:
    """Mail a link that resets a password. The answer is the same for every address."""
    if context.options.password is None:
        raise AuthRefused(400, "RESET_PASSWORD_DISABLED")
    address = addresses.require(email)
    token = random_text(RESET_LENGTH)
    url = f"{context.auth.base}/reset-password/{token}?callbackURL={percent_encoded(redirect_to or '')}"
    may_mail = context.may_mail(address)

    async def work(transaction: Session) -> None:
        user = await users.find_by_email(transaction, address)
        # Stored for nobody, too, and taken away again: an unknown address must take as long as a known one.
        owner = "" if user is None else user["id"]
        await one_time.store(transaction, context, reset_identifier(token), owner, RESET_SECONDS)
        if user is None or not may_mail:
            await one_time.forget(transaction, {"identifier": reset_identifier(token)})
        else:
            values = {"name": user["name"], "email": address, "url": url, "lifetime": lifetimes.in_words(RESET_SECONDS)}
            context.mail(address, "resetPassword", is_counted=True, **values)

    await context.write(work)
    return {"status": True, "message": _SENT}


async def open_reset(context: AuthContext, *, token: str, callback_url: str) -> str:
    """Return where the link of a mail leads: to the application, with the token or an error. Nothing is consumed."""
    if not callback_url:
        return f"{context.auth.base}/error?error=INVALID_TOKEN"
    row = await context.read(lambda session: one_time.look(session, reset_identifier(token)))
    is_good = row is not None and not one_time.is_over(row, context.now)
    name, value = ("token", token) if is_good else ("error", "INVALID_TOKEN")
    return with_parameters(absolute(context, callback_url), **{name: value})


async def reset(context: AuthContext, *, new_password: str, token: str | None) -> dict[str, Any]:
    """Set a new password with the token of a mail, which is then used up. Nobody is signed in."""
    if not token:
        raise AuthRefused(400, "INVALID_TOKEN")
    passwords.check_new(new_password, context.options.password)
    row = await context.read(lambda session: one_time.look(session, reset_identifier(token)))
    if row is None or one_time.is_over(row, context.now):
        raise AuthRefused(400, "INVALID_TOKEN")
    stored = await context.auth.hasher.hash(new_password)

    async def work(transaction: Session) -> None:
        taken = await one_time.consume(transaction, reset_identifier(token))
        if taken is None or one_time.is_over(taken, context.now):
            raise AuthRefused(400, "INVALID_TOKEN", keeps=True)
        user = await users.find(transaction, taken["value"])
        if user is None:
            raise AuthRefused(400, "USER_NOT_FOUND", keeps=True)
        await replace_forgotten(transaction, context, user, stored, method="link")

    await context.write(work)
    return {"status": True}


async def replace_forgotten(
    transaction: Session, context: AuthContext, user: Found, stored: str, *, method: str
) -> None:
    """Set the password of somebody who has proved the mailbox: devices that were trusted are not any more.

    `method` says how it was proved.
    """
    await users.set_password(transaction, context, user["id"], stored)
    await forget_devices(transaction, user["id"])
    options = context.options.password
    if options is not None and options.revoke_sessions_on_reset:
        await users.end_sessions(transaction, user["id"])
        await context.note(transaction, "sessions.revoked", user)
    await context.note(transaction, "password.reset", user, method=method)


async def forget_devices(transaction: Session, user_id: str) -> None:
    """Forget every device that a user has trusted."""
    place = transaction.dialect.placeholder
    # The rows name the device; whose it is stands in the value.
    sql = f"DELETE FROM verification WHERE identifier LIKE 'trust-device-%' AND value = {place(1)}"
    await transaction.execute(sql, (user_id,))


async def verify(context: AuthContext, *, password: str) -> dict[str, Any]:
    """Say whether this is the caller's password."""
    await require_password(context, context.require_session(), password)
    return {"status": True}


async def require_password(context: AuthContext, caller: Caller, password: str) -> str:
    """Return the stored hash of the caller's password. Raises `INVALID_PASSWORD` where this is not the password."""
    passwords.check_compared(password, context.options.password)
    account = await context.read(lambda session: users.find_credential(session, caller.user_id))
    stored = None if account is None else account["password"]
    if not await context.auth.hasher.is_right(password, stored):
        raise AuthRefused(400, "INVALID_PASSWORD")
    return str(stored)


async def change(
    context: AuthContext, *, current_password: str, new_password: str, revoke_other_sessions: bool
) -> dict[str, Any]:
    """Replace the caller's password. Returns `{token, user}`; the token is null unless all sessions were replaced."""
    caller = context.require_session()
    passwords.check_new(new_password, context.options.password)
    passwords.check_compared(current_password, context.options.password)
    account = await context.read(lambda session: users.find_credential(session, caller.user_id))
    if account is None or account["password"] is None:
        raise AuthRefused(400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
    if not await context.auth.hasher.is_right(current_password, account["password"]):
        raise AuthRefused(400, "INVALID_PASSWORD")
    stored = await context.auth.hasher.hash(new_password)

    async def work(transaction: Session) -> str | None:
        await users.lock(transaction, caller.user_id)
        values = {"password": stored, "updatedAt": context.now}
        # Only as it was compared: it may have been changed in another place meanwhile.
        where = {"id": account["id"], "password": account["password"]}
        if not await rows.update(transaction, ACCOUNT, values, where):
            raise AuthRefused(400, "INVALID_PASSWORD")
        await context.note(transaction, "password.changed", caller.user)
        if not revoke_other_sessions:
            return None
        session = await sessions.rotate(transaction, context, caller, caller.user)
        await users.end_sessions(transaction, caller.user_id, but=session["token"])
        await context.note(transaction, "sessions.revoked", caller.user)
        return str(session["token"])

    token = await context.write(work)
    return {"token": token, "user": users.public(caller.user, context.options)}
