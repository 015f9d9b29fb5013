"""Cursors: where a page of a list ended, sealed, so that nobody reads or alters what is in it.

A cursor holds the values that the last record is sorted by. A view may sort by a field that the caller cannot read, so
these are encrypted, not only signed, and their length is blurred. The same page gives the same cursor.
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
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_PURPOSE: Final = b"cursor of a list"

_MOST_BYTES: Final = 12_000
"""So much of a position stands in a cursor: with filter and headers it must fit into the head of a request."""
_LEAST_SHARE: Final = 768
"""So many bytes of a text are held however many there are. What is not cut is shorter than `_MOST_BYTES` / 10."""
_BYTES_OF_CHARACTER: Final = 6
"""What a character takes in JSON at most, as in `\\u0001`."""
_BLOCK: Final = 64
"""Contents are padded to multiples of this."""

LONGEST_READ: Final = _MOST_BYTES
"""More characters of a long text are of no use to a cursor."""

Bound = Literal["null", "whole", "beginning"]
"""What a position holds of a value."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a text that is too long for a cursor."""

    text: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: what its last record is sorted by, the key last, and the instant of the first page."""

    values: tuple[Any, ...]
    """Each is null, a value of the driver, or a `Beginning`."""
    now: str

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What is held of each value."""
        return tuple(
            "null" if value is None else "beginning" if isinstance(value, Beginning) else "whole"
            for value in self.values
        )

    @property
    def bound(self) -> tuple[Any, ...]:
        """What is bound to a statement: all values but null, in their order."""
        return tuple(
            value.text if isinstance(value, Beginning) else value for value in self.values if value is not None
        )


def position_of(values: Sequence[Any], is_long: Sequence[bool], now: str) -> Position:
    """Return the position with these values. Where they are too much for a cursor, those that are long texts are cut.

    `is_long` speaks of the first values; those beyond are short.
    """
    sizes = [len(_written(value)) for value in values]
    if sum(sizes) <= _MOST_BYTES:
        return Position(tuple(values), now)
    long = [place for place, flag in enumerate(is_long) if flag and values[place] is not None]
    rest = sum(sizes) - sum(sizes[place] for place in long)
    share = max(_LEAST_SHARE, (_MOST_BYTES - rest) // max(len(long), 1))
    cut = {place: Beginning(values[place][: share // _BYTES_OF_CHARACTER]) for place in long if sizes[place] > share}
    return Position(tuple(cut.get(place, value) for place, value in enumerate(values)), now)


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Cursors:
    """Writes and reads cursors under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, position: Position, binding: str) -> str:
        """Return the cursor of a position in the list that `binding` describes."""
        values = [[value.text] if isinstance(value, Beginning) else value for value in position.values]
        content = _written([position.now, *values])
        padded = content.ljust(-(-len(content) // _BLOCK) * _BLOCK)
        return _text(self._cipher.encrypt(padded, [_PURPOSE, binding.encode()]))

    def open(self, text: str, binding: str) -> Position | None:
        """Return the position of a cursor, or `None` for one that was altered or belongs to another list."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            content = self._cipher.decrypt(sealed, [_PURPOSE, binding.encode()])
        except (InvalidTag, ValueError, binascii.Error):
            return None
        if _text(sealed) != text:  # the bits that the last character has to spare were altered
            return None
        now, *values = json.loads(content)
        return Position(tuple(Beginning(*value) if isinstance(value, list) else value for value in values), now)


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


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
