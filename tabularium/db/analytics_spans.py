"""Which parts of a span of time the counts of days and months tell, and which only the views."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tabularium.db.analytics_days import DAY_MILLISECONDS, month_after, month_of
from tabularium.db.dialect import SQLITE, Dialect

_QUARTER: Final = 900_000
_HOUR: Final = 3_600_000
FIRSTS, LASTS, HOUR = range(3)
"""How visitors of a part of counted days are told: of one that begins with a day by the first views of visitors, of one
that ends with a day by the last ones, and an hour has figures of its own."""

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of some spans, each with the place of its span."""

    counted: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Place, begin, end and how visitors are told."""
    uncounted: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, place: int, since: int, until: int, told: int | None) -> None:
        """Add a part, to the one before where both can be asked for as one."""
        if told is None:
            last = self.uncounted[-1] if self.uncounted else None
            if last is not None and (last[0], last[2]) == (place, since):
                self.uncounted[-1] = (place, last[1], until)
            else:
                self.uncounted.append((place, since, until))
            return
        # Visitors have another name each day: the first views of several days add up.
        if (
            told == FIRSTS
            and self.counted
            and self.counted[-1][::2] == (place, since)
            and self.counted[-1][3] == FIRSTS
        ):
            self.counted[-1] = (place, self.counted[-1][1], until, told)
        else:
            self.counted.append((place, since, until, told))


def plan_steps(spans: Spans, days: Collection[int]) -> Plan:
    """Divide spans into parts that the counts of quarters of an hour tell, and others."""
    plan, ordered = Plan(), sorted(days)
    for place, (begin, end) in enumerate(spans):
        for since, until, is_counted in _pieces(begin, end, ordered):
            plan.add(place, since, until, _told(since, until) if is_counted else None)
    return plan


def _pieces(begin: int, end: int, days: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """Yield the parts of a span that lie in counted days, and between them."""
    for day in days[bisect_right(days, begin - DAY_MILLISECONDS) :]:
        if day >= end:
            break
        if begin < day:
            yield begin, day, False
            begin = day
        until = min(end, day + DAY_MILLISECONDS)
        yield begin, until, True
        begin = until
    if begin < end:
        yield begin, end, False


def _told(begin: int, end: int) -> int | None:
    """Say how the counts of a day tell the visitors of a part of it, if they do."""
    if begin % _QUARTER or end % _QUARTER:
        return None
    if begin % DAY_MILLISECONDS == 0:
        return FIRSTS
    if end % DAY_MILLISECONDS == 0:
        return LASTS
    return HOUR if end - begin == _HOUR else None


@dataclass(frozen=True, slots=True)
class Totals:
    """The months and days whose totals a span is made of, and the rest of it."""

    months: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)
    """Days of these months that are not in the span: their totals are to be taken away."""
    rest: list[tuple[int, int]] = field(default_factory=list)


def plan_totals(start: int, end: int, days: Collection[int], months: Collection[int]) -> Totals:
    """Make a span of as few totals as can be: the greater part of a month is the month without the other days."""
    found, covered = Totals(), list[tuple[int, int]]()
    first, last = start + -start % DAY_MILLISECONDS, end - end % DAY_MILLISECONDS
    # No views are left before the first counted day of a month, but sessions may be that began on a forgotten day.
    opened: dict[int, int] = {}
    for day in days:
        month = month_of(day)
        opened[month] = min(day, opened.get(month, day))
    for month in months:
        after = month_after(month)
        begin, until = max(first, opened.get(month, after)), min(last, after)
        if begin < until:
            inside = range(begin, until, DAY_MILLISECONDS)
            outside = [*range(month, begin, DAY_MILLISECONDS), *range(until, after, DAY_MILLISECONDS)]
            if len(inside) <= len(outside):
                found.days.extend(inside)
            else:
                found.months.append(month)
                found.surplus.extend(outside)
            covered.append((begin, until))
    for day in days:
        if first <= day < last and month_of(day) not in months:
            found.days.append(day)
            covered.append((day, day + DAY_MILLISECONDS))
    for begin, until in sorted(covered):
        if start < begin:
            found.rest.append((start, begin))
        start = until
    if start < end:
        found.rest.append((start, end))
    return found


def span_rows(spans: Sequence[tuple[int, int, int]], first: int, dialect: Dialect) -> tuple[str, list[Any]]:
    """Return SQL for rows with a place, a begin and an end, and what is bound to it from the parameter `first` on."""
    if dialect is SQLITE:
        values = ", ".join(f"value ->> {number} AS {name}" for number, name in enumerate(("place", "since", "until")))
        return f"SELECT {values} FROM json_each(?{first})", [orjson.dumps(spans).decode()]
    lists = ", ".join(f"${first + number}::bigint[]" for number in range(3))
    bound = [list(values) for values in zip(*spans, strict=True)] or [[], [], []]
    return f"SELECT * FROM unnest({lists}) AS _rows (place, since, until)", bound
