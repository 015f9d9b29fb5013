"""Days and times as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tabularium.schema.fields.option_types import DateFormat, TimeFormat

_DAYS: Final[Mapping[DateFormat, Callable[[str, str, str], str]]] = {
    "US": lambda year, month, day: f"{int(month)}/{int(day)}/{year}",
    "European": lambda year, month, day: f"{int(day)}/{int(month)}/{year}",
    "ISO": lambda year, month, day: f"{year}-{month}-{day}",
}


def shown_day(day: str, form: DateFormat) -> str:
    """Write a day (`2025-01-31`) in one of the forms."""
    return _DAYS[form](*day.split("-"))


def shown_time(hour: int, minute: int, form: TimeFormat) -> str:
    """Write a time of day as `15:04` or `3:04 PM`."""
    if form == "24-hour":
        return f"{hour:02}:{minute:02}"
    return f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def shown_instant(instant: str, zone: tzinfo | None, own_zone: str | None, day: DateFormat, time: TimeFormat) -> str:
    """Write an instant of the answers in `zone`, else in the field's own, else in UTC.

    At the ends of the calendar, where a zone leads out of it, the text is that of UTC.
    """
    local = datetime.fromisoformat(instant)
    try:
        local = local.astimezone(zone or (ZoneInfo(own_zone) if own_zone else UTC))
    except OverflowError:
        local = local.astimezone(UTC)
    written = f"{local.year:04}-{local.month:02}-{local.day:02}"
    return f"{shown_day(written, day)} {shown_time(local.hour, local.minute, time)}"
