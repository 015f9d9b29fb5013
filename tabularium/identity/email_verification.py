"""Proving an address: the link that is mailed, and what opening it does. Changing an address goes the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from tabularium.clock import parse_instant
from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, one_time, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.cookies import percent_encoded
from tabularium.identity.lifetimes import in_words
from tabularium.identity.redirects import with_parameters
from tabularium.identity.refusals import AuthRefused

LINK_SECONDS: Final = 3600
_ALGORITHMS: Final = ["HS256"]
_VOID: Final = "void-changes-"
"""How the identifier of the row begins before which no link changes the address of a user."""

RequestType = Literal["change-email-confirmation", "change-email-verification"]


class _Expired(Exception):
    """The token was good, and is too old."""


@dataclass(frozen=True, slots=True)
class _Claims:
    """What a link says: whose address it proves, and to which it changes."""

    email: str
    issued: int
    update_to: str | None
    request_type: str | None
    user_id: str | None


# The link -------------------------------------------------------------------------------------------------------------


def mail_link(context: AuthContext, user: Found, callback_url: str | None) -> None:
    """Mail the link that verifies a user's address."""
    _mail(context, user, link(context, token(context, user["email"]), callback_url))


def _mail(context: AuthContext, user: Found, url: str) -> None:
    context.mail(
        user["email"], "verification", name=user["name"], email=user["email"], url=url, lifetime=in_words(LINK_SECONDS)
    )


def token(context: AuthContext, email: str, **claims: str) -> str:
    """Return a signed token for an address that holds for an hour."""
    issued = int(context.moment.timestamp())
    content = {"email": email, "iat": issued, "exp": issued + LINK_SECONDS, **claims}
    key = OctKey.import_key(context.auth.secrets.first)
    return jwt.encode({"alg": "HS256"}, content, key, algorithms=_ALGORITHMS, default_type=None)


def link(context: AuthContext, sent: str, callback_url: str | None) -> str:
    """Return the address that a token is opened at."""
    return f"{context.auth.base}/verify-email?token={sent}&callbackURL={percent_encoded(callback_url or '/')}"


