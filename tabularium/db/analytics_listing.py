"""One statement that lists what was seen of a kind - paths, sites, campaigns, devices - the most usual first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tabularium.db.analytics_days import KINDS, PAGE, VIEWS_ONLY
from tabularium.db.analytics_spans import Totals, span_rows
from tabularium.db.analytics_tables import DAY_TOTAL, EVENT, MONTH_TOTAL, SESSION, TITLE
from tabularium.db.database import Row, Statement
from tabularium.db.dialect import Dialect
from tabularium.db.lists import among_numbers, number_list

EVERYTHING: Final = 1 << 31
"""As a limit: no limit."""
_NAMES: Final = ("value", "second", "third")
_FIGURES: Final = ("views", "visitors", "entries", "exits")
_ALL: Final = " UNION ALL "


@dataclass(frozen=True, slots=True)
class Listed:
    """The figures of one path, site, campaign or kind of device."""

    values: tuple[str | None, ...]
    title: str | None
    views: int
    visitors: int
    entries: int
    exits: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed of a kind: so many at most, after so many others."""

    kind: str
    limit: int
    offset: int

    def statement(self, plan: Totals, dialect: Dialect) -> Statement:
        """Write the statement. Its rows are in no order, and one of them has the number of all values."""
        rows, spans = span_rows([(0, *span) for span in plan.rest], 7, dialect)
        names = ", ".join(self._names)
        sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in _FIGURES)
        parts = [*self._totals(dialect), *(self._seen(rows) if plan.rest else ())]
        # A path may have come to be without views where some of them were taken away.
        having = "sum(views) > 0" + (f" AND ({self._any_text()})" if self.kind == "campaign" else "")
        order = ", ".join(("views DESC", *(f"{name} = '', {name}" for name in self._names)))
        two, three = dialect.placeholder(2), dialect.placeholder(3)
        title, titled = "NULL", ""
        if self.kind == PAGE:
            title, titled = "_titled.title", f"LEFT JOIN {TITLE} AS _titled ON _titled.path = _listed.value"
        nothing = ", ".join(["''"] * len(self._names))
        text = (
            f"WITH _part AS ({_ALL.join(parts)}), "
            f"_value AS MATERIALIZED (SELECT {names}, {sums} FROM _part GROUP BY {names} HAVING {having}), "
            f"_listed AS (SELECT * FROM _value ORDER BY {order} LIMIT {two} OFFSET {three}) "
            f"SELECT 0, NULL, {nothing}, count(*), 0, 0, 0 FROM _value UNION ALL "
            f"SELECT 1, {title}, {', '.join(f'_listed.{name}' for name in (*self._names, *_FIGURES))} "
            f"FROM _listed {titled}"
        )
        totals = (number_list(numbers, dialect) for numbers in (plan.months, plan.days, plan.surplus))
        bound = [self.kind, self.limit, self.offset, *totals]
        return text, [*bound, *spans] if plan.rest else bound

    def read(self, rows: Sequence[Row]) -> tuple[list[Listed], int]:
        """Return what is listed in order, views descending, then by code points, null last; and how many there are."""
        width, total, found = len(self._names), 0, list[Listed]()
        for is_value, title, *values in rows:
            if is_value:
                found.append(Listed(tuple(text or None for text in values[:width]), title, *values[width:]))
            else:
                total = values[width]
        found.sort(key=lambda each: (-each.views, *((text is None, text or "") for text in each.values)))
        return found, total

    @property
    def _columns(self) -> tuple[str, ...]:
        return ("path",) if self.kind == PAGE else KINDS[self.kind]

    @property
    def _names(self) -> tuple[str, ...]:
        return _NAMES[: len(self._columns)]

    def _any_text(self) -> str:
        return " OR ".join(f"{name} <> ''" for name in self._names)

    def _totals(self, dialect: Dialect) -> Iterator[str]:
        """Yield what adds up the totals of months and days, and takes those of others away."""
        for number, table, sign in ((4, MONTH_TOTAL, ""), (5, DAY_TOTAL, ""), (6, DAY_TOTAL, "-")):
            figures = ", ".join(f"{sign}{name} AS {name}" for name in _FIGURES)
            where = f"kind = {dialect.placeholder(1)} AND since {among_numbers(number, dialect)}"
            yield f"SELECT {', '.join(self._names)}, {figures} FROM {table} WHERE {where}"

    def _seen(self, rows: str) -> Iterator[str]:
        """Yield what counts the views and the sessions of spans."""
        columns = ", ".join(f"_of.{name}" for name in self._columns)
        texts = columns if self.kind == PAGE else ", ".join(f"coalesce(_of.{name}, '')" for name in self._columns)
        visitors = "0" if self.kind in VIEWS_ONLY else "count(DISTINCT _of.visitor)"
        yield _joined(f"{texts}, count(*), {visitors}, 0, 0", EVENT, "at", columns, rows)
        if self.kind == PAGE:
            for column, page, ends in (("first_at", "entry", "count(*), 0"), ("last_at", "exit", "0, count(*)")):
                yield _joined(f"_of.{page}, 0, 0, {ends}", SESSION, column, f"_of.{page}", rows)


def _joined(selected: str, table: str, column: str, grouped: str, rows: str) -> str:
    within = f"_of.{column} >= _span.since AND _of.{column} < _span.until"
    return f"SELECT {selected} FROM ({rows}) AS _span JOIN {table} AS _of ON {within} GROUP BY {grouped}"
