"""Time as the product writes it: an instant is UTC text with exactly three fractional digits and `Z`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests pass one that they control."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def instant_text(moment: datetime) -> str:
    """Write an aware time as `2026-03-01T09:00:00.125Z`, cut (not rounded) to the millisecond."""
    utc = moment.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_instant(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.fromisoformat(text)


def next_instant(now: str, former: str) -> str:
    """Return `now`, or one millisecond past `former` where the clock has not moved on: revisions never share a time."""
    if now > former:  # fixed-width text of one zone orders as the instants do
        return now
    return instant_text(parse_instant(former) + timedelta(milliseconds=1))


def same_instant(sent: str, stored: str) -> bool:
    """Compare a client's ISO 8601 time with offset to a stored instant, to the millisecond.

    A time that no calendar has, or that leaves the years 1 to 9999 in UTC, equals none.
    """
    try:
        # RFC 3339 admits `t` and `z`, which the library does not read.
        return instant_text(datetime.fromisoformat(sent.upper())) == stored
    except (ValueError, OverflowError):
        return False
