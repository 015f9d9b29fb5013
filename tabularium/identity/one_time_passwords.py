"""One-time passwords of authenticator apps (TOTP, RFC 6238), and the backup codes for those who have lost theirs."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, quote_plus

import pyotp

from tabularium.identity.secrets import random_text

_SECRET_BYTES: Final = 24
"""Of randomness: as base64url they are 32 characters, whose own bytes are the key."""
_WINDOW: Final = 1
"""How many steps a clock may be off, either way."""

_BACKUP_CODES: Final = 10
_HALF: Final = 5


def new_totp_secret() -> str:
    """Return a new random secret of 32 characters of `A-Z a-z 0-9 _ -`. Its bytes are the key: it is not decoded."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def totp_uri(secret: str, email: str, issuer: str, digits: int, period: int) -> str:
    """Return the `otpauth:` URI that an authenticator app reads, mostly as a QR code. `period` is in seconds."""
    label = f"{_component(issuer)}:{_component(email)}"
    return f"otpauth://totp/{label}?secret={_base32(secret)}&issuer={_form(issuer)}&digits={digits}&period={period}"


def matching_step(secret: str, code: str, moment: datetime, digits: int, period: int) -> int | None:
    """Return the number of the time step whose code this is, of the current one and its two neighbours, or `None`.

    `moment` is an aware time. Whoever accepts a code remembers the step, so that it is accepted once.
    """
    totp = pyotp.TOTP(_base32(secret), digits=digits, interval=period)
    now = totp.timecode(moment)
    sent = code.encode("utf-8", "surrogatepass")
    steps = range(max(now - _WINDOW, 0), now + _WINDOW + 1)
    # Not pyotp's own comparison: that takes digits of other scripts for ours, and stops at the first step that matches.
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), sent)]
    return found[0] if found else None


def oldest_step(moment: datetime, period: int) -> int:
    """Return the number of the first time step whose code is still accepted at an aware time."""
    return int(moment.timestamp()) // period - _WINDOW


def new_backup_codes() -> tuple[str, ...]:
    """Return ten new random codes such as `Xa3fQ-9bK0z`."""
    return tuple(f"{random_text(_HALF)}-{random_text(_HALF)}" for _ in range(_BACKUP_CODES))


def find_backup_code(codes: Sequence[str], sent: str) -> int | None:
    """Return the place of a code among those not used yet, or `None`. How long it takes does not tell where it is."""
    wanted = sent.encode("utf-8", "surrogatepass")
    found = [place for place, code in enumerate(codes) if hmac.compare_digest(code.encode(), wanted)]
    return found[0] if found else None


def _base32(secret: str) -> str:
    return base64.b32encode(secret.encode()).decode("ascii").rstrip("=")


def _component(text: str) -> str:
    """Encode as JavaScript's `encodeURIComponent`."""
    return quote(text, safe="!*'()")


def _form(text: str) -> str:
    """Encode as a value of `application/x-www-form-urlencoded` (WHATWG URL 5.2): a space is `+`, and `~` is encoded."""
    return quote_plus(text, safe="*").replace("~", "%7E")
