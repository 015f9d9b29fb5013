"""Reading the activity log: pages of it, their number, and one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.db.activity_streams import Filters, Pair, Stream
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.database import Row, Session, Statement
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect

COLUMNS: Final = (
    *("id", "created_at", "category", "action", "user_id", "user_name", "user_email", "table_name", "table_id"),
    *("record_id", "comment_id", "impersonated_by", "request_id"),
)
"""What every answer tells of an entry."""
DETAILS: Final = ("changes", "details", "ip", "user_agent")

_ALL: Final = " UNION ALL "

_Shape = tuple[str, tuple[str, ...], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which entries of the parts are meant. Instants are included."""

    since: str | None = None
    until: str | None = None
    after: tuple[str, str] | None = None
    """Time and id of the entry that comes before the first."""

    @property
    def shape(self) -> tuple[bool, bool, bool]:
        """What the text of a statement depends on."""
        # What comes after an entry of the list has an end already.
        return self.since is not None, self.until is not None and self.after is None, self.after is not None

    @property
    def bound(self) -> tuple[str, ...]:
        """What is bound for it, once for all parts."""
        has_since, has_until, _ = self.shape
        return (
            *([self.since or ""] if has_since else []),
            *([self.until or ""] if has_until else []),
            *(self.after or ()),
        )


EVERYTHING: Final = Window()


def page(
    streams: Sequence[Stream],
    window: Window,
    limit: int,
    offset: int,
    dialect: Dialect,
    *,
    ascending: bool = False,
    columns: tuple[str, ...] = COLUMNS,
) -> Statement:
    """Return the statement of a page: the newest entry first, then by id, downwards too; or all upwards.

    There is one stream at least.
    """
    shapes = tuple(each.shape for each in streams)
    text = _page_sql(shapes, window.shape, bool(offset), ascending, columns, dialect)
    most = [limit + offset] if _is_nested(len(streams), dialect) else []
    return text, (*window.bound, *_bound(streams), *most, limit, *([offset] if offset else []))


def number(streams: Sequence[Stream], window: Window, most: int | None, dialect: Dialect) -> Statement:
    """Return the statement that counts entries, not more than `most`."""
    text = _count_sql(tuple(each.shape for each in streams), window.shape, most, dialect)
    return text, (*window.bound, *_bound(streams))


async def find_pairs(session: Session, filters: Filters) -> list[Pair]:
    """Return the pairs of name and id that entries have, of the table that is asked for.

    Costs a few steps in an index for each name, or id, however many entries there are.
    """
    if filters.table_name is not None:
        rows = await session.fetch_all(_ids_sql(session.dialect), (filters.table_name,))
        return [(filters.table_name, str(row[0])) for row in rows]
    table_id = str(filters.table_id)
    rows = await session.fetch_all(_names_sql(session.dialect), (table_id,))
    return [(str(row[0]), table_id) for row in rows]


async def find_entry(session: Session, entry_id: str) -> Row | None:
    """Return `COLUMNS` and `DETAILS` of an entry, if it is there."""
    selected = ", ".join((*COLUMNS, *DETAILS))
    sql = f"SELECT {selected} FROM {ACTIVITY} WHERE id = {session.dialect.placeholder(1)}"
    return await session.fetch_one(sql, (entry_id,))


def _bound(streams: Sequence[Stream]) -> tuple[Any, ...]:
    return tuple(value for each in streams for value in each.bound)


def _is_nested(count: int, dialect: Dialect) -> bool:
    """Say whether each part is put in order by itself: without that PostgreSQL sorts all of them, and SQLite merges."""
    return count > 1 and dialect is POSTGRESQL


@lru_cache(maxsize=256)
def _page_sql(
    shapes: tuple[_Shape, ...],
    window: tuple[bool, bool, bool],
    has_offset: bool,
    ascending: bool,
    columns: tuple[str, ...],
    dialect: Dialect,
) -> str:
    # Entries before the page would be read whole, if their keys were not looked for first; SQLite does that by itself
    # where nothing is merged.
    is_keyed = has_offset and (dialect is POSTGRESQL or len(shapes) > 1)
    selected = ", ".join(("created_at", "id") if is_keyed else columns)
    parts, last = _parts(selected, shapes, window, ascending, dialect)
    order = _order(ascending)
    if _is_nested(len(shapes), dialect):
        last += 1
        parts = [f"({each} ORDER BY {order} LIMIT {dialect.placeholder(last)})" for each in parts]
    text = f"{_ALL.join(parts)} ORDER BY {order} LIMIT {dialect.placeholder(last + 1)}"
    if has_offset:
        text = f"{text} OFFSET {dialect.placeholder(last + 2)}"
    if is_keyed:
        whole = ", ".join(f"whole.{name}" for name in columns)
        ordered = ", ".join(f"of_page.{each}" for each in order.split(", "))
        text = (
            f"SELECT {whole} FROM ({text}) AS of_page LEFT JOIN {ACTIVITY} AS whole ON whole.id = of_page.id "
            f"ORDER BY {ordered}"
        )
    return text


