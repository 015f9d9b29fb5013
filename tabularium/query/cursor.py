"""Cursors: where a page of a list ended, sealed, so that nobody reads or alters what is in it.

A cursor holds the values that the last record is sorted by. A view may sort by a field that the caller cannot read, so
these are encrypted, not only signed. The same page gives the same cursor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_PURPOSE: Final = b"cursor of a list"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: what its last record is sorted by, the key last, and the instant of the first page."""

    values: tuple[Any, ...]
    now: str


class Cursors:
    """Writes and reads cursors under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, position: Position, binding: str) -> str:
        """Return the cursor of a position in the list that `binding` describes."""
        content = json.dumps([position.now, *position.values], ensure_ascii=False, separators=(",", ":"))
        sealed = self._cipher.encrypt(content.encode(), [_PURPOSE, binding.encode()])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, binding: str) -> Position | None:
        """Return the position of a cursor, or `None` for one that was altered or belongs to another list."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            content = self._cipher.decrypt(sealed, [_PURPOSE, binding.encode()])
        except (InvalidTag, ValueError, binascii.Error):
            return None
        now, *values = json.loads(content)
        return Position(tuple(values), now)


@lru_cache(maxsize=16)
def cursors_of(key: bytes) -> Cursors:
    """Return the cursors of a database. Without its key they are good for this process alone."""
    return Cursors(key or secrets.token_bytes(32))


def binding_of(parts: Sequence[Any]) -> str:
    """Return a digest of all that a cursor is bound to."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def position_of_json(text: str) -> tuple[Any, ...]:
    """Read the sort values that PostgreSQL wrote as JSON. A number with decimals stays text, to keep its digits."""
    return tuple(json.loads(text, parse_float=str))
