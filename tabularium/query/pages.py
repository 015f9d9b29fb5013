"""Which rows a page consists of, as SQL: all rows of a list in their order, or those that come after a position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tabularium.db.dialect import Dialect
from tabularium.query.compile import Placeholders, Shape, criteria_of, relevance_sql
from tabularium.query.cursor import LONGEST_READ, Bound
from tabularium.query.ordering import Criterion, after_sql, order_text
from tabularium.query.plan import Scope
from tabularium.query.rows import StatementRow, outer_row
from tabularium.query.scans import sorts_by_index
from tabularium.query.scoping import where_sql
from tabularium.query.sorting import SortKey
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Field, Table

_NEAR = "_near"
_FAR = "_far"
_LAST = "_last"
_GREATEST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class PageShape:
    """All that the rows of a page depend on beside table and dialect.

    The limit is written into the text: it is a small checked number, and with a bound one PostgreSQL plans for a tenth
    of the table, or anew at every execution.
    """

    where: Shape
    sort: tuple[SortKey, ...]
    scope: Scope
    limit: int
    has_offset: bool = False
    relevance: tuple[tuple[Field, ...], int] | None = None
    """The searched fields and the number of words, where relevance decides the order."""
    after: tuple[Bound, ...] = ()
    """For a list that goes on from a position: what that holds of each value."""

    @property
    def is_by_key(self) -> bool:
        """Whether the key alone decides the order."""
        return self.relevance is None and (not self.sort or self.sort[0].field.name == KEY_COLUMN)


@dataclass(frozen=True, slots=True)
class PageRows:
    """The parts of a statement over the rows of a list, with the first placeholder that is free after each of them."""

    source: str
    """Where all rows of the list come from."""
    paged: str
    """Where the rows of the page come from; the same without a position."""
    order: str
    """The order of the rows of the page."""
    positions: tuple[str, ...]
    """What tells where a row stands in the order."""
    after_source: int
    after_order: int


def page_rows(table: Table, shape: PageShape, dialect: Dialect) -> PageRows:
    """Write the parts of a page. Its placeholders: those of the condition, the searched words, the position."""
    where, following = where_sql(table, shape.where, shape.scope, dialect, 1)
    name = dialect.quote(table.database_name)
    places = Placeholders(dialect, following)
    criteria = _criteria(outer_row(table, dialect), shape, places)
    bounds = _bounds(table, shape, places, dialect)
    # Rows that are all null in the first criteria are in the order of the others, as an index of these has them.
    open_from = next((place for place, bound in enumerate(bounds) if bound is not None), 0)
    paged, rows = f"{name} WHERE {where}", _Rows(name, where, shape.limit + 1)
    if _is_in_two_parts(table, shape, criteria, bounds):
        paged = f"({rows.in_two_parts(criteria, bounds)}) AS {name}"
    elif bounds:
        paged = f"{paged} AND ({after_sql(criteria, bounds)})"
    return PageRows(
        f"{name} WHERE {where}",
        paged,
        order_text(criteria[open_from:]),
        tuple(_position(criterion) for criterion in criteria),
        following,
        places.number,
    )


def _criteria(row: StatementRow, shape: PageShape, place: Callable[[], str]) -> tuple[Criterion, ...]:
    criteria = criteria_of(row, shape.sort)
    if shape.relevance is not None:
        fields, words = shape.relevance
        relevance = relevance_sql(fields, [place() for _ in range(words)], row)
        criteria = (Criterion(f"({relevance})", descending=True), *criteria)
    if shape.scope != "deleted":
        return criteria
    deleted = row.column(DELETED_COLUMN)
    return tuple(replace(each, may_be_null=each.may_be_null and each.sql != deleted) for each in criteria)


def _position(criterion: Criterion) -> str:
    # A cursor cannot hold more of a long text, so no more is read.
    return f"substr({criterion.sql}, 1, {LONGEST_READ})" if criterion.is_long else criterion.sql


def _bounds(table: Table, shape: PageShape, place: Callable[[], str], dialect: Dialect) -> list[str | None]:
    """Write the values of the position; `None` stands for null."""
    placed = [None if bound == "null" else place() for bound in shape.after]
    last = StatementRow(table, dialect, _LAST)
    for number, bound in enumerate(shape.after):
        if bound == "beginning":
            criterion = criteria_of(last, shape.sort)[number]
            found = (
                f"SELECT {criterion.sql} FROM {last.source} "
                f"WHERE {last.column(KEY_COLUMN)} = {placed[-1]}{last.allowed}"
            )
            placed[number] = _whole_text(criterion, found, f"CAST({placed[number]} AS TEXT)", dialect)
    return placed


def _whole_text(criterion: Criterion, found: str, beginning: str, dialect: Dialect) -> str:
    """Write the long text of the last row, of which the position holds the beginning only.

    Where that row is gone, or has another text now, the list goes on ahead of all texts that begin so: it leaves none
    out.
    """
    same = f"substr({criterion.sql}, 1, length({beginning})) = {beginning}"
    ahead = f"{beginning} || {dialect.literal(_GREATEST_CHARACTER)}" if criterion.descending else beginning
    return f"coalesce(({found} AND {same}), {ahead})"


def _is_in_two_parts(
    table: Table, shape: PageShape, criteria: Sequence[Criterion], bounds: Sequence[str | None]
) -> bool:
    """Say whether to read the rows with a value in the first criterion apart from those without.

    An index serves each part by itself, but not both at once: no database looks for `a > x OR a IS NULL` in the order
    of an index, and PostgreSQL does not read `a DESC NULLS LAST` from one.
    """
    first = criteria[0]
    if shape.has_offset or not (shape.sort and first.may_be_null):
        return False
    is_mixed = bounds[0] is not None if bounds else first.descending
    return is_mixed and sorts_by_index(table, shape.sort[0].field, shape.scope)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a condition; at most `most` are wanted."""

    name: str
    where: str
    most: int

    def in_two_parts(self, criteria: Sequence[Criterion], bounds: Sequence[str | None]) -> str:
        """Write the rows with a value in the first criterion and, if they are too few, those without one."""
        first, *rest = criteria
        valued = (replace(first, may_be_null=False), *rest)
        reached = after_sql(valued, bounds) if bounds else f"{first.sql} IS NOT NULL"
        near = self._some(reached, valued, str(self.most))
        # A limit of 0 keeps both databases from even looking for rows.
        far = self._some(f"{first.sql} IS NULL", rest, f"{self.most} - (SELECT count(*) FROM {_NEAR})")
        return f"WITH {_NEAR} AS MATERIALIZED ({near}) SELECT * FROM {_NEAR} UNION ALL SELECT * FROM ({far}) AS {_FAR}"

    def _some(self, condition: str, criteria: Sequence[Criterion], limit: str) -> str:
        return (
            f"SELECT * FROM {self.name} WHERE {self.where} AND ({condition}) "
            f"ORDER BY {order_text(criteria)} LIMIT {limit}"
        )
