"""The latest title of each path, by the times of views."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from tabularium.db.analytics_tables import TITLE
from tabularium.db.catalogue import columns_of
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect

Title = tuple[str, int]
"""A title, and the time of the view that has it, in milliseconds since 1970."""

_FORMER: Final = "_analytics_title"
"""Where titles stood by their paths, of which long ones are more than an index of PostgreSQL holds."""
_STEP: Final = 1_000
_HASH_DIGITS: Final = 32


async def store_titles(session: Session, titles: Mapping[str, Title]) -> None:
    """Keep titles of paths, but for those of which a later view is stored."""
    if titles:
        rows = [(_hash(path), path, title, at) for path, (title, at) in titles.items()]
        await session.execute(_insertion(session.dialect), _bound(rows, session.dialect))


async def move_former_titles(session: Session) -> None:
    """Take over the titles of a database of an earlier version. Any view that comes is later than they are."""
    if not await columns_of(session, _FORMER):
        return
    one, last = session.dialect.placeholder(1), ""  # paths begin with a slash
    listing = f"SELECT path, title FROM {_FORMER} WHERE path > {one} ORDER BY path LIMIT {_STEP}"
    while rows := await session.fetch_all(listing, (last,)):
        await store_titles(session, {row[0]: (row[1], 0) for row in rows})
        last = rows[-1][0]
    await session.execute(f"DROP TABLE {_FORMER}")


def _hash(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:_HASH_DIGITS]


@lru_cache(maxsize=2)
def _insertion(dialect: Dialect) -> str:
    if dialect is SQLITE:
        columns = ", ".join(f"value ->> {place}" for place in range(4))
        # Without a condition SQLite takes ON for that of a join.
        source = f"SELECT {columns} FROM json_each(?1) WHERE true"
    else:
        source = "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])"
    return (
        f"INSERT INTO {TITLE} (hash, path, title, at) {source} "
        f"ON CONFLICT (hash) DO UPDATE SET title = excluded.title, at = excluded.at WHERE excluded.at >= {TITLE}.at"
    )


def _bound(rows: Sequence[tuple[str, str, str, int]], dialect: Dialect) -> Sequence[Any]:
    if dialect is SQLITE:
        return [orjson.dumps(rows).decode()]
    return [list(values) for values in zip(*rows, strict=True)]
