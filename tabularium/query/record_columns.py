"""The select list of a record: the same for a page, for one record, and after RETURNING."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.db.database import Row
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query.authors import Authors, of_every_record, of_the_trash
from tabularium.query.rows import outer_row
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.base import Row as FieldRow
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    REVISION_COLUMN,
    UPDATED_COLUMN,
    Field,
    Table,
)

_ENVELOPE: Final = (KEY_COLUMN, CREATED_COLUMN, UPDATED_COLUMN)

Decoder = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """`sql` is a select list without names, `read` turns a row of it into a record in the order of its JSON."""

    sql: str
    read: Callable[[Row], dict[str, Any]]


@lru_cache(maxsize=2048)
def record_columns(
    table: Table, names: tuple[str, ...], dialect: Dialect, authors: Authors = (), *, with_deleted: bool = False
) -> RecordColumns:
    """Return the select list of a record with these fields. Columns are qualified by the table's name.

    `with_deleted` is for queries that see the trash: a record there also tells since when, and by whom.
    """
    row = outer_row(table, dialect)
    system = system_fields(table)
    envelope = [_read_sql(system[name], row) for name in _ENVELOPE]
    live, trashed = of_every_record(authors), of_the_trash(authors) if with_deleted else ()
    deleted = [_read_sql(system[DELETED_COLUMN], row)] if with_deleted else []
    fields, signed, removed = (
        [_read_sql(table.by_name[name], row) for name in group]
        for group in (names, [name for _, name in live], [name for _, name in trashed])
    )
    sql = ", ".join([row.column(REVISION_COLUMN), *envelope, *fields, *signed, *deleted, *removed])
    last = [*(["deletedAt"] if with_deleted else []), *(key for key, _ in trashed)]
    return RecordColumns(sql, _reader(table, names, dialect, [key for key, _ in live], last))


def _read_sql(field: Field, row: FieldRow) -> str:
    return field.type.read_expression(row.value(field), row.dialect)


def _reader(
    table: Table, names: tuple[str, ...], dialect: Dialect, signed: Sequence[str], last: Sequence[str]
) -> Callable[[Row], dict[str, Any]]:
    """Return what reads a row. `signed` and `last` are keys that a record has only where there is a value."""
    key_decoder = system_fields(table)[KEY_COLUMN].type.decoder(dialect) or _unchanged
    decoders = tuple(_decoders((table.by_name[name] for name in names), dialect))
    first = 4 + len(names)
    signatures = tuple(enumerate(signed, first))
    endings = tuple(enumerate(last, first + len(signed)))

    def read(row: Row) -> dict[str, Any]:
        revision, key, created, updated = row[:4]
        fields = dict(zip(names, row[4:], strict=False))
        for name, decode in decoders:
            value = fields[name]
            if value is not None:
                fields[name] = decode(value)
        record = {"id": key_decoder(key), "revision": revision, "fields": fields}
        for place, name in signatures:
            if row[place] is not None:
                record[name] = row[place]
        record["createdAt"], record["updatedAt"] = created, updated
        for place, name in endings:
            if row[place] is not None:
                record[name] = row[place]
        return record

    return read


@lru_cache(maxsize=1024)
def new_record_columns(table: Table, dialect: Dialect) -> RecordColumns:
    """Return what has to be read of a record that is just made, if it is made of known values and has no authors.

    `read` returns a record without times and fields.
    """
    field = system_fields(table)[KEY_COLUMN]
    decode = field.type.decoder(dialect) or _unchanged
    return RecordColumns(
        _read_sql(field, outer_row(table, dialect)), lambda row: {"id": decode(row[0]), "revision": 1, "fields": {}}
    )


def _decoders(fields: Iterable[Field], dialect: Dialect) -> Iterable[tuple[str, Decoder]]:
    for field in fields:
        decode = field.type.decoder(dialect)
        if decode is not None:
            yield field.name, decode


def _unchanged(value: Any) -> Any:
    return value


@lru_cache(maxsize=2048)
def record_json_sql(table: Table, names: tuple[str, ...], authors: Authors = ()) -> tuple[str, str]:
    """Return the SQL of a record as JSON text, and the select list of its fields, which it refers to as `_fields`.

    For PostgreSQL, whose own functions write the JSON as orjson would.
    """
    dialect = POSTGRESQL
    row = outer_row(table, dialect)
    system = system_fields(table)
    key, created, updated = (_read_sql(system[name], row) for name in _ENVELOPE)
    revision, live = row.column(REVISION_COLUMN), of_every_record(authors)
    fields = ", ".join(f"{_read_sql(table.by_name[name], row)} AS {dialect.quote(name)}" for name in names)
    if not live:
        envelope = (
            f'{key} AS "id", {revision} AS "revision", _fields AS "fields", '
            f'{created} AS "createdAt", {updated} AS "updatedAt"'
        )
        return f"(SELECT row_to_json(_record)::text FROM (SELECT {envelope}) AS _record)", fields
    # A function that leaves out nulls would do so among the fields, too.
    signed = [(name, _read_sql(table.by_name[field], row)) for name, field in live]
    parts = [
        f"""'{{"id":' || to_json({key})::text || ',"revision":' || {revision}""",
        """',"fields":' || row_to_json(_fields)::text""",
        *(f"""CASE WHEN {sql} IS NULL THEN '' ELSE ',"{name}":' || to_json({sql})::text END""" for name, sql in signed),
        f"""',"createdAt":' || to_json({created})::text || ',"updatedAt":' || to_json({updated})::text || '}}'""",
    ]
    return f"({' || '.join(parts)})", fields
