"""Signing in by a link that is mailed."""

from __future__ import annotations

import json
from typing import Any, Final

from tabularium.db.database import Session, UniqueViolation
from tabularium.identity import addresses, lifetimes, mailbox_sign_in, one_time, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.cookies import percent_encoded
from tabularium.identity.mailbox_sign_in import SignedIn
from tabularium.identity.redirects import absolute, with_parameters
from tabularium.identity.secrets import LETTERS, hashed, random_text

TOKEN_LENGTH: Final = 32
_METHOD: Final = "magicLink"


async def request(
    context: AuthContext,
    *,
    email: str,
    name: str | None,
    callback_url: str | None,
    new_user_url: str | None,
    error_url: str | None,
) -> dict[str, Any]:
    """Mail a link that signs in. The answer is the same for every address."""
    options = context.options
    address = addresses.require(email, stored=options.allow_sign_up)
    token, seconds = random_text(TOKEN_LENGTH, LETTERS), 60 * (options.magic_link_minutes or 0)
    url = _link(context, token, callback_url=callback_url, new_user_url=new_user_url, error_url=error_url)
    may_mail = context.may_mail(address)

    async def work(transaction: Session) -> None:
        user = await users.find_by_email(transaction, address)
        # Stored for nobody, too, and taken away again: an unknown address must take as long as a known one.
        value = json.dumps({"email": address, "name": name or ""}, ensure_ascii=False)
        await one_time.store(transaction, context, hashed(token), value, seconds)
        if not may_mail or (user is None and not options.allow_sign_up):
            await one_time.forget(transaction, {"identifier": hashed(token)})
            return
        called = (name or "") if user is None else user["name"]
        values = {"name": called, "email": address, "url": url, "lifetime": lifetimes.in_words(seconds)}
        context.mail(address, "magicLink", is_counted=True, **values)

    await context.write(work)
    return {"status": True}


def _link(
    context: AuthContext, token: str, *, callback_url: str | None, new_user_url: str | None, error_url: str | None
) -> str:
    url = f"{context.auth.base}/magic-link/verify?token={token}&callbackURL={percent_encoded(callback_url or '/')}"
    if new_user_url:
        url += f"&newUserCallbackURL={percent_encoded(new_user_url)}"
    if error_url:
        url += f"&errorCallbackURL={percent_encoded(error_url)}"
    return url


async def verify(
    context: AuthContext, *, token: str, callback_url: str | None, new_user_url: str | None, error_url: str | None
) -> dict[str, Any] | str:
    """Sign in whoever got a link, which is then used up. Returns the body of the answer, or where to redirect to.

    Raises `BANNED_USER`; other failures are told to the page that the answer leads to.
    """
    try:
        result = await mailbox_sign_in.once_more(context, lambda transaction: _open(transaction, context, token))
    except UniqueViolation:
        result = "failed_to_create_user"
    if isinstance(result, str):
        return with_parameters(absolute(context, error_url or callback_url or "/"), error=result)
    if callback_url:
        return absolute(context, (result.is_new and new_user_url) or callback_url)
    shown = {"user": users.public(result.user, context.options), "session": sessions.public(result.session)}
    return {"token": result.session["token"], **shown}


async def _open(transaction: Session, context: AuthContext, token: str) -> SignedIn | str:
    """Return who was signed in, or the code of what is wrong. Either way the link is used up."""
    row = await one_time.consume(transaction, hashed(token))
    if row is None or one_time.is_over(row, context.now):
        await mailbox_sign_in.note_failure(transaction, context, None, _METHOD, "token")
        return "INVALID_TOKEN"
    sent = json.loads(row["value"])
    name = sent.get("name") or ""  # what another program has stored may lack it
    opened = await mailbox_sign_in.sign_in(transaction, context, sent["email"], method=_METHOD, name=name)
    if opened is None:
        await mailbox_sign_in.note_failure(transaction, context, None, _METHOD, "sign_up_closed")
        return "new_user_signup_disabled"
    return opened
