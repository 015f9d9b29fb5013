"""Sessions: opened, resolved by one indexed query, extended while they are used, and shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import orjson

from tabularium.clock import parse_instant
from tabularium.db.database import Session
from tabularium.db.dialect import DIALECTS, Dialect
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import SESSION, USER
from tabularium.identity import users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.cookies import SESSION_COOKIES, read_signed
from tabularium.identity.refusals import AuthRefused, UserGone, not_signed_in
from tabularium.identity.secrets import Secrets, base64url, new_id
from tabularium.schema.auth_options import AuthOptions

DAY: Final = 86_400
_SHOWN: Final = ("id", "token", "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")


def public(session: Found) -> dict[str, Any]:
    """Return a session as answers show it."""
    shown = {name: session[name] for name in _SHOWN}
    shown["ipAddress"] = session["ipAddress"] or ""
    shown["userAgent"] = session["userAgent"] or ""
    shown["impersonatedBy"] = session.get("impersonatedBy")
    return shown


# Opening --------------------------------------------------------------------------------------------------------------


async def open_session(
    transaction: Session,
    context: AuthContext,
    user: Found,
    *,
    remember: bool = True,
    lasts: float | None = None,
    impersonated_by: str | None = None,
) -> Found:
    """Store a new session of a user and send its cookies. Raises `BANNED_USER`; a ban that is over is lifted here."""
    await require_not_banned(transaction, context, user)
    seconds = lasts or (context.options.session.expires_in if remember else DAY)
    session: Found = {
        "id": new_id(),
        "expiresAt": context.after(seconds),
        "token": new_id(),
        "createdAt": context.now,
        "updatedAt": context.now,
        "ipAddress": context.visitor.address,
        "userAgent": context.visitor.user_agent,
        "userId": user["id"],
        "impersonatedBy": impersonated_by,
    }
    await rows.insert(transaction, SESSION, session)
    send_cookies(context, session, user, remember=remember)
    return session


async def require_not_banned(transaction: Session, context: AuthContext, user: Found) -> None:
    """Raise for a user who is banned, and lift a ban that is over. Raises `UserGone` for one who has been erased.

    The row is brought up to date and held: a ban, or whatever else ends sessions, comes before or ends this one too.
    """
    current = await users.lock(transaction, user["id"])
    if current is None:
        raise UserGone
    user.update(current)
    if not user["banned"]:
        return
    if users.is_banned(user, context.now):
        raise AuthRefused(403, "BANNED_USER")
    user.update(
        await users.change(transaction, context, user, {"banned": False, "banReason": None, "banExpires": None})
    )


async def rotate(transaction: Session, context: AuthContext, caller: Caller, user: Found) -> Found:
    """Put a new session in the place of the caller's: with its remember flag, and nothing else of it. May raise 401.

    One in which an administrator acts as the user stays one, and ends when it would have ended.
    """
    await users.lock(transaction, caller.user_id)  # before the session, as all do who end sessions
    if not await rows.delete(transaction, SESSION, {"id": caller.session["id"]}):
        raise not_signed_in()  # it was ended meanwhile, and must not come back as another
    admin = caller.session["impersonatedBy"]
    if admin is not None:
        left = int((parse_instant(caller.session["expiresAt"]) - context.moment).total_seconds())
        return await open_session(transaction, context, user, remember=False, lasts=max(left, 1), impersonated_by=admin)
    remember = is_remembered(context) and not _is_short(caller.session, context.options)
    return await open_session(transaction, context, user, remember=remember)


def is_remembered(context: AuthContext) -> bool:
    """Say whether the session of the request outlives the browser."""
    return context.cookies.read("dont_remember") is None


# Cookies --------------------------------------------------------------------------------------------------------------


def send_cookies(context: AuthContext, session: Found, user: Found, *, remember: bool) -> None:
    """Send the cookies of a session."""
    max_age = context.options.session.expires_in if remember else None
    context.cookies.set("session_token", session["token"], max_age)
    if remember:
        if context.cookies.has("dont_remember"):
            context.cookies.clear("dont_remember")
    else:
        context.cookies.set("dont_remember", "true", None)
    send_data(context, session, user, remember=remember)


def resend_cookies(context: AuthContext, caller: Caller, user: Found) -> None:
    """Send the cookies of the caller's session again, since the user has changed."""
    if not caller.is_key:
        send_cookies(context, caller.session, user, remember=is_remembered(context))


