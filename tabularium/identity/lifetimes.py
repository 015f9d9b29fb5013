"""How long a link or a code works, in the words of a mail."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def in_words(seconds: int) -> str:
    """Return a time in the largest unit that tells it exactly: `1 hour`, `90 minutes`."""
    size, name = next(unit for unit in _UNITS if seconds % unit[0] == 0)
    number = seconds // size
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
