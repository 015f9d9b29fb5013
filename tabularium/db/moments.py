"""Functions of dates and date-times for SQLite, as formulas have them. Null in gives null out, and so does a fault.

A date is text as `2025-01-31`, a date-time text as `2025-01-31T08:30:00.125Z`; where either may stand, a date is its
first instant. Numbers are in the canonical form of `tabularium.db.arithmetic`. PostgreSQL has the same functions
(`tabularium.db.postgresql.functions`).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from tabularium.db.arithmetic import whole_number
from tabularium.db.date_patterns import write_moment
from tabularium.db.texts import strict

SECONDS: Final[Mapping[str, int]] = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
MONTHS: Final[Mapping[str, int]] = {"month": 1, "year": 12}
"""The units that time is counted in: so many seconds, or so many months."""

_DAY_LENGTH: Final = len("2025-01-31")
_LONGEST: Final = 400_000_000_000
"""More seconds than the years 0001 to 9999 have."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
    re.ASCII,
)

_PARTS: Final[Mapping[str, Callable[[datetime], int]]] = {
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "day": lambda moment: moment.day,
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
    "weekday": lambda moment: moment.isoweekday(),
    "weeknum": lambda moment: moment.isocalendar().week,
}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def _instant_text(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}Z"


@strict
def date_part(text: str, part: str) -> str:
    """Return a part of a date or a date-time as a whole number."""
    return str(_PARTS[part](_moment(text)))


@strict
def make_date(year: str, month: str, day: str) -> str | None:
    """Return the day with these numbers, if there is one."""
    numbers = [whole_number(text) for text in (year, month, day)]
    try:
        return date(*(number or 0 for number in numbers)).isoformat()
    except (ValueError, OverflowError):
        return None


@strict
def date_add(text: str, count: str, unit: str) -> str | None:
    """Return what lies so many units later, of the same kind; in a shorter month its last day."""
    number = whole_number(count)
    if number is None:
        return None
    moment = _moment(text)
    later = (
        _add_months(moment, number * MONTHS[unit]) if unit in MONTHS else _add_seconds(moment, number * SECONDS[unit])
    )
    if later is None:
        return None
    return later.date().isoformat() if len(text) == _DAY_LENGTH else _instant_text(later)


def _add_months(moment: datetime, count: int) -> datetime | None:
    year, month = divmod(moment.year * 12 + moment.month - 1 + count, 12)
    if not 1 <= year <= 9999:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _add_seconds(moment: datetime, count: int) -> datetime | None:
    if abs(count) > _LONGEST:
        return None
    try:
        return moment + timedelta(seconds=count)
    except OverflowError:
        return None


@strict
def date_diff(end: str, start: str, unit: str) -> str:
    """Return how many whole units lie between two moments, negative where the end comes first.

    For months and years it is the greatest number that `date_add` can add to the start without passing the end.
    """
    later, earlier = _moment(end), _moment(start)
    if unit in MONTHS:
        return str(_towards_zero(_whole_months(earlier, later), MONTHS[unit]))
    return str(_towards_zero((later - earlier) // timedelta(milliseconds=1), SECONDS[unit] * 1000))


def _whole_months(start: datetime, end: datetime) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    reached = _add_months(start, months)
    if reached is not None and months > 0 and reached > end:
        return months - 1
    if reached is not None and months < 0 and reached < end:
        return months + 1
    return months


def _towards_zero(number: int, divisor: int) -> int:
    quotient = abs(number) // divisor
    return quotient if number >= 0 else -quotient


@strict
def date_format(text: str, pattern: str) -> str:
    """Write a date or a date-time as a pattern says (`tabularium.db.date_patterns`)."""
    return write_moment(_moment(text), pattern)


@strict
def to_date(text: str) -> str | None:
    """Return the day that a text names, if it is one."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


@strict
def to_instant(text: str) -> str | None:
    """Return the instant that an RFC 3339 text names, to the millisecond, if it is one."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    day, time, fraction, sign, hours, minutes = found.groups(default="")
    if fraction[3:].strip("0"):
        return None
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        local = datetime.fromisoformat(f"{day}T{time}.{fraction[:3]:0<3}")
        return _instant_text(local + offset if sign == "-" else local - offset)
    except (ValueError, OverflowError):
        return None
