"""Identifiers made by the server."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_tick = 0


def uuid7() -> UUID:
    """Make a version 7 UUID (RFC 9562 5.7). Those of one process are ordered, also when the clock steps back.

    The 12 bits after the time count sub-milliseconds; where the clock has not moved, it is the former value plus one.
    """
    return UUID(int=_next())


def uuid7_text() -> str:
    """Make the text of such a UUID, in half the time."""
    digits = f"{_next():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _next() -> int:
    global _last_tick
    with _lock:
        # 60 bits: 48 of milliseconds and 12 of 1/4096 millisecond, as RFC 9562 6.2 method 3 allows.
        ticks = time.time_ns() * 4096 // 1_000_000
        if ticks <= _last_tick:
            ticks = _last_tick + 1
        _last_tick = ticks
    return (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
