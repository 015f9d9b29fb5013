"""Deleting one's own account at once: with a password, a fresh session, or the link of a mail."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import erasure, one_time, passwords, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.cookies import percent_encoded
from tabularium.identity.last_admin import require_other_admin
from tabularium.identity.refusals import AuthRefused, not_signed_in
from tabularium.identity.secrets import LOWER_ALPHANUMERIC, hashed, random_text

LINK_SECONDS: Final = 86_400
TOKEN_LENGTH: Final = 32
_DELETED: Final = {"success": True, "message": "User deleted"}
_SENT: Final = {"success": True, "message": "Verification email sent"}


def identifier(token: str) -> str:
    """Return the identifier of the row for a deletion."""
    return f"delete-account-{hashed(token)}"


async def delete(
    context: AuthContext, *, password: str | None, token: str | None, callback_url: str | None
) -> dict[str, Any]:
    """Erase the caller, or mail the link that does it where the application wants that."""
    caller = context.require_session()
    if not context.options.delete_user:
        raise AuthRefused(404, is_empty=True)
    stored = await _compared(context, caller, password) if password else None
    if token:
        await _delete_by_token(context, caller, token)
        return dict(_DELETED)
    if context.options.confirm_delete_by_email:
        await _mail_link(context, caller, callback_url)
        return dict(_SENT)
    if stored is None and not sessions.is_fresh(context, caller):
        raise AuthRefused(400, "SESSION_EXPIRED")

    async def work(transaction: Session) -> None:
        user = await _held(transaction, caller)
        if stored is not None:
            account = await users.find_credential(transaction, user["id"])
            if account is None or account["password"] != stored:
                raise AuthRefused(400, "INVALID_PASSWORD")  # it was changed in another place meanwhile
        await _erase(transaction, context, user)

    await context.write(work)
    return dict(_DELETED)


async def open_link(context: AuthContext, *, token: str, callback_url: str | None) -> dict[str, Any] | str:
    """Erase the caller by the link of a mail. Returns the body of the answer, or where to redirect to."""
    if not context.options.delete_user:
        raise AuthRefused(404)
    caller = context.caller
    if caller is None or caller.is_key:
        raise AuthRefused(404, "FAILED_TO_GET_USER_INFO")
    await _delete_by_token(context, caller, token, foreign="FAILED_TO_GET_USER_INFO")
    return callback_url or dict(_DELETED)


async def _compared(context: AuthContext, caller: Caller, password: str) -> str:
    """Return the stored hash of the caller's password, which must be this one."""
    passwords.check_compared(password, context.options.password)
    account = await context.read(lambda session: users.find_credential(session, caller.user_id))
    if account is None or account["password"] is None:
        raise AuthRefused(400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
    if not await context.auth.hasher.is_right(password, account["password"]):
        raise AuthRefused(400, "INVALID_PASSWORD")
    return str(account["password"])


async def _mail_link(context: AuthContext, caller: Caller, callback_url: str | None) -> None:
    token = random_text(TOKEN_LENGTH, LOWER_ALPHANUMERIC)
    back = percent_encoded(callback_url or "/")
    url = f"{context.auth.base}/delete-user/callback?token={token}&callbackURL={back}"
    may_mail = context.may_mail(caller.user["email"])

    async def work(transaction: Session) -> None:
        user = await _held(transaction, caller)
        await require_other_admin(transaction, context.options, user)
        if may_mail:
            await one_time.store(transaction, context, identifier(token), user["id"], LINK_SECONDS)
            values = {"name": user["name"], "email": user["email"], "url": url, "lifetime": "24 hours"}
            context.mail(user["email"], "accountDeletion", is_counted=True, **values)

    await context.write(work)


async def _delete_by_token(context: AuthContext, caller: Caller, token: str, *, foreign: str = "INVALID_TOKEN") -> None:
    """Erase the caller with the token of a mail, which must be theirs; `foreign` is the code where it is not."""

    async def work(transaction: Session) -> None:
        row = await one_time.look(transaction, identifier(token))
        if row is None or one_time.is_over(row, context.now):
            raise AuthRefused(404, "INVALID_TOKEN")
        if row["value"] != caller.user_id:
            raise AuthRefused(404, foreign)
        if await one_time.consume(transaction, identifier(token)) is None:
            raise AuthRefused(404, "INVALID_TOKEN")
        await _erase(transaction, context, await _held(transaction, caller))

    await context.write(work)


async def _held(transaction: Session, caller: Caller) -> Found:
    user = await erasure.hold(transaction, caller.user_id)
    if user is None:
        raise not_signed_in()
    return user


async def _erase(transaction: Session, context: AuthContext, user: Found) -> None:
    await context.note(transaction, "user.removed", user)
    await erasure.erase(transaction, context.auth, user, context.now, context.origin)
    sessions.clear_cookies(context)
