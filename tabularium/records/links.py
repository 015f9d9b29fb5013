"""Links that lie in tables of their own: their targets are checked, and they are set after the record is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.identity.tables import USER
from tabularium.errors import FieldError
from tabularium.query.moment import Moment
from tabularium.query.rows import Numbered, StatementRow, values_at, with_moment
from tabularium.records.limits import TARGET, reachable_sql
from tabularium.records.values import Candidate, fields_apart
from tabularium.schema.fields.link_table import LinkTable
from tabularium.schema.fields.user_id import USER_KEY
from tabularium.schema.model import KEY_COLUMN, Field, Schema, Table

MISSING: Final = ('There is no such record "{key}" to link to.', 'There is no such user "{key}".')
"""What is said of an id that no record, and that no user has."""


async def missing_targets(
    session: Session, schema: Schema, table: Table, candidates: Sequence[Candidate], moment: Moment
) -> list[FieldError]:
    """Return an error for every id of a link that no live record within the caller's sight, or no user, has.

    Costs one statement for each field with links.
    """
    errors: list[FieldError] = []
    for field in fields_apart(table):
        wanted = {key for each in candidates for key in each.values.get(field.name) or ()}
        if not wanted:
            continue
        sql, last = _wanted_keys(schema, field, session.dialect)
        keys = _bound_keys(sorted(wanted), session.dialect)
        rows = await session.fetch_all(sql, [keys, *values_at(last, moment)])
        missing = wanted - {row[0] for row in rows}
        errors += [error for each in candidates for error in _errors(field, each, missing)]
    return errors


def _errors(field: Field, candidate: Candidate, missing: set[Any]) -> list[FieldError]:
    return [
        FieldError(f"{candidate.path}.{field.name}.{place}", MISSING[field.type.is_user].format(key=key), "not_found")
        for place, key in enumerate(candidate.values.get(field.name) or ())
        if key in missing
    ]


async def add_links(session: Session, table: Table, candidates: Sequence[Candidate]) -> None:
    """Store the links of new records, whose keys are known. Costs one statement for each field with links."""
    for field in fields_apart(table):
        pairs = _pairs(field, candidates)
        if pairs:
            link = _link_of(field)
            await session.execute(_insert(link, session.dialect), _bound_pairs(pairs, session.dialect))


async def replace_links(
    session: Session, table: Table, fields: Sequence[Field], candidates: Sequence[Candidate], moment: Moment
) -> None:
    """Make the links of stored records those of the candidates: some are removed, others added.

    Links to records that do not exist for the caller stay: nobody removes what they cannot see. Costs two statements
    for each field with links.
    """
    for field in fields:
        if field.type.is_stored_apart:
            link = _link_of(field)
            pairs = _bound_pairs(_pairs(field, candidates), session.dialect)
            target = None if field.type.is_user else table.sibling(str(field.type.related_table))
            sql, last = _delete(link, target, session.dialect)
            keys = _bound_keys([each.key for each in candidates], session.dialect)
            await session.execute(sql, [*pairs, keys, *values_at(last, moment)])
            await session.execute(_insert(link, session.dialect), pairs)


def _pairs(field: Field, candidates: Sequence[Candidate]) -> list[tuple[Any, Any]]:
    """Return the keys of both ends of each link."""
    return [(each.key, target) for each in candidates for target in each.values.get(field.name) or ()]


def _bound_pairs(pairs: Sequence[tuple[Any, Any]], dialect: Dialect) -> list[Any]:
    """Return pairs as they are bound: one parameter on SQLite, two on PostgreSQL."""
    if dialect is SQLITE:
        return [orjson.dumps(pairs).decode()]
    return [[own for own, _ in pairs], [other for _, other in pairs]]


def _link_of(field: Field) -> LinkTable:
    link = field.type.link_table
    if link is None:
        raise TypeError(f'The field "{field.name}" has no table of links.')
    return link


def _bound_keys(keys: Sequence[Any], dialect: Dialect) -> Any:
    return orjson.dumps(list(keys)).decode() if dialect is SQLITE else list(keys)


def _wanted_keys(schema: Schema, field: Field, dialect: Dialect) -> Numbered:
    """Return the statement that finds those of the keys in its first parameter that a link may lead to."""
    if field.type.is_user:
        return _present_users(dialect), ()
    target = schema.find_table(str(field.type.related_table))
    if target is None:
        raise LookupError(f'the schema has no table "{field.type.related_table}"')
    return _live_keys(target, field, dialect)


def _present_users(dialect: Dialect) -> str:
    key = dialect.quote(USER_KEY)
    text = f"SELECT {key} FROM {dialect.quote(USER.name)} WHERE {key}"
    if dialect is SQLITE:
        return f"{text} IN (SELECT value FROM json_each(?1))"
    # The lock makes an erasure wait until the links are there.
    return f"{text} = ANY($1::text[]) ORDER BY {key} FOR KEY SHARE"


@lru_cache(maxsize=1024)
def _live_keys(target: Table, field: Field, dialect: Dialect) -> Numbered:
    row = StatementRow(target, dialect, TARGET)
    key, name = row.column(KEY_COLUMN), row.source
    live = reachable_sql(field, target, dialect)
    text = f"SELECT {key} FROM {name} WHERE {key} IN (SELECT value FROM json_each(?1)) AND {live}"
    if dialect is not SQLITE:
        kind = _link_of(field).other.type_text(dialect).partition(" COLLATE ")[0]
        # The lock keeps the targets out of the trash until the links are there.
        locked = f"ORDER BY {key} FOR KEY SHARE OF {TARGET}"
        text = f"SELECT {key} FROM {name} WHERE {key} = ANY($1::{kind}[]) AND {live} {locked}"
    return with_moment(text, 2, dialect)


_PAIRS_OF_SQLITE: Final = "SELECT value ->> 0, value ->> 1 FROM json_each(?1)"


@lru_cache(maxsize=1024)
def _insert(link: LinkTable, dialect: Dialect) -> str:
    names = f"{dialect.quote(link.name)} ({dialect.quote(link.own.column)}, {dialect.quote(link.other.column)})"
    if dialect is SQLITE:
        return f"INSERT OR IGNORE INTO {names} {_PAIRS_OF_SQLITE}"
    own, other = _kinds(link, dialect)
    return f"INSERT INTO {names} SELECT * FROM unnest($1::{own}[], $2::{other}[]) ON CONFLICT DO NOTHING"


@lru_cache(maxsize=1024)
def _delete(link: LinkTable, target: Table | None, dialect: Dialect) -> Numbered:
    """Remove the links of some records that are not among the pairs. The keys of the records come after the pairs."""
    own, other = dialect.quote(link.own.column), dialect.quote(link.other.column)
    name = dialect.quote(link.name)
    text = (
        f"DELETE FROM {name} WHERE {own} IN (SELECT value FROM json_each(?2)) "
        f"AND ({own}, {other}) NOT IN ({_PAIRS_OF_SQLITE})"
    )
    if dialect is not SQLITE:
        first, second = _kinds(link, dialect)
        wanted = f"unnest($1::{first}[], $2::{second}[]) AS _wanted(own, other)"
        text = (
            f"DELETE FROM {name} WHERE {own} = ANY($3::{first}[]) AND NOT EXISTS "
            f"(SELECT 1 FROM {wanted} WHERE _wanted.own = {name}.{own} AND _wanted.other = {name}.{other})"
        )
    row = None if target is None else StatementRow(target, dialect, TARGET)
    rule = None if row is None else row.passes("read")
    if row is not None and rule is not None:
        text += f" AND {other} IN (SELECT {row.column(KEY_COLUMN)} FROM {row.source} WHERE {rule})"
    return with_moment(text, 3 if dialect is SQLITE else 4, dialect)


def _kinds(link: LinkTable, dialect: Dialect) -> tuple[str, str]:
    """Return what PostgreSQL calls the types of both ends."""
    own, other = (end.type_text(dialect).partition(" COLLATE ")[0] for end in (link.own, link.other))
    return own, other