def _read(context: AuthContext, sent: str) -> _Claims:
    """Return what a token says. Raises `_Expired`, and `ValueError` where it is not one of ours."""
    for secret in context.auth.secrets.entries:
        try:
            claims = jwt.decode(sent, OctKey.import_key(secret.encode()), algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        return _checked(claims, context.moment)
    raise ValueError("no secret has signed this")


def _checked(claims: dict[str, Any], now: datetime) -> _Claims:
    expires, email, issued = claims.get("exp"), claims.get("email"), claims.get("iat")
    others = [claims.get(name) for name in ("updateTo", "requestType", "userId")]
    if not isinstance(expires, int) or not isinstance(email, str):
        raise ValueError("a claim is missing")
    if any(each is not None and not isinstance(each, str) for each in others):
        raise ValueError("a claim is no text")
    if now.timestamp() >= expires:
        raise _Expired
    return _Claims(email, issued if isinstance(issued, int) else 0, others[0], others[1], others[2])


# Operations -----------------------------------------------------------------------------------------------------------


async def send(context: AuthContext, *, email: str, callback_url: str | None) -> dict[str, Any]:
    """Mail a verification link. Without a session the answer is the same for every address."""
    address = addresses.require(email)
    caller = context.signed_in
    if caller is not None:
        if caller.user["email"] != address:
            raise AuthRefused(400, "EMAIL_MISMATCH")
        if caller.user["emailVerified"]:
            raise AuthRefused(400, "EMAIL_ALREADY_VERIFIED")
        mail_link(context, caller.user, callback_url)
        return {"status": True}
    # Signed for nobody, too: an unknown address must take as long as a known one.
    url = link(context, token(context, address), callback_url)
    user = await context.read(lambda session: users.find_by_email(session, address))
    if user is not None and not user["emailVerified"]:
        _mail(context, user, url)
    return {"status": True}


async def open_link(context: AuthContext, *, sent: str, callback_url: str | None) -> dict[str, Any] | str:
    """Do what a link says. Returns the body of the answer, or where to redirect to. May be repeated."""
    try:
        claims = _read(context, sent)
        body = await context.write(lambda transaction: _open(transaction, context, claims, callback_url))
    except _Expired:
        return _failed("TOKEN_EXPIRED", callback_url)
    except (ValueError, UniqueViolation):
        return _failed("INVALID_TOKEN", callback_url)
    except AuthRefused as refusal:
        if refusal.status != 401:
            raise
        return _failed(refusal.code, callback_url)
    return callback_url or body


def _failed(code: str, callback_url: str | None) -> str:
    if not callback_url:
        raise AuthRefused(401, code)
    return with_parameters(callback_url, error=code)


async def _open(
    transaction: Session, context: AuthContext, claims: _Claims, callback_url: str | None
) -> dict[str, Any]:
    user = await users.find_by_email(transaction, claims.email)
    if user is None and claims.request_type == "change-email-verification" and claims.update_to is not None:
        user = await _already_changed(transaction, claims)
    # Held: of several who open a link at once one is the first, and the address is still that of the link.
    user = None if user is None else await users.lock(transaction, user["id"])
    if user is None or user["email"] not in (claims.email, claims.update_to):
        raise AuthRefused(401, "USER_NOT_FOUND")
    if claims.user_id is not None and claims.user_id != user["id"]:
        raise AuthRefused(401, "INVALID_TOKEN")
    if claims.update_to is None:
        return await _verify(transaction, context, user)
    void = await one_time.look(transaction, f"{_VOID}{user['id']}")
    if void is not None and claims.issued < int(parse_instant(void["createdAt"]).timestamp()):
        raise AuthRefused(401, "INVALID_TOKEN")
    _require_own(context, user)
    if claims.request_type == "change-email-confirmation":
        values = _change_values(context, user, claims.update_to, "change-email-verification", callback_url)
        context.mail(claims.update_to, "verification", **values)
        return {"status": True}
    return await _change(transaction, context, user, claims.update_to)


def _require_own(context: AuthContext, user: Found) -> None:
    """Raise where somebody else is signed in."""
    if context.signed_in is not None and context.signed_in.user_id != user["id"]:
        raise AuthRefused(401, "INVALID_USER")


async def _already_changed(transaction: Session, claims: _Claims) -> Found | None:
    """Find the user of a link that is opened once more after it has changed the address."""
    user = await users.find_by_email(transaction, str(claims.update_to))
    return user if user is not None and claims.user_id in (None, user["id"]) else None


async def _verify(transaction: Session, context: AuthContext, user: Found) -> dict[str, Any]:
    _require_own(context, user)
    if not user["emailVerified"]:
        user = await users.change(transaction, context, user, {"emailVerified": True})
        await context.note(transaction, "email.verified", user, method="verification")
        if context.signed_in is not None:
            sessions.resend_cookies(context, context.signed_in, user)
        elif context.options.verification.signs_in:
            # Only the first opening signs in: whoever finds the used link in a history gets nothing.
            await _sign_in(transaction, context, user)
    return {"status": True, "user": None}


async def _sign_in(transaction: Session, context: AuthContext, user: Found) -> None:
    try:
        await sessions.open_session(transaction, context, user)
    except AuthRefused as refusal:  # the address is proved all the same
        await context.note_failed_sign_in(transaction, user, "banned", method="verification")
        raise refusal.keeping() from None
    await context.note(transaction, "user.signed_in", user, method="verification")


async def _change(transaction: Session, context: AuthContext, user: Found, address: str) -> dict[str, Any]:
    if user["email"] != address or not user["emailVerified"]:
        former = user["email"]
        user = await users.change(transaction, context, user, {"email": address, "emailVerified": True})
        await context.note(transaction, "email.changed", user, changes={"email": {"from": former, "to": address}})
        if context.signed_in is not None:
            sessions.resend_cookies(context, context.signed_in, user)
    return {"status": True, "user": users.public(user, context.options)}


async def void_changes(transaction: Session, context: AuthContext, user: Found) -> None:
    """Make the links void that change a user's address, since somebody else may have asked for them."""
    await one_time.store(transaction, context, f"{_VOID}{user['id']}", user["id"], LINK_SECONDS, alone=True)


# Changing an address --------------------------------------------------------------------------------------------------


async def request_change(context: AuthContext, *, new_email: str, callback_url: str | None) -> dict[str, Any]:
    """Mail the link that changes the caller's address. Nothing changes yet, and nothing tells of a taken address."""
    caller = context.require_session()
    if not context.options.change_email:
        raise AuthRefused(400, "CHANGE_EMAIL_DISABLED")
    address = addresses.require(new_email, field="newEmail", stored=True)
    user = caller.user
    if address == user["email"]:
        raise AuthRefused(400, message="Email is the same")
    asks_first = context.options.confirm_old_address and user["emailVerified"]
    kind: RequestType = "change-email-confirmation" if asks_first else "change-email-verification"
    # Signed for a taken address, too, which must take as long.
    values = _change_values(context, user, address, kind, callback_url)
    if await context.read(lambda session: users.find_by_email(session, address)) is None:
        to, template = (user["email"], "changeEmail") if asks_first else (address, "verification")
        context.mail(to, template, **values)
    return {"status": True}


def _change_values(
    context: AuthContext, user: Found, address: str, kind: RequestType, callback_url: str | None
) -> dict[str, Any]:
    sent = token(context, user["email"], updateTo=address, requestType=kind, userId=user["id"])
    url = link(context, sent, callback_url)
    return {"name": user["name"], "email": address, "url": url, "lifetime": in_words(LINK_SECONDS)}
