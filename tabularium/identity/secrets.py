"""The secrets of `AUTH_SECRET`: the first signs, all verify, so that a new one can take over while sessions live on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
import string
from collections.abc import Sequence
from typing import Final

LETTERS: Final = string.ascii_letters
ALPHANUMERIC: Final = string.ascii_letters + string.digits
LOWER_ALPHANUMERIC: Final = string.digits + string.ascii_lowercase
DIGITS: Final = string.digits

ID_LENGTH: Final = 32


class Secrets:
    """Signs and verifies with HMAC-SHA-256 under the secrets' UTF-8 bytes."""

    def __init__(self, entries: Sequence[str]) -> None:
        if not entries:
            raise ValueError("at least one secret is needed")
        self.entries = tuple(entries)
        self._keys = tuple(each.encode() for each in entries)

    def __repr__(self) -> str:
        return f"Secrets({len(self.entries)})"

    @property
    def first(self) -> bytes:
        """The key that signs."""
        return self._keys[0]

    def mac(self, message: str) -> bytes:
        """Return the 32 bytes of the first secret."""
        return hmac.digest(self._keys[0], message.encode(), "sha256")

    def is_mac(self, message: str, mac: bytes) -> bool:
        """Say whether one of the secrets made these bytes, in constant time for each."""
        text = message.encode()
        # No short cut at the first that fits: how long it takes must not tell which one it was.
        matches = [hmac.compare_digest(hmac.digest(key, text, "sha256"), mac) for key in self._keys]
        return any(matches)

    def fingerprints(self) -> tuple[str, ...]:
        """Return what the database remembers of each secret: nothing that leads back to it."""
        return tuple(hmac.digest(key, b"tabularium fingerprint", "sha256").hex() for key in self._keys)


def random_text(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """Return random signs of an alphabet."""
    return "".join(randomness.choice(alphabet) for _ in range(length))


def new_id() -> str:
    """Return a new id, or the token of a session: 32 random letters and digits."""
    return random_text(ID_LENGTH)


def hashed(token: str) -> str:
    """Return what is stored of a token that has enough randomness of its own: base64url SHA-256 without padding."""
    return base64url(hashlib.sha256(token.encode()).digest())


def base64url(content: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """Read base64url without padding. What is none reads as no bytes."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
