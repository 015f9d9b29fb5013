"""Figures and points in time as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from tabularium.clock import parse_instant

NONE: Final = "–"
_MINUTE: Final = 60
_HOUR: Final = 3600

Number = int | float | Decimal


def number(value: Number | None) -> str:
    """Write `1234.5` as `1,234.5`."""
    return NONE if value is None else f"{value:,}"


def percentage(value: Number | None) -> str:
    """Write a percentage as it was worked out, with two decimals at most."""
    return NONE if value is None else f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def duration(seconds: Number | None) -> str:
    """Write `83.4` as `1m 23s`."""
    if seconds is None:
        return NONE
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE}s"
    return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE}m"


def day(value: date) -> str:
    """Write a day as `2 March 2026`."""
    return f"{value.day} {value:%B %Y}"


def days(first: date, last: date) -> str:
    """Write a period of days."""
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def bucket(start: str, granularity: str, zone: ZoneInfo) -> str:
    """Name the part of a period that begins at an instant, as clocks of the zone show it."""
    local = parse_instant(start).astimezone(zone)
    match granularity:
        case "hour":
            return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}{_offset(local)}"
        case "week":
            return f"Week of {local.day} {local:%b %Y}"
        case "month":
            return f"{local:%B %Y}"
        case _:
            return f"{local:%a} {local.day} {local:%b %Y}"


def _offset(local: datetime) -> str:
    """Tell the two hours apart that have one name, where clocks are put back."""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f" (UTC{local.isoformat(timespec='minutes')[16:]})" if twice else ""
