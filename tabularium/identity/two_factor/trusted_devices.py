"""Devices on which the password is enough: a cookie bound to user and device, and a row that a sign-in replaces."""

from __future__ import annotations

import re
from typing import Final

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import one_time
from tabularium.identity.context import AuthContext
from tabularium.identity.secrets import base64url, random_text, unbase64url

TRUST_SECONDS: Final = 30 * 86_400
_LENGTH: Final = 32
_COOKIE = re.compile(r"(?P<mac>[A-Za-z0-9_-]{43})!(?P<identifier>trust-device-[A-Za-z0-9]{32})")


async def trust(transaction: Session, context: AuthContext, user: Found) -> None:
    """Trust the device of the request for thirty days."""
    identifier = f"trust-device-{random_text(_LENGTH)}"
    mac = base64url(context.auth.secrets.mac(_message(user, identifier)))
    await one_time.store(transaction, context, identifier, user["id"], TRUST_SECONDS)
    context.cookies.set("trust_device", f"{mac}!{identifier}", TRUST_SECONDS)


async def is_trusted(transaction: Session, context: AuthContext, user: Found) -> bool:
    """Say whether a user trusts the device of the request: its trust is then renewed, and else its cookie cleared."""
    if not context.cookies.has("trust_device"):
        return False
    identifier = _identifier(context, user)
    row = None if identifier is None else await one_time.consume(transaction, identifier)
    if row is None or row["value"] != user["id"] or one_time.is_over(row, context.now):
        context.cookies.clear("trust_device")
        return False
    await trust(transaction, context, user)
    return True


def _identifier(context: AuthContext, user: Found) -> str | None:
    """Return what the cookie names, if the cookie was made for this user."""
    form = _COOKIE.fullmatch(context.cookies.read("trust_device") or "")
    if form is None:
        return None
    identifier = form["identifier"]
    is_ours = context.auth.secrets.is_mac(_message(user, identifier), unbase64url(form["mac"]))
    return identifier if is_ours else None


def _message(user: Found, identifier: str) -> str:
    return f"{user['id']}!{identifier}"
