"""Reading analytics: counted days from their counts, all else from the views themselves. Every figure is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tabularium.db.analytics_days import DAY_MILLISECONDS, KINDS, PAGE
from tabularium.db.analytics_spans import Figures, plan_steps, rest_of
from tabularium.db.analytics_tables import DAY, EVENT, FIGURES, QUARTER, ROBOTS, SESSION, TITLE, VALUE
from tabularium.db.database import Row, Session, Statement
from tabularium.db.dialect import SQLITE

Steps = Sequence[tuple[int, int]]
Values = tuple[str | None, ...]


@dataclass(slots=True)
class Seen:
    """The figures of one path, site, campaign or kind of device."""

    views: int = 0
    visitors: int = 0
    entries: int = 0
    exits: int = 0

    def add(self, views: int, visitors: int, entries: int = 0, exits: int = 0) -> None:
        """Add the figures of another part of the span."""
        self.views += views
        self.visitors += visitors
        self.entries += entries
        self.exits += exits


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what lies from `start` up to, but not including, `end`."""

    session: Session
    start: int
    end: int

    async def overview(self, steps: Steps) -> tuple[Figures, list[Figures], int]:
        """Return what was seen in all and in each step, and the views by robots."""
        spans = [(self.start, self.end), *((max(begin, self.start), min(end, self.end)) for begin, end in steps)]
        robots = f"SELECT CAST(coalesce(sum(views), 0) AS BIGINT) FROM {ROBOTS} WHERE {self._within('quarter')}"
        names = ", ".join(("at", *FIGURES))
        quarters = f"SELECT {names} FROM {QUARTER} WHERE {self._within('at')}"
        begun = (
            "count(*), CAST(sum(CASE WHEN _of.views = 1 THEN 1 ELSE 0 END) AS BIGINT), "
            "CAST(sum(_of.last_at - _of.first_at) AS BIGINT), CAST(sum(_of.views) AS BIGINT)"
        )

        def ask(days: frozenset[int]) -> Sequence[Statement]:
            uncounted = plan_steps(spans, days).uncounted
            return (
                (robots, (self.start, self.end)),
                (quarters, self._whole_days()),
                self._joined(uncounted, EVENT, "at", "count(*), count(DISTINCT _of.visitor)"),
                self._joined(uncounted, SESSION, "first_at", begun),
            )

        days, found = await self._answers(ask)
        total, *series = plan_steps(spans, days).figures(*found[1:])
        return total, series, found[0][0][0]

    async def pages(self) -> tuple[dict[str, Seen], dict[str, str]]:
        """Return the figures of every path with views, and titles of some."""

        def ask(days: frozenset[int]) -> Sequence[Statement]:
            rest = rest_of(self.start, self.end, days)
            return (
                (f"SELECT path, title FROM {TITLE}", ()),
                self._values(PAGE),
                self._joined(rest, EVENT, "at", "_of.path, count(*), count(DISTINCT _of.visitor)", by="_of.path"),
                self._joined(rest, SESSION, "first_at", "_of.entry, 0, 0, count(*)", by="_of.entry"),
                self._joined(rest, SESSION, "last_at", "_of.exit, 0, 0, 0, count(*)", by="_of.exit"),
            )

        _, found = await self._answers(ask)
        pages: dict[str, Seen] = {}
        for path, _, _, *figures in found[1]:
            pages.setdefault(path, Seen()).add(*figures)
        for rows in found[2:]:
            for _, path, *figures in rows:
                pages.setdefault(path, Seen()).add(*figures)
        return pages, {row[0]: row[1] for row in found[0]}

    async def kinds(self, *kinds: str) -> list[dict[Values, Seen]]:
        """Return for each kind the figures of its values."""

        def ask(days: frozenset[int]) -> Sequence[Statement]:
            rest = rest_of(self.start, self.end, days)
            statements: list[Statement] = []
            for kind in kinds:
                columns = ", ".join(f"_of.{name}" for name in KINDS[kind])
                text = f"{columns}, count(*), count(DISTINCT _of.visitor)"
                statements += [self._values(kind), self._joined(rest, EVENT, "at", text, by=columns)]
            return statements

        _, found = await self._answers(ask)
        pairs = zip(found[::2], found[1::2], strict=True)
        return [_merged(*pair, len(KINDS[kind])) for pair, kind in zip(pairs, kinds, strict=True)]

    async def _answers(
        self, ask: Callable[[frozenset[int]], Sequence[Statement]]
    ) -> tuple[frozenset[int], Sequence[Sequence[Row]]]:
        """Return the counted days and the answers that go with them.

        Which days are counted is asked first, and again with the question: where one was reopened in between, anew.
        """
        one, two = (self.session.dialect.placeholder(number) for number in (1, 2))
        counted = (f"SELECT day FROM {DAY} WHERE day >= {one} AND day < {two}", self._whole_days())
        days = _days(await self.session.fetch_all(*counted))
        while True:
            asked, *found = await self.session.fetch_many((counted, *ask(days)), heavy=True)
            if _days(asked) == days:
                return days, found
            days = _days(asked)

    # Statements -------------------------------------------------------------------------------------------------------

    def _whole_days(self) -> tuple[int, int]:
        """Return the days in UTC that the span touches, whole."""
        begin = self.start - self.start % DAY_MILLISECONDS
        end = self.end + -self.end % DAY_MILLISECONDS
        return begin, end

    def _within(self, column: str) -> str:
        one, two = (self.session.dialect.placeholder(number) for number in (1, 2))
        return f"{column} >= {one} AND {column} < {two}"

    def _values(self, kind: str) -> Statement:
        """Add up the values of a kind over the counted days that lie in the span whole."""
        first = self.start + -self.start % DAY_MILLISECONDS
        last = self.end - self.end % DAY_MILLISECONDS
        three = self.session.dialect.placeholder(3)
        sums = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in ("views", "visitors", "entries", "exits"))
        text = (
            f"SELECT value, second, third, {sums} FROM {VALUE} WHERE {self._within('day')} AND kind = {three} "
            "GROUP BY value, second, third"
        )
        return text, (first, max(first, last), kind)

    def _joined(self, spans: Steps, table: str, column: str, counted: str, by: str = "") -> Statement:
        """Count what lies in each of some spans, or in all of them together `by` some columns."""
        numbered = [(place, begin, end) for place, (begin, end) in enumerate(spans)]
        if self.session.dialect is SQLITE:
            source = "SELECT value ->> 0 AS place, value ->> 1 AS since, value ->> 2 AS until FROM json_each(?1)"
            bound: list[Any] = [orjson.dumps(numbered).decode()]
        else:
            source = "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS _rows (place, since, until)"
            bound = [list(values) for values in zip(*numbered, strict=True)] or [[], [], []]
        place, group = ("0", by) if by else ("_span.place", "_span.place")
        text = (
            f"SELECT {place}, {counted} FROM ({source}) AS _span "
            f"JOIN {table} AS _of ON _of.{column} >= _span.since AND _of.{column} < _span.until GROUP BY {group}"
        )
        return text, bound


def _merged(counted: Iterable[Row], rest: Iterable[Row], width: int) -> dict[Values, Seen]:
    found: dict[Values, Seen] = {}
    for *values, views, visitors, _, _ in counted:
        found.setdefault(tuple(each or None for each in values[:width]), Seen()).add(views, visitors)
    for _, *values, views, visitors in rest:
        found.setdefault(tuple(values), Seen()).add(views, visitors)
    return found


def _days(rows: Iterable[Row]) -> frozenset[int]:
    return frozenset(int(row[0]) for row in rows)