def send_data(context: AuthContext, session: Found, user: Found, *, remember: bool) -> None:
    """Send the copy of session and user that front ends may read, where the application wants it."""
    max_age = context.options.session.cookie_cache
    if max_age is None:
        return
    content: dict[str, Any] = {
        "session": public(session),
        "user": users.public(user, context.options),
        "updatedAt": _milliseconds(context.moment),
        "version": "1",
    }
    expires = _milliseconds(context.moment + timedelta(seconds=max_age))
    text = orjson.dumps({**content, "expiresAt": expires}).decode()
    signature = base64url(context.auth.secrets.mac(text))
    whole = orjson.dumps({"session": content, "expiresAt": expires, "signature": signature})
    context.cookies.set_data(base64url(whole), max_age if remember else None)


def clear_cookies(context: AuthContext) -> None:
    """Have the browser forget the session."""
    context.cookies.clear(*SESSION_COOKIES)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# Resolving ------------------------------------------------------------------------------------------------------------


async def find_caller(transaction: Session, token: str) -> tuple[Found, Found] | None:
    """Return the rows of session and user of a token, expired or not; `None` where there are none. One query."""
    dialect = transaction.dialect
    row = await transaction.fetch_one(_lookup_sql(dialect.name), (token,))
    if row is None:
        return None
    width = len(SESSION.names)
    return rows.decoded(dialect, SESSION, row), rows.decoded(dialect, USER, row, width)


@cache
def _lookup_sql(dialect_name: str) -> str:
    dialect: Dialect = DIALECTS[dialect_name]
    quote = dialect.quote
    return (
        f"SELECT {rows.columns_sql(dialect, SESSION, 's')}, {rows.columns_sql(dialect, USER, 'u')} "
        f"FROM {quote(SESSION.name)} s JOIN {quote(USER.name)} u ON u.{quote('id')} = s.{quote('userId')} "
        f"WHERE s.{quote('token')} = {dialect.placeholder(1)}"
    )


def is_alive(session: Found, user: Found, now: str) -> bool:
    """Say whether a session opens anything: it has not expired, and its user is not banned."""
    return bool(session["expiresAt"] > now) and not users.is_banned(user, now)


def bearer_token(authorization: str | None, secrets: Secrets) -> str | None:
    """Return the token of `Authorization: Bearer …`, plain or signed; `None` where there is none."""
    kind, _, sent = (authorization or "").partition(" ")
    sent = sent.strip()
    if kind.lower() != "bearer" or not sent:
        return None
    if "." not in sent and "%2E" not in sent.upper():
        return sent
    return read_signed(sent, secrets) or read_signed(sent.replace("+", "%2B"), secrets) or ""


def must_extend(session: Found, now: datetime, options: AuthOptions, *, is_remembered: bool) -> bool:
    """Say whether a session that is used now shall live longer."""
    times = options.session
    if not is_remembered or session["impersonatedBy"] is not None:
        return False
    if _is_short(session, options):
        return False
    expires = parse_instant(session["expiresAt"])
    return expires - timedelta(seconds=times.expires_in) + timedelta(seconds=times.update_age) <= now


def _is_short(session: Found, options: AuthOptions) -> bool:
    """Say whether a session was not to be remembered: a bearer, who has no cookie that says so, must not stretch it."""
    lasts = parse_instant(session["expiresAt"]) - parse_instant(session["updatedAt"])
    return lasts <= timedelta(seconds=DAY) < timedelta(seconds=options.session.expires_in)


async def extend(context: AuthContext, session: Found) -> bool:
    """Let a session live longer. Of several requests at once, one does it."""
    values = {"expiresAt": context.after(context.options.session.expires_in), "updatedAt": context.now}

    async def work(transaction: Session) -> int:
        return await rows.update(transaction, SESSION, values, {"id": session["id"], "expiresAt": session["expiresAt"]})

    if not await context.write(work):
        return False
    session.update(values)
    return True


def require_fresh(context: AuthContext) -> Caller:
    """Return the caller, whose session must have been opened lately. Raises 401, and 403 `SESSION_NOT_FRESH`."""
    caller = context.require_session()
    if not is_fresh(context, caller):
        raise AuthRefused(403, "SESSION_NOT_FRESH")
    return caller


def is_fresh(context: AuthContext, caller: Caller) -> bool:
    """Say whether the caller's session was opened within `freshAge`."""
    limit = context.options.session.fresh_age
    age = context.moment - parse_instant(caller.session["createdAt"])
    return limit == 0 or age < timedelta(seconds=limit)
