"""Relative dates: windows of whole days around the day of the request, such as `thisWeek` or `pastDays`.

A planned condition names the border of a window; which day that is, is decided when the query runs. So a condition of
the application file can have windows too, and the text of a statement does not depend on the day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal, cast

from tabularium.query.conditions import Comparison, Condition, Conjunction, with_comparisons
from tabularium.query.moment import Moment
from tabularium.schema.fields.base import Group, Interval
from tabularium.schema.fields.temporal import DAY, INSTANT, TemporalForm
from tabularium.schema.model import Field

Span = tuple[date, date]
"""The first day and the last."""


def _days_from(first: int, last: int) -> Callable[[date], Span]:
    return lambda today: (_shifted(today, first), _shifted(today, last))


def _week(today: date) -> Span:
    return _shifted(today, -today.weekday()), _shifted(today, 6 - today.weekday())


def _month(today: date) -> Span:
    return today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])


def _year(today: date) -> Span:
    return today.replace(month=1, day=1), today.replace(month=12, day=31)


def _shifted(day: date, days: int) -> date:
    """Move a day; at the ends of the calendar it stays there."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


WINDOWS: Final[Mapping[str, Callable[[date], Span]]] = {
    "today": _days_from(0, 0),
    "yesterday": _days_from(-1, -1),
    "tomorrow": _days_from(1, 1),
    "thisWeek": _week,
    "thisMonth": _month,
    "thisYear": _year,
    "pastWeek": _days_from(-7, 0),
    "pastMonth": _days_from(-30, 0),
    "pastYear": _days_from(-365, 0),
    "nextWeek": _days_from(0, 7),
    "nextMonth": _days_from(0, 30),
    "nextYear": _days_from(0, 365),
}
"""The windows without a number, by operator: from the day of the request to their days."""

COUNTED_WINDOWS: Final[Mapping[str, Callable[[date, int], Span]]] = {
    "pastDays": lambda today, days: _days_from(-days, 0)(today),
    "nextDays": lambda today, days: _days_from(0, days)(today),
}
"""The windows of a number of days."""

MOST_DAYS: Final = 3650

_ONE_DAY: Final = "day"
"""The window of one day whatever the day of the request; its number is that of the day since the year 1."""

_Side = Literal["start", "end"]
_FORMS: Final[Mapping[str, TemporalForm]] = {form.kind: form for form in (DAY, INSTANT)}
"""The forms of the values that a border is compared with, by the kind of their columns."""


@dataclass(frozen=True, slots=True)
class Border:
    """One end of a window, as the value of a comparison: where its first day begins, or where its last one ends."""

    window: str
    number: int
    side: _Side
    form: str

    @property
    def name(self) -> str:
        """The border as text, of which `border_of_name` makes it again."""
        return f"{self.window}:{self.number}:{self.side}:{self.form}"

    def at(self, moment: Moment) -> str:
        """Return the stored value that the border is at this moment."""
        first, last = self._days(moment.today)
        interval = _FORMS[self.form].of_days(first, last, moment.zone)
        return cast("str", interval.start if self.side == "start" else interval.end)

    def _days(self, today: date) -> Span:
        if self.window == _ONE_DAY:
            day = date.fromordinal(self.number)
            return day, day
        if self.window in WINDOWS:
            return WINDOWS[self.window](today)
        return COUNTED_WINDOWS[self.window](today, self.number)


def border_of_name(name: str) -> Border:
    """Return the border with this name."""
    window, number, side, form = name.split(":")
    return Border(window, int(number), cast("_Side", side), form)


def within(field: Field, group: Group, window: str, number: int = 0) -> Condition:
    """Return the condition that a field lies in a window."""
    form = (DAY if field.type.formula_type == "date" else INSTANT).kind
    start = Comparison(field, "not_below", group, (Border(window, number, "start", form),))
    return Conjunction((start, Comparison(field, "below", group, (Border(window, number, "end", form),))))


def local_day(day: Interval) -> Interval:
    """Return a day of UTC among instants as that day in the zone of a request that is still to come."""
    number = date.fromisoformat(day.start[: len("2025-01-31")]).toordinal()
    return Interval(*(Border(_ONE_DAY, number, side, INSTANT.kind) for side in ("start", "end")))


def at_moment(condition: Condition, moment: Moment) -> Condition:
    """Return the condition with every border turned into the value that it has at this moment."""

    def change(comparison: Comparison) -> Comparison:
        if not any(isinstance(value, Border) for value in comparison.values):
            return comparison
        return replace(comparison, values=tuple(_value(value, moment) for value in comparison.values))

    return with_comparisons(condition, change)


def _value(value: Any, moment: Moment) -> Any:
    return value.at(moment) if isinstance(value, Border) else value
