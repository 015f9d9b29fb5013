"""Relative dates: windows of whole days around the day of the request, such as `thisWeek` or `pastDays`.

A planned condition names the border of a window; which day that is, is decided when the query runs. So a condition of
the application file can have windows too, and the text of a statement does not depend on the day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

from tabularium.query.conditions import Comparison, Condition, Conjunction, Disjunction, Negation, WordSearch
from tabularium.query.moment import Moment
from tabularium.schema.fields.base import Group
from tabularium.schema.fields.temporal import start_of_day
from tabularium.schema.model import Field

Span = tuple[date, date]
"""The first day, and the day after the last."""


def _days_around(before: int, after: int) -> Callable[[date], Span]:
    return lambda today: (_shifted(today, -before), _shifted(today, after + 1))


def _week(today: date) -> Span:
    monday = _shifted(today, -today.weekday())
    return monday, _shifted(monday, 7)


def _month(today: date) -> Span:
    first = today.replace(day=1)
    return first, _shifted(first, 31).replace(day=1)


def _year(today: date) -> Span:
    return today.replace(month=1, day=1), _shifted(today.replace(month=12, day=31), 1)


def _shifted(day: date, days: int) -> date:
    """Move a day; at the ends of the calendar it stays there."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


WINDOWS: Final[Mapping[str, Callable[[date], Span]]] = {
    "today": _days_around(0, 0),
    "yesterday": lambda today: (_shifted(today, -1), today),
    "tomorrow": lambda today: (_shifted(today, 1), _shifted(today, 2)),
    "thisWeek": _week,
    "thisMonth": _month,
    "thisYear": _year,
    "pastWeek": _days_around(7, 0),
    "pastMonth": _days_around(30, 0),
    "pastYear": _days_around(365, 0),
    "nextWeek": _days_around(0, 7),
    "nextMonth": _days_around(0, 30),
    "nextYear": _days_around(0, 365),
}
"""The windows without a number, by operator: from the day of the request to their days."""

COUNTED_WINDOWS: Final[Mapping[str, Callable[[int], Callable[[date], Span]]]] = {
    "pastDays": lambda days: _days_around(days, 0),
    "nextDays": lambda days: _days_around(0, days),
}
"""The windows of a number of days."""

MOST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class Border:
    """One end of a window, as the value of a comparison: its first day, or the day after its last."""

    window: Callable[[date], Span]
    which: Literal[0, 1]

    def at(self, moment: Moment, *, as_day: bool) -> str:
        """Return the border as a stored value: a day, or the instant at which that day begins."""
        day = self.window(moment.today)[self.which]
        return day.isoformat() if as_day else start_of_day(day, moment.zone)


def within(field: Field, group: Group, window: Callable[[date], Span]) -> Condition:
    """Return the condition that a field lies in a window."""
    start = Comparison(field, "not_below", group, (Border(window, 0),))
    return Conjunction((start, Comparison(field, "below", group, (Border(window, 1),))))


def at_moment(condition: Condition, moment: Moment) -> Condition:
    """Return the condition with every border turned into the value that it has at this moment."""
    if isinstance(condition, WordSearch):
        return condition
    if isinstance(condition, Comparison):
        if not any(isinstance(value, Border) for value in condition.values):
            return condition
        as_day = condition.field.type.formula_type == "date"
        values = tuple(_value(value, moment, as_day) for value in condition.values)
        return replace(condition, values=values)
    if isinstance(condition, Negation):
        return Negation(at_moment(condition.member, moment))
    members = tuple(at_moment(member, moment) for member in condition.members)
    return Conjunction(members) if isinstance(condition, Conjunction) else Disjunction(members)


def _value(value: Any, moment: Moment, as_day: bool) -> Any:
    return value.at(moment, as_day=as_day) if isinstance(value, Border) else value
