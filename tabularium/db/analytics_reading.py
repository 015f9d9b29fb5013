"""Reading analytics from the views themselves. Every figure is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tabularium.db.analytics_tables import EVENT, ROBOTS, SESSION, TITLE
from tabularium.db.database import Row, Session, Statement
from tabularium.db.dialect import SQLITE

Steps = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Totals:
    """What was seen in a span. Of the sessions that began in it everything counts, also what lies after it."""

    views: int
    visitors: int
    sessions: int
    bounces: int
    """Sessions of one view."""
    milliseconds: int
    session_views: int
    robots: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what lies from `start` up to, but not including, `end`."""

    session: Session
    start: int
    end: int

    async def overview(self, steps: Steps) -> tuple[Totals, list[tuple[int, int, int]]]:
        """Return what was seen in all, and views, visitors and begun sessions of each step."""
        bound = (self.start, self.end)
        views = f"SELECT count(*), count(DISTINCT visitor) FROM {EVENT} WHERE {self._within('at')}"
        begun = (
            "SELECT count(*), coalesce(sum(CASE WHEN views = 1 THEN 1 ELSE 0 END), 0), "
            "CAST(coalesce(sum(last_at - first_at), 0) AS BIGINT), CAST(coalesce(sum(views), 0) AS BIGINT) "
            f"FROM {SESSION} WHERE {self._within('first_at')}"
        )
        robots = f"SELECT CAST(coalesce(sum(views), 0) AS BIGINT) FROM {ROBOTS} WHERE {self._within('quarter')}"
        found = await self._all(
            *((text, bound) for text in (views, begun, robots)),
            self._by_step(steps, EVENT, "at", "count(*), count(DISTINCT _of.visitor)"),
            self._by_step(steps, SESSION, "first_at", "count(*), 0"),
        )
        totals = Totals(*found[0][0], *found[1][0], *found[2][0])
        seen, sessions = ({row[0]: row[1:] for row in rows} for rows in found[3:])
        return totals, [(*seen.get(at, (0, 0)), sessions.get(at, (0, 0))[0]) for at, _ in steps]

    async def pages(self, limit: int, offset: int) -> tuple[Sequence[Row], int]:
        """Return path, title, views, visitors, entries and exits; and how many paths there are."""
        bound = (self.start, self.end)
        seen = f"SELECT path, count(*) AS views, count(DISTINCT visitor) AS visitors FROM {EVENT} "
        seen += f"WHERE {self._within('at')} GROUP BY path"
        joins = " ".join(
            f"LEFT JOIN (SELECT {page} AS path, count(*) AS number FROM {SESSION} WHERE {self._within(at)} "
            f"GROUP BY {page}) AS _{page} ON _{page}.path = _page.path"
            for at, page in (("first_at", "entry"), ("last_at", "exit"))
        )
        page = (
            "SELECT _page.path, _title.title, _page.views, _page.visitors, coalesce(_entry.number, 0), "
            f"coalesce(_exit.number, 0) FROM ({seen}) AS _page {joins} "
            f"LEFT JOIN {TITLE} AS _title ON _title.path = _page.path "
            f"ORDER BY _page.views DESC, _page.path LIMIT {self._place(3)} OFFSET {self._place(4)}"
        )
        total = f"SELECT count(DISTINCT path) FROM {EVENT} WHERE {self._within('at')}"
        found = await self._all((page, (*bound, limit, offset)), (total, bound))
        return found[0], found[1][0][0]

    async def groups(
        self, columns: Sequence[str], limit: int, offset: int, *, with_any: bool = False
    ) -> tuple[Sequence[Row], int]:
        """Return views and visitors for the values of some columns; `with_any`: only where one of these is not null."""
        names, bound = ", ".join(columns), (self.start, self.end)
        where = self._within("at")
        if with_any:
            where += f" AND ({' OR '.join(f'{name} IS NOT NULL' for name in columns)})"
        grouped = (
            f"SELECT {names}, count(*) AS views, count(DISTINCT visitor) FROM {EVENT} WHERE {where} GROUP BY {names}"
        )
        order = ", ".join(f"{name} NULLS LAST" for name in columns)
        page = f"{grouped} ORDER BY views DESC, {order} LIMIT {self._place(3)} OFFSET {self._place(4)}"
        total = f"SELECT count(*) FROM ({grouped}) AS _groups"
        found = await self._all((page, (*bound, limit, offset)), (total, bound))
        return found[0], found[1][0][0]

    async def counts(self, columns: Sequence[str]) -> list[Sequence[Row]]:
        """Return for each column its values with their views, the most usual first."""
        where, bound = self._within("at"), (self.start, self.end)
        statements = (
            (
                f"SELECT {name}, count(*) FROM {EVENT} WHERE {where} GROUP BY {name} ORDER BY count(*) DESC, {name}",
                bound,
            )
            for name in columns
        )
        return list(await self._all(*statements))

    async def _all(self, *statements: Statement) -> Sequence[Sequence[Row]]:
        return await self.session.fetch_many(statements, heavy=True)

    def _place(self, number: int) -> str:
        return self.session.dialect.placeholder(number)

    def _within(self, column: str) -> str:
        return f"{column} >= {self._place(1)} AND {column} < {self._place(2)}"

    def _by_step(self, steps: Steps, table: str, column: str, counted: str) -> Statement:
        """Count what lies in each step, and in the span."""
        cut = [(begin, max(begin, self.start), min(end, self.end)) for begin, end in steps]
        if self.session.dialect is SQLITE:
            source = "SELECT value ->> 0 AS step, value ->> 1 AS since, value ->> 2 AS until FROM json_each(?1)"
            bound: list[Any] = [orjson.dumps(cut).decode()]
        else:
            source = "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS _rows (step, since, until)"
            bound = [list(values) for values in zip(*cut, strict=True)]
        text = (
            f"SELECT _step.step, {counted} FROM ({source}) AS _step "
            f"JOIN {table} AS _of ON _of.{column} >= _step.since AND _of.{column} < _step.until GROUP BY _step.step"
        )
        return text, bound
