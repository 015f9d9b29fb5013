"""The ends of a list in time: a date stands for its whole day in UTC, a time for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tabularium.clock import instant_text
from tabularium.errors import FieldError

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LATEST: Final = datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC)
_MIDNIGHT: Final = "T00:00:00Z"
_END_OF_DAY: Final = "T23:59:59.999999999Z"
_ALLOWED: Final = (
    "Must be a date, such as 2026-03-01, or a time with an offset, such as 2026-03-01T09:00:00Z or "
    "2026-03-01T10:00:00+01:00, where + is written %2B."
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first instant and the last that are meant, as text; `None` where there is no end."""

    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True, order=True)
class _Instant:
    """What is named, which may lie between two instants of entries: those are whole milliseconds."""

    seconds: datetime
    fraction: str
    """Nine digits."""

    def floor(self) -> datetime:
        """Return the last millisecond that is not after it."""
        return self.seconds + timedelta(milliseconds=int(self.fraction[:3]))

    def ceiling(self) -> datetime:
        """Return the first millisecond that is not before it; at the end of the calendar the last one."""
        is_between = bool(self.fraction[3:].strip("0"))
        return self.floor() + min(is_between * _MILLISECOND, _LATEST - self.floor())


def plan_bounds(start: str | None, end: str | None, errors: list[FieldError]) -> Bounds:
    """Read `startDate` and `endDate`, appending every failure to `errors`."""
    since = _read("startDate", start, errors, time=_MIDNIGHT)
    until = _read("endDate", end, errors, time=_END_OF_DAY)
    if since is not None and until is not None and since > until:
        errors.append(FieldError("endDate", "Must not be before startDate.", "invalid_value"))
    return Bounds(
        None if since is None else instant_text(since.ceiling()), None if until is None else instant_text(until.floor())
    )


def _read(name: str, text: str | None, errors: list[FieldError], *, time: str) -> _Instant | None:
    """Return what is meant; `time` is that of a date without one."""
    if text is None:
        return None
    try:
        return _instant(text + time if _DATE.fullmatch(text) else text)
    except (ValueError, OverflowError):  # a day that no calendar has, or a year that is none in UTC
        errors.append(FieldError(name, _ALLOWED, "invalid_date"))
        return None


def _instant(text: str) -> _Instant:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError
    seconds, fraction, offset = found.groups(default="")
    return _Instant(datetime.fromisoformat(f"{seconds}{offset}".upper()).astimezone(UTC), f"{fraction:0<9}")
