"""The ends of a list in time: a date stands for its whole day in UTC, a time for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tabularium.clock import instant_text
from tabularium.errors import FieldError

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_MILLISECOND: Final = timedelta(milliseconds=1)
_REST_OF_DAY: Final = timedelta(days=1) - _MILLISECOND
_ALLOWED: Final = (
    "Must be a date, such as 2026-03-01, or a time with an offset, such as 2026-03-01T09:00:00Z or "
    "2026-03-01T10:00:00+01:00, where + is written %2B."
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first instant and the last that are meant, as text; `None` where there is no end."""

    since: str | None
    until: str | None


def plan_bounds(start: str | None, end: str | None, errors: list[FieldError]) -> Bounds:
    """Read `startDate` and `endDate`, appending every failure to `errors`."""
    since = _read("startDate", start, errors, is_end=False)
    until = _read("endDate", end, errors, is_end=True)
    if since is not None and until is not None and since > until:
        errors.append(FieldError("endDate", "Must not be before startDate.", "invalid_value"))
    return Bounds(since, until)


def _read(name: str, text: str | None, errors: list[FieldError], *, is_end: bool) -> str | None:
    if text is None:
        return None
    try:
        return _instant(text, is_end=is_end)
    except (ValueError, OverflowError):  # a day that no calendar has, or a year that is none in UTC
        errors.append(FieldError(name, _ALLOWED, "invalid_date"))
        return None


def _instant(text: str, *, is_end: bool) -> str:
    if _DATE.fullmatch(text):
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return instant_text(day + _REST_OF_DAY if is_end else day)
    if not _TIME.fullmatch(text):
        raise ValueError
    # Instants of entries are whole milliseconds: the next one is the first that is not before a time between two.
    cut = instant_text(datetime.fromisoformat(text.upper()))
    if is_end or not _has_more_digits(text):
        return cut
    return instant_text(datetime.fromisoformat(cut) + _MILLISECOND)


def _has_more_digits(text: str) -> bool:
    """Say whether a time lies between two milliseconds."""
    fraction = re.search(r"\.(\d+)", text)
    return fraction is not None and bool(fraction[1][3:].strip("0"))
