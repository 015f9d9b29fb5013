"""The texts of the statements that read a history, each built once. Parameters 1 and 2 are the table and the record."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.dialect import Dialect
from tabularium.query import MOST_ESTIMATED
from tabularium.query.parameters import Count

_SELECTED: Final = "id, revision, action, created_at, user_id, user_name, changes, reverted_to"
# A key that clients choose may come again after its record was removed for good: the revisions then begin anew, and
# neither the time does, nor the ids of entries of one instant.
_ORDER: Final = ("created_at", "id")


@lru_cache(maxsize=16)
def page_sql(dialect: Dialect, *, descending: bool, has_after: bool, has_offset: bool) -> str:
    """Read entries in their order. Parameters after the record: the position to go on from, the limit, the offset."""
    place = dialect.placeholder
    following, number = "", 3
    if has_after:
        marks = ", ".join(place(number + each) for each in range(len(_ORDER)))
        following = f" AND ({', '.join(_ORDER)}) {'<' if descending else '>'} ({marks})"
        number += len(_ORDER)
    order = ", ".join(f"{column} DESC" if descending else column for column in _ORDER)
    offset = f" OFFSET {place(number + 1)}" if has_offset else ""
    return f"SELECT {_SELECTED} {_source(dialect)}{following} ORDER BY {order} LIMIT {place(number)}{offset}"


@lru_cache(maxsize=8)
def count_sql(dialect: Dialect, count: Count) -> str:
    """Count the entries of a record, for an estimate not many more than it may tell."""
    if count == "estimate":
        return f"SELECT count(*) FROM (SELECT 1 {_source(dialect)} LIMIT {MOST_ESTIMATED + 1}) AS _few"
    return f"SELECT count(*) {_source(dialect)}"


def _source(dialect: Dialect) -> str:
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    return f"FROM {ACTIVITY} WHERE table_id = {one} AND record_id = {two} AND revision IS NOT NULL"
