"""Reading analytics: counted days and months from their counts, all else from the views. Every figure is exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tabularium.db.analytics_days import DAY_MILLISECONDS
from tabularium.db.analytics_listing import Listed, Listing
from tabularium.db.analytics_spans import FIRSTS, plan_steps, plan_totals, span_rows
from tabularium.db.analytics_tables import COUNTED, EVENT, QUARTER, ROBOTS, SESSION
from tabularium.db.database import Row, Session, Statement

Steps = Sequence[tuple[int, int]]
_VISITORS = ("sum(_of.firsts)", "sum(_of.lasts)", "sum(CASE WHEN _of.at = _span.since THEN _of.hour ELSE 0 END)")
"""In the order of `FIRSTS`, `LASTS` and `HOUR`."""
_ENDED = ("sessions", "bounces", "milliseconds", "session_views")
_BEGUN = (
    "count(*)",
    "sum(CASE WHEN _of.views = 1 THEN 1 ELSE 0 END)",
    "sum(_of.last_at - _of.first_at)",
    "sum(_of.views)",
)


@dataclass(slots=True)
class Figures:
    """What was seen in a span. Of the sessions that began in it everything counts, also what lies after it."""

    views: int = 0
    visitors: int = 0
    sessions: int = 0
    bounces: int = 0
    milliseconds: int = 0
    session_views: int = 0

    def add_views(self, views: int, visitors: int) -> None:
        """Add the views of a part of the span."""
        self.views += views
        self.visitors += visitors

    def add_sessions(self, sessions: int, bounces: int, milliseconds: int, views: int) -> None:
        """Add the sessions that began in a part of the span."""
        self.sessions += sessions
        self.bounces += bounces
        self.milliseconds += milliseconds
        self.session_views += views


@dataclass(frozen=True, slots=True)
class Counted:
    """The days and months that are counted, as far as a span can use them."""

    days: frozenset[int]
    months: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what lies from `start` up to, but not including, `end`."""

    session: Session
    start: int
    end: int

    async def overview(self, steps: Steps) -> tuple[Figures, list[Figures], int]:
        """Return what was seen in all and in each step, and the views by robots."""
        spans = [(self.start, self.end), *((max(begin, self.start), min(end, self.end)) for begin, end in steps)]
        one, two = (self.session.dialect.placeholder(number) for number in (1, 2))
        where = f"quarter >= {one} AND quarter < {two}"
        robots = f"SELECT CAST(coalesce(sum(views), 0) AS BIGINT) FROM {ROBOTS} WHERE {where}"
        counts = ("sum(_of.views)", *_VISITORS, *(f"sum(_of.{name})" for name in _ENDED))

        def ask(counted: Counted) -> Sequence[Statement]:
            plan = plan_steps(spans, counted.days)
            quarters = [(number, since, until) for number, (_, since, until, _) in enumerate(plan.counted)]
            return (
                (robots, (self.start, self.end)),
                self._joined(quarters, QUARTER, "at", counts),
                self._joined(plan.uncounted, EVENT, "at", ("count(*)", "count(DISTINCT _of.visitor)")),
                self._joined(plan.uncounted, SESSION, "first_at", _BEGUN),
            )

        counted, (filtered, quarters, views, sessions) = await self._answers(ask)
        parts = plan_steps(spans, counted.days).counted
        found = [Figures() for _ in spans]
        for number, seen, *more in quarters:
            place, _, _, told = parts[number]
            found[place].add_views(seen, more[told - FIRSTS])
            found[place].add_sessions(*more[len(_VISITORS) :])
        for place, *figures in views:
            found[place].add_views(*figures)
        for place, *figures in sessions:
            found[place].add_sessions(*figures)
        return found[0], found[1:], filtered[0][0]

    async def listings(self, *listings: Listing) -> list[tuple[list[Listed], int]]:
        """Return what each lists, and how many values it has in all."""
        dialect = self.session.dialect

        def ask(counted: Counted) -> Sequence[Statement]:
            plan = plan_totals(self.start, self.end, counted.days, counted.months)
            return [each.statement(plan, dialect) for each in listings]

        _, found = await self._answers(ask)
        return [each.read(rows) for each, rows in zip(listings, found, strict=True)]

    async def _answers(self, ask: Callable[[Counted], Sequence[Statement]]) -> tuple[Counted, Sequence[Sequence[Row]]]:
        """Return what is counted and the answers that go with it.

        What is counted is asked first, and again with the question: where something was reopened in between, anew.
        """
        one, two = (self.session.dialect.placeholder(number) for number in (1, 2))
        # The month of the first day may have begun up to 30 days before.
        bound = (self.start - 31 * DAY_MILLISECONDS, self.end)
        asked = (f"SELECT unit, since FROM {COUNTED} WHERE since > {one} AND since < {two}", bound)
        counted = _counted(await self.session.fetch_all(*asked))
        while True:
            again, *found = await self.session.fetch_many((asked, *ask(counted)), heavy=True)
            if _counted(again) == counted:
                return counted, found
            counted = _counted(again)

    def _joined(
        self, spans: Sequence[tuple[int, int, int]], table: str, column: str, counted: Sequence[str]
    ) -> Statement:
        """Count what lies in the spans of each place."""
        rows, bound = span_rows(spans, 1, self.session.dialect)
        figures = ", ".join(f"CAST({each} AS BIGINT)" for each in counted)
        within = f"_of.{column} >= _span.since AND _of.{column} < _span.until"
        text = (
            f"SELECT _span.place, {figures} FROM ({rows}) AS _span JOIN {table} AS _of ON {within} GROUP BY _span.place"
        )
        return text, bound


def _counted(rows: Sequence[Row]) -> Counted:
    days, months = (frozenset(int(row[1]) for row in rows if row[0] == unit) for unit in ("day", "month"))
    return Counted(days, months)
