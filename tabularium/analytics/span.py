"""The time that a read is about, and the steps in it, in a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from itertools import islice
from typing import Final, Literal

from tabularium.analytics.seeing import milliseconds
from tabularium.errors import FieldError, ValidationFailed
from tabularium.query.moment import plan_zone
from tabularium.schema.fields.temporal import start_of_day

Granularity = Literal["hour", "day", "week", "month"]

MOST_STEPS: Final = 1_000
_HOUR: Final = 3_600_000
_DAY: Final = timedelta(days=1)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_ALLOWED: Final = (
    "Must be a date, such as 2026-03-01, or a time with an offset, such as 2026-03-01T09:00:00Z or "
    "2026-03-01T10:00:00+01:00, where + is written %2B."
)


@dataclass(frozen=True, slots=True)
class Span:
    """Milliseconds since 1970, from `start` up to, but not including, `end`."""

    start: int
    end: int
    zone: tzinfo


def plan_span(first: str, last: str, timezone: str) -> Span:
    """Read `from`, `to` and `timezone`. Raises `ValidationFailed` with every failure."""
    errors: list[FieldError] = []
    zone = plan_zone(timezone, errors) or UTC
    start = _read("from", first, zone, errors)
    end = _read("to", last, zone, errors)
    if start is not None and end is not None and start[0] >= end[1]:
        errors.append(FieldError("to", "Must not be before from.", "invalid_value"))
    if errors or start is None or end is None:
        raise ValidationFailed(errors[0].message if len(errors) == 1 else None, errors)
    return Span(start[0], end[1], zone)


def steps_of(span: Span, granularity: Granularity) -> list[tuple[int, int]]:
    """Return the beginnings and ends of the steps that touch the span. Raises `ValidationFailed` for too many."""
    try:
        found = list(islice(_steps(span, granularity), MOST_STEPS + 1))
    except OverflowError:
        raise ValidationFailed.of("from", "Lies at the end of the calendar.", "out_of_range") from None
    if len(found) > MOST_STEPS:
        message = f"The span has more than {MOST_STEPS} steps of this size; choose larger ones or a shorter span."
        raise ValidationFailed.of("granularity", message, "out_of_range")
    return found


def _steps(span: Span, granularity: Granularity) -> Iterator[tuple[int, int]]:
    day = _begin(_day_of(span.start, span.zone), granularity)
    start = _midnight(day, span.zone)
    while start < span.end:
        day = _following(day, granularity)
        end = _midnight(day, span.zone)
        pieces = range(start, end, _HOUR) if granularity == "hour" else (start,)
        for piece in pieces:
            until = min(piece + _HOUR, end) if granularity == "hour" else end
            if until > span.start and piece < span.end:
                yield piece, until
        start = end


def _day_of(instant: int, zone: tzinfo) -> date:
    local = datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone).date()
    # Where clocks go back over a midnight, an instant may come before the day that they show begins for good.
    return local - _DAY if _midnight(local, zone) > instant else local


def _begin(day: date, granularity: Granularity) -> date:
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def _following(day: date, granularity: Granularity) -> date:
    if granularity == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + (7 * _DAY if granularity == "week" else _DAY)


def _midnight(day: date, zone: tzinfo) -> int:
    return milliseconds(datetime.fromisoformat(start_of_day(day, zone)))


def _read(name: str, text: str, zone: tzinfo, errors: list[FieldError]) -> tuple[int, int] | None:
    """Return the first millisecond of what is named, and the first after it."""
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            midnight = partial(_midnight, zone=zone)
            return midnight(day), midnight(day + _DAY)
        return _read_time(text)
    except (ValueError, OverflowError):
        errors.append(FieldError(name, _ALLOWED, "invalid_date"))
        return None


def _read_time(text: str) -> tuple[int, int]:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, time, fraction, offset = found.groups(default="")
    second = milliseconds(datetime.fromisoformat(f"{day}T{time}{offset.upper()}"))
    if not fraction:
        return second, second + 1000
    unit = 10 ** (3 - len(fraction[:3]))
    start = second + int(fraction[:3]) * unit
    # A time between two milliseconds names the first that is not before it, or the last that is not after it.
    return start + (1 if fraction[3:].strip("0") else 0), start + unit
