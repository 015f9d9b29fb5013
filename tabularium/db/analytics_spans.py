"""Which parts of a span of time the counts of days tell, and which only the views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tabularium.db.analytics_days import DAY_MILLISECONDS
from tabularium.db.database import Row

_QUARTER: Final = 900_000
_HOUR: Final = 3_600_000

Spans = Sequence[tuple[int, int]]


@dataclass(slots=True)
class Figures:
    """What was seen in a span. Of the sessions that began in it everything counts, also what lies after it."""

    views: int = 0
    visitors: int = 0
    sessions: int = 0
    bounces: int = 0
    milliseconds: int = 0
    session_views: int = 0

    def add(self, quarter: Row) -> None:
        """Add what is the same wherever a span begins and ends: all but visitors."""
        _, views, _, _, _, sessions, bounces, milliseconds, session_views = quarter
        self.views += views
        self.sessions += sessions
        self.bounces += bounces
        self.milliseconds += milliseconds
        self.session_views += session_views


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of some spans: each lies in one day in UTC."""

    spans: Spans
    counted: list[tuple[int, int, int]] = field(default_factory=list)
    """Places of spans, with a begin and an end in a counted day."""
    uncounted: list[tuple[int, int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """The spans that the uncounted parts belong to."""

    def figures(self, quarters: Sequence[Row], views: Sequence[Row], sessions: Sequence[Row]) -> list[Figures]:
        """Return the figures of each span, from quarters of hours, and the views and sessions of uncounted parts."""
        found = [Figures() for _ in self.spans]
        by_day = defaultdict(list)
        for row in quarters:
            by_day[row[0] // DAY_MILLISECONDS].append(row)
        for place, begin, end in self.counted:
            _add_counted(found[place], by_day[begin // DAY_MILLISECONDS], begin, end)
        for part, seen, visitors in views:
            found[self.places[part]].views += seen
            found[self.places[part]].visitors += visitors
        for part, begun, bounces, milliseconds, session_views in sessions:
            own = found[self.places[part]]
            own.sessions += begun
            own.bounces += bounces
            own.milliseconds += milliseconds
            own.session_views += session_views
        return found


def plan_steps(spans: Spans, days: Collection[int]) -> Plan:
    """Divide spans into parts that the counts tell, and others."""
    plan = Plan(spans)
    for place, (begin, end) in enumerate(spans):
        for since, until in _by_day(begin, end):
            if since - since % DAY_MILLISECONDS in days and _is_told(since, until):
                plan.counted.append((place, since, until))
            else:
                plan.uncounted.append((since, until))
                plan.places.append(place)
    return plan


def rest_of(start: int, end: int, days: Collection[int]) -> list[tuple[int, int]]:
    """Return what is left of a span without the counted days that lie in it whole."""
    rest: list[tuple[int, int]] = []
    for since, until in _by_day(start, end):
        if until - since == DAY_MILLISECONDS and since in days:
            continue
        if rest and rest[-1][1] == since:
            rest[-1] = rest[-1][0], until
        else:
            rest.append((since, until))
    return rest


def _by_day(begin: int, end: int) -> Iterator[tuple[int, int]]:
    while begin < end:
        until = min(end, begin - begin % DAY_MILLISECONDS + DAY_MILLISECONDS)
        yield begin, until
        begin = until


def _is_told(begin: int, end: int) -> bool:
    """Say whether the counts of a day tell the visitors of a part of it: one at its edge, or an hour."""
    if begin % _QUARTER or end % _QUARTER:
        return False
    is_hour = begin % _HOUR == 0 and end - begin == _HOUR
    return is_hour or begin % DAY_MILLISECONDS == 0 or end % DAY_MILLISECONDS == 0


def _add_counted(figures: Figures, quarters: Sequence[Row], begin: int, end: int) -> None:
    # In a part that begins with the day a visitor counts where their first view is, in one that ends with it the last.
    visitors = 2 if begin % DAY_MILLISECONDS == 0 else 3
    is_hour = begin % DAY_MILLISECONDS and end % DAY_MILLISECONDS
    for row in quarters:
        if begin <= row[0] < end:
            figures.add(row)
            if is_hour:
                figures.visitors += row[4] if row[0] == begin else 0
            else:
                figures.visitors += row[visitors]
