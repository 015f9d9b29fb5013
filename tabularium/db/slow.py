"""The log of statements that take long."""

from __future__ import annotations

import logging
import time

_log = logging.getLogger("tabularium.db")
_LIMIT = 1.0


def warn_if_slow(sql: str, started: float) -> None:
    """Log a statement that began at `started` (of `time.monotonic`) more than a second ago. Its values stay out."""
    seconds = time.monotonic() - started
    if seconds > _LIMIT:
        _log.warning("a statement took %.1f s: %s", seconds, sql)
