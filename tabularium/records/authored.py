"""The records that somebody has created, a page at a time, so that any number of them needs the same memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any, Final

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.context import caller_of
from tabularium.db.database import Database, Row, Session
from tabularium.db.dialect import Dialect
from tabularium.query import record_columns
from tabularium.query.moment import Moment
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.schema.model import KEY_COLUMN, Table

PAGE: Final = 500


async def authored_pages(
    database: Database, table: Table, column: str, author: Identity, now: str
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the records of a table whose `column` names the author, in the order of their keys."""
    if "read" not in policy.permitted(author, table):
        return
    names = policy.listed_names(author, table)
    read = record_columns(table, names, database.dialect).read
    last: int | str | None = None
    while True:
        sql, marks = _page_sql(table, column, names, database.dialect, is_first=last is None)
        bound = [
            author.user_id,
            *(() if last is None else (last,)),
            *values_at(marks, Moment(now, caller=caller_of(author))),
        ]
        rows = await database.read(_fetching(sql, bound))
        records = [read(row) for row in rows]
        if records:
            yield [_entry(table, record) for record in records]
            last = table.primary_key.parse(records[-1]["id"])
        if len(records) < PAGE:
            return


def _fetching(sql: str, bound: list[Any]) -> Any:
    async def fetch(session: Session) -> list[Row]:
        return list(await session.fetch_all(sql, bound, heavy=True))

    return fetch


def _entry(table: Table, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "tableSlug": table.name,
        "recordId": record["id"],
        "fields": record["fields"],
        "createdAt": record["createdAt"],
        "updatedAt": record["updatedAt"],
    }


@lru_cache(maxsize=256)
def _page_sql(table: Table, column: str, names: tuple[str, ...], dialect: Dialect, *, is_first: bool) -> Numbered:
    name, place = dialect.quote(table.database_name), dialect.placeholder
    row = outer_row(table, dialect)
    key = row.column(KEY_COLUMN)
    following = "" if is_first else f" AND {key} > {place(2)}"
    sql = (
        f"SELECT {record_columns(table, names, dialect).sql} FROM {name} "
        f"WHERE {row.column(column)} = {place(1)}{row.allowed}{following} ORDER BY {key} LIMIT {PAGE}"
    )
    return with_moment(sql, 2 if is_first else 3, dialect)
