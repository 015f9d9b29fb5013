"""Mailing codes, and looking whether one is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, lifetimes, users
from tabularium.identity.context import AuthContext
from tabularium.identity.email_otp import codes
from tabularium.identity.refusals import AuthRefused

Kind = Literal["sign-in", "email-verification", "forget-password"]
"""What a code is for. It serves nothing else."""
_KINDS: Final[Mapping[str, Kind]] = {
    "sign-in": "sign-in",
    "email-verification": "email-verification",
    "forget-password": "forget-password",
}


def identifier(kind: Kind, address: str) -> str:
    """Return the identifier of the row of a code."""
    return f"{kind}-otp-{address}"


async def send(context: AuthContext, *, email: str, kind: str) -> dict[str, Any]:
    """Mail a code. The answer is the same for every address."""
    known = _require_kind(kind)
    is_open = known == "sign-in" and context.options.allow_sign_up
    address = addresses.require_coded(email, stored=is_open)
    await issue(context, identifier(known, address), address, lambda user: is_open or _is_for(context, known, user))
    return {"success": True}


async def request_reset(context: AuthContext, *, email: str) -> dict[str, Any]:
    """Mail a code that replaces a forgotten password. The answer is the same for everything that was sent."""
    if addresses.is_address(email):
        address = addresses.lowered(email)
        kind: Kind = "forget-password"
        await issue(context, identifier(kind, address), address, lambda user: _is_for(context, kind, user))
    return {"success": True}


def _is_for(context: AuthContext, kind: Kind, user: Found | None) -> bool:
    # Where nobody signs in with a password there is none to replace.
    return user is not None and (kind != "forget-password" or context.options.password is not None)


async def issue(
    context: AuthContext,
    row_identifier: str,
    address: str,
    is_mailed: Callable[[Found | None], bool],
    *,
    owner: str = "",
) -> None:
    """Store a code and mail it, where `is_mailed` says so of whoever has the address; else store one nobody knows."""
    if not context.may_mail(address):
        return
    code, lasts = codes.new_code(), lifetimes.in_words(codes.lifetime(context))

    async def work(transaction: Session) -> None:
        user = await users.find_by_email(transaction, address)
        goes_out = is_mailed(user)
        await codes.store(transaction, context, row_identifier, code if goes_out else None, owner=owner)
        if goes_out:
            name = "" if user is None else user["name"]
            context.mail(address, "emailOtp", is_counted=True, name=name, email=address, otp=code, lifetime=lasts)

    await context.write(work)


async def check(context: AuthContext, *, email: str, kind: str, code: str) -> dict[str, Any]:
    """Say whether a code is right, and leave it. A wrong one counts; for an unknown address every code is wrong."""
    row_identifier = identifier(_require_kind(kind), address := addresses.require_coded(email))

    async def work(transaction: Session) -> None:
        user = await users.find_by_email(transaction, address)
        await codes.check(transaction, context, row_identifier, None if user is None else code)

    await context.write(work)
    return {"success": True}


def _require_kind(kind: str) -> Kind:
    known = _KINDS.get(kind)
    if known is None:  # `change-email` has operations of its own
        raise AuthRefused(400, message="Invalid OTP type")
    return known
