"""Which days the page shows, in which zone, in which steps; and the periods that are one click away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tabularium.analytics.span import Granularity

_DAYS: Final = 30
_STEPS: Final[tuple[tuple[int, Granularity], ...]] = ((2, "hour"), (92, "day"), (400, "week"))
"""Up to so many days the page has these steps, else months: some hundred of them at most."""
_PRESETS: Final = (("Today", 1), ("7 days", 7), ("30 days", 30), ("90 days", 90), ("12 months", 365))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page names; the rest is for the page to choose."""

    first: date | None
    last: date | None
    timezone: str
    granularity: Granularity | None
    rows: int


@dataclass(frozen=True, slots=True)
class Period:
    """What is shown. Both days are part of it, and are days of the zone."""

    first: date
    last: date
    timezone: str
    granularity: Granularity
    chosen_granularity: Granularity | None
    """What was asked for; `None` where the page has chosen."""
    rows: int
    today: date


@dataclass(frozen=True, slots=True)
class Preset:
    """A period that ends today."""

    label: str
    first: date
    last: date
    is_shown: bool


def period_of(asked: Asked, now: datetime) -> Period:
    """Complete what was asked for: the last 30 days, in steps that make a chart which can be read."""
    today = now.astimezone(ZoneInfo(asked.timezone)).date()
    before = timedelta(days=_DAYS - 1)
    last = asked.last or max(today, asked.first or today)
    first = asked.first or (last - before if last.toordinal() > _DAYS else last)
    days = (last - first).days + 1
    fitting: Granularity = next((step for most, step in _STEPS if days <= most), "month")
    granularity = asked.granularity or fitting
    return Period(first, last, asked.timezone, granularity, asked.granularity, asked.rows, today)


def presets_of(period: Period) -> list[Preset]:
    """Return the periods that are one click away."""
    today = period.today
    found = ((label, today - timedelta(days=days - 1)) for label, days in _PRESETS)
    shown = (period.first, period.last)
    return [Preset(label, first, today, shown == (first, today)) for label, first in found]
