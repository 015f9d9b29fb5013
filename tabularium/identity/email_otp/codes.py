"""Codes as they are stored: a HMAC and the number of wrong tries. Every wrong try counts, whoever else tries."""

from __future__ import annotations

from typing import Final

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import one_time
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import DIGITS, random_text

LENGTH: Final = 6
MOST_WRONG: Final = 3
_UNKNOWN_LENGTH: Final = 32


def new_code() -> str:
    """Return a code to mail."""
    return random_text(LENGTH, DIGITS)


def lifetime(context: AuthContext) -> int:
    """Return how many seconds a code holds."""
    return 60 * (context.options.email_otp_minutes or 0)


async def store(
    transaction: Session, context: AuthContext, identifier: str, code: str | None, *, owner: str = ""
) -> None:
    """Store a code in the place of the former one. With an `owner` it is good for them alone.

    `None` stores a code that nobody knows: an address that gets no mail is then answered as one that does, whatever
    is tried, and as often.
    """
    message = _message(identifier, code or random_text(_UNKNOWN_LENGTH), owner)
    value = f"{context.auth.secrets.mac(message).hex()}:0"
    await one_time.store(transaction, context, identifier, value, lifetime(context), alone=True)


async def check(transaction: Session, context: AuthContext, identifier: str, sent: str | None) -> None:
    """Raise unless this is the code, and leave it. A wrong one counts; `None` is always wrong.

    Raises `OTP_EXPIRED`, `INVALID_OTP`, and `TOO_MANY_ATTEMPTS` once three were wrong; each keeps what was written.
    """
    await _find_right(transaction, context, identifier, sent)


async def use(transaction: Session, context: AuthContext, identifier: str, sent: str, *, owner: str = "") -> None:
    """Take the code away, if this is it: of several at once, one gets it. Raises as `check` does."""
    while True:
        row = await _find_right(transaction, context, identifier, sent, owner)
        # Only as it was seen: who guesses many times at once must not be faster than the count of wrong tries.
        if await _take(transaction, row):
            return


async def _find_right(
    transaction: Session, context: AuthContext, identifier: str, sent: str | None, owner: str = ""
) -> Found:
    while True:
        row = await one_time.look(transaction, identifier)
        if row is None:
            raise AuthRefused(400, "INVALID_OTP", keeps=True)
        if one_time.is_over(row, context.now):
            raise AuthRefused(400, "OTP_EXPIRED", keeps=True)
        mac, _, wrong = str(row["value"]).rpartition(":")
        if not wrong.isdecimal() or int(wrong) >= MOST_WRONG:
            if await _take(transaction, row):
                raise AuthRefused(403, "TOO_MANY_ATTEMPTS", keeps=True)
            continue
        if sent is not None and _is_right(context, _message(identifier, sent, owner), mac):
            return row
        if await one_time.replace(transaction, context, row, f"{mac}:{int(wrong) + 1}"):
            raise AuthRefused(400, "INVALID_OTP", keeps=True)
        # Somebody else's wrong try was counted meanwhile, or there is a newer code: look again.


async def _take(transaction: Session, row: Found) -> bool:
    """Take a code away with all older ones, if it is as it was seen."""
    is_taken = await one_time.take_unchanged(transaction, row)
    if is_taken:
        await one_time.forget(transaction, {"identifier": row["identifier"]})
    return is_taken


def _is_right(context: AuthContext, message: str, mac: str) -> bool:
    try:
        expected = bytes.fromhex(mac)
    except ValueError:
        return False  # stored by another program
    return context.auth.secrets.is_mac(message, expected)


def _message(identifier: str, code: str, owner: str) -> str:
    # The identifier is in it, so that equal codes of two people look different.
    return f"{identifier}:{code}:{owner}" if owner else f"{identifier}:{code}"
