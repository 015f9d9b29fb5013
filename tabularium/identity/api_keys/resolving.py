"""Who an API key stands for, and how often it may be used."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import cache
from typing import Any, Final

from tabularium.clock import parse_instant
from tabularium.db.database import Session
from tabularium.db.dialect import DIALECTS
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import API_KEY, ERASURE, USER
from tabularium.identity import users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import hashed

_SESSION_SECONDS: Final = 7 * 86_400
_NOTED_SECONDS: Final = 60
"""The time of the last request is stored at most so often: a key in use must not write at every request."""


async def resolve(context: AuthContext, sent: str) -> Caller:
    """Return the owner of a key. Raises where the key, or its owner, is not good."""
    row = await context.read(lambda session: session.fetch_one(_lookup_sql(session.dialect.name), (hashed(sent),)))
    dialect = context.auth.database.dialect
    if row is None:
        raise AuthRefused(401, "INVALID_API_KEY")
    key = rows.decoded(dialect, API_KEY, row)
    has_owner, is_leaving = row[-2] is not None, row[-1] is not None
    _require_usable(context, key)
    if not has_owner or is_leaving:
        raise AuthRefused(401, "INVALID_REFERENCE_ID_FROM_API_KEY")
    owner = rows.decoded(dialect, USER, row, len(API_KEY.names))
    if users.is_banned(owner, context.now):
        raise AuthRefused(401, "USER_BANNED")
    await _count_use(context, key)
    return Caller(user=owner, session=_as_session(context, key, sent), is_key=True, key_id=key["id"])


@cache
def _lookup_sql(dialect_name: str) -> str:
    dialect = DIALECTS[dialect_name]
    quote = dialect.quote
    owner = f"{quote('id')} = k.{quote('referenceId')}"
    return (
        f"SELECT {rows.columns_sql(dialect, API_KEY, 'k')}, {rows.columns_sql(dialect, USER, 'u')}, "
        f"u.{quote('id')}, e.{quote('userId')} FROM {quote(API_KEY.name)} k "
        f"LEFT JOIN {quote(USER.name)} u ON u.{owner} "
        f"LEFT JOIN {quote(ERASURE.name)} e ON e.{quote('userId')} = k.{quote('referenceId')} "
        f"WHERE k.{quote('key')} = {dialect.placeholder(1)}"
    )


def _require_usable(context: AuthContext, key: Found) -> None:
    if key["enabled"] is False:
        raise AuthRefused(401, "KEY_DISABLED")
    if key["expiresAt"] is not None and key["expiresAt"] <= context.now:
        raise AuthRefused(401, "KEY_EXPIRED")


def _as_session(context: AuthContext, key: Found, sent: str) -> Found:
    """Return what stands for the session of a caller who sent a key."""
    return {
        "id": key["id"],
        "token": sent,
        "userId": key["referenceId"],
        "expiresAt": key["expiresAt"] or context.after(_SESSION_SECONDS),
        "createdAt": key["createdAt"],
        "updatedAt": key["updatedAt"],
        "ipAddress": context.visitor.address,
        "userAgent": context.visitor.user_agent,
        "impersonatedBy": None,
    }


async def _count_use(context: AuthContext, key: Found) -> None:
    """Note the use of a key, and hold one of an adopted database to its limits."""
    is_limited = bool(key["rateLimitEnabled"]) or key["remaining"] is not None
    if not is_limited and not _is_due(context, key):
        return

    async def work(transaction: Session) -> None:
        # Locked by a change of nothing and read anew: several requests with one key must not spend the same use.
        where = {"id": key["id"]}
        await rows.update(transaction, API_KEY, where, where)
        current = await rows.find(transaction, API_KEY, where)
        if current is not None:
            await rows.update(transaction, API_KEY, _used(context, current), where)

    await context.write(work)


def _is_due(context: AuthContext, key: Found) -> bool:
    last = key["lastRequest"]
    return last is None or context.moment - parse_instant(last) >= timedelta(seconds=_NOTED_SECONDS)


def _used(context: AuthContext, key: Found) -> dict[str, Any]:
    """Return the columns of a key after one more use. Raises where its limits have no room for it."""
    changed: dict[str, Any] = {"lastRequest": context.now}
    if key["rateLimitEnabled"] and key["rateLimitTimeWindow"] and key["rateLimitMax"] is not None:
        window = timedelta(milliseconds=key["rateLimitTimeWindow"])
        last = key["lastRequest"]
        is_new = last is None or context.moment - parse_instant(last) > window
        count = 0 if is_new else key["requestCount"] or 0
        if count >= key["rateLimitMax"]:
            left = window if last is None else parse_instant(last) + window - context.moment
            raise AuthRefused(429, "RATE_LIMITED", "Rate limit exceeded.", retry_after=_whole(left))
        changed["requestCount"] = count + 1
    if key["remaining"] is not None:
        changed |= _spent(context, key)
    return changed


def _spent(context: AuthContext, key: Found) -> dict[str, Any]:
    remaining, changed, left = key["remaining"], {}, timedelta(hours=1)
    if key["refillAmount"] and key["refillInterval"]:
        left = parse_instant(key["lastRefillAt"] or key["createdAt"]) - context.moment
        left += timedelta(milliseconds=key["refillInterval"])
        if left < timedelta():
            remaining, changed = key["refillAmount"], {"lastRefillAt": context.now}
    if remaining <= 0:
        raise AuthRefused(429, "USAGE_EXCEEDED", retry_after=_whole(left))
    return {**changed, "remaining": remaining - 1}


def _whole(left: timedelta) -> int:
    """Return the seconds after which another try makes sense: an hour at most."""
    return max(1, min(math.ceil(left.total_seconds()), 3600))
