"""Which stored records the rows of an upsert match: live ones with equal values in all merge fields."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium import json_text
from tabularium.access import policy
from tabularium.context import Context
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.db.pieces import pieces, rows_at_once
from tabularium.query import authors_of, record_columns
from tabularium.query.authors import Authors
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.records import statements
from tabularium.records.values import Candidate
from tabularium.schema.fields.base import Group
from tabularium.schema.model import KEY_COLUMN, Field, Table

_BUCKETS: Final = 64
"""Of the locks that keep two upserts of one value apart: so few that PostgreSQL has room for those of many writers."""


def can_merge_on(field: Field) -> bool:
    """Say whether records can be told apart by the values of a field that the caller may set."""
    return bool(field.type.groups & {"E", "C"}) and not field.type.is_stored_apart


@dataclass(frozen=True, slots=True)
class MergeField:
    """A field that decides which record a row means."""

    field: Field

    @property
    def group(self) -> Group:
        return "E" if "E" in self.field.type.groups else "C"

    def value(self, candidate: Candidate, dialect: Dialect) -> Any:
        """Return what is compared, in driver form."""
        return self.field.type.filter_value(candidate.values[self.field.name], self.group, dialect)


@dataclass(frozen=True, slots=True)
class Match:
    """A stored record that a row means, held against other writers; `is_allowed` as the rule for rows says."""

    is_allowed: bool
    record: dict[str, Any]


def merge_values(fields: Sequence[MergeField], candidate: Candidate) -> tuple[Any, ...]:
    """Return the values that decide, such that equal ones mean the same record."""
    return tuple(each.value(candidate, SQLITE) for each in fields)


async def hold_values(
    context: Context, table: Table, fields: Sequence[MergeField], candidates: Sequence[Candidate]
) -> None:
    """Keep other upserts of the same values waiting until the end of the transaction."""
    if context.session.dialect is not POSTGRESQL:  # SQLite has one writer at a time
        return
    names = ",".join(each.field.name for each in fields)
    buckets = {_bucket(f"{table.name}:{names}", merge_values(fields, each)) for each in candidates}
    sql = "SELECT pg_advisory_xact_lock(_key) FROM unnest($1::bigint[]) AS _key"
    await context.session.fetch_all(sql, [sorted(buckets)])


def _bucket(scope: str, values: tuple[Any, ...]) -> int:
    """Return the key of a lock: equal values of the same fields of a table always have the same."""
    digest = hashlib.blake2b(scope.encode(), digest_size=6).digest()
    number = int.from_bytes(hashlib.blake2b(json_text.dump(list(values)), digest_size=4).digest())
    return int.from_bytes(digest) * _BUCKETS + number % _BUCKETS


async def find_matches(
    context: Context, table: Table, fields: Sequence[MergeField], candidates: Sequence[Candidate]
) -> list[list[Match]]:
    """Return for each candidate the live records that the caller may see and that its values mean.

    Costs a statement for some hundred candidates.
    """
    dialect = context.session.dialect
    authors = authors_of(table, policy.listed_names(context.identity, table))
    read = record_columns(table, statements.held_names(table), dialect, authors).read
    found: list[list[Match]] = []
    for some in pieces(candidates, rows_at_once(len(fields))):
        sql, last = _matching(table, tuple(fields), authors, dialect, len(some))
        bound = [each.value(candidate, dialect) for candidate in some for each in fields]
        matches: list[list[Match]] = [[] for _ in some]
        for row in await context.session.fetch_all(sql, [*bound, *values_at(last, context.moment)], heavy=True):
            matches[row[0]].append(Match(bool(row[1]), read(row[2:])))
        found += matches
    return found


@lru_cache(maxsize=256)
def _matching(table: Table, fields: tuple[MergeField, ...], authors: Authors, dialect: Dialect, rows: int) -> Numbered:
    row, names = outer_row(table, dialect), statements.held_names(table)
    passes = row.passes("write")
    allowed = "TRUE" if passes is None else f"({passes}) IS TRUE"
    width = len(fields)
    kinds = [_kind(each, dialect) for each in fields]
    sent = ", ".join(
        "("
        + ", ".join(
            [
                str(number),
                *(_placed(dialect, number * width + place + 1, kinds[place]) for place in range(width)),
            ]
        )
        + ")"
        for number in range(rows)
    )
    columns = ", ".join(f"_m{place}" for place in range(width))
    same = " AND ".join(
        f"{each.field.type.filter_expression(each.field.name, each.group, row)} = _sent._m{place}"
        for place, each in enumerate(fields)
    )
    key, name = row.column(KEY_COLUMN), dialect.quote(table.database_name)
    locking = f" FOR NO KEY UPDATE OF {name}" if dialect is POSTGRESQL else ""
    text = (
        f"WITH _sent(_n, {columns}) AS (VALUES {sent}) "
        f"SELECT _sent._n, {allowed}, {record_columns(table, names, dialect, authors).sql} "
        f"FROM _sent JOIN {name} ON {same} WHERE {row.visible} ORDER BY {key}{locking}"
    )
    return with_moment(text, rows * width + 1, dialect)


def _kind(merge: MergeField, dialect: Dialect) -> str:
    """Return the SQL type of what is compared: that of the field's last column, which holds the key of comparison."""
    *_, column = merge.field.type.columns(merge.field.name, dialect)
    return column.type.compile(dialect=dialect.sqlalchemy).partition(" COLLATE ")[0]


def _placed(dialect: Dialect, number: int, kind: str) -> str:
    place = dialect.placeholder(number)
    return f"CAST({place} AS {kind})" if dialect is POSTGRESQL else place