@lru_cache(maxsize=256)
def _count_sql(shapes: tuple[_Shape, ...], window: tuple[bool, bool, bool], most: int | None, dialect: Dialect) -> str:
    parts, _ = _parts("1", shapes, window, False, dialect)
    bound = "" if most is None else f" LIMIT {most}"
    if bound and dialect is POSTGRESQL:
        # In order it takes the index. Else it hopes to find as many soon in the table, and the oldest may be others.
        parts = [f"SELECT 1 FROM ({each} ORDER BY {_order(False)}{bound}) AS _part" for each in parts]
    return f"SELECT count(*) FROM ({_ALL.join(parts)}{bound}) AS _found"


def _order(ascending: bool) -> str:
    return "created_at, id" if ascending else "created_at DESC, id DESC"


def _parts(
    selected: str, shapes: tuple[_Shape, ...], window: tuple[bool, bool, bool], ascending: bool, dialect: Dialect
) -> tuple[list[str], int]:
    """Return a text for each part, and the number of the last placeholder."""
    limits, last = _window_sql(window, ascending, dialect)
    parts = []
    for index, names, is_of_no_table in shapes:
        conditions = [f"{name} = {dialect.placeholder(last + place)}" for place, name in enumerate(names, 1)]
        last += len(names)
        if is_of_no_table:
            conditions.append("table_id IS NULL")
        # SQLite keeps no statistics here, and could choose any index that begins alike.
        source = f"{ACTIVITY} INDEXED BY {index}" if dialect is SQLITE else ACTIVITY
        parts.append(f"SELECT {selected} FROM {source} WHERE {' AND '.join((*conditions, *limits))}")
    return parts, last


def _window_sql(window: tuple[bool, bool, bool], ascending: bool, dialect: Dialect) -> tuple[list[str], int]:
    has_since, has_until, has_after = window
    limits, last = [], 0
    for is_there, condition in ((has_since, "created_at >= "), (has_until, "created_at <= ")):
        if is_there:
            last += 1
            limits.append(condition + dialect.placeholder(last))
    if has_after:
        sign = ">" if ascending else "<"
        limits.append(f"(created_at, id) {sign} ({dialect.placeholder(last + 1)}, {dialect.placeholder(last + 2)})")
        last += 2
    return limits, last


@lru_cache(maxsize=2)
def _ids_sql(dialect: Dialect) -> str:
    """Read the ids of the tables that a name stands for, each by one step in the index."""
    step = _step("table_id", f"table_name = {dialect.placeholder(1)} AND table_id IS NOT NULL")
    return f"{_walk(step)} SELECT value FROM _found WHERE value IS NOT NULL"


@lru_cache(maxsize=2)
def _names_sql(dialect: Dialect) -> str:
    """Read the names that a table had: of all names that there are those under which its id is found."""
    step = _step("table_name", "table_id IS NOT NULL")
    under = f"table_name = _found.value AND table_id = {dialect.placeholder(1)}"
    is_there = f"EXISTS (SELECT 1 FROM {ACTIVITY} WHERE {under})"
    return f"{_walk(step)} SELECT value FROM _found WHERE value IS NOT NULL AND {is_there}"


def _step(column: str, condition: str) -> str:
    found = f"SELECT {column} FROM {ACTIVITY} WHERE {condition}"
    return f"{found}{{}} ORDER BY {column} LIMIT 1"


def _walk(step: str) -> str:
    column = step.split(" ", 2)[1]
    first, following = step.format(""), step.format(f" AND {column} > _found.value")
    return (
        f"WITH RECURSIVE _found (value) AS (SELECT ({first}) UNION ALL "
        f"SELECT ({following}) FROM _found WHERE _found.value IS NOT NULL)"
    )
