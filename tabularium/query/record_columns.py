"""The select list of a record: the same for a page, for one record, and after RETURNING."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.db.database import Row
from tabularium.db.dialect import POSTGRESQL, Dialect
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
    table: Table, names: tuple[str, ...], dialect: Dialect, *, with_deleted: bool = False
) -> RecordColumns:
    """Return the select list of a record with these fields. Columns are qualified by the table's name.

    `with_deleted` is for queries that see the trash: a record there also tells since when.
    """
    row = outer_row(table, dialect)
    system = system_fields(table)
    envelope = [_read_sql(system[name], row) for name in _ENVELOPE]
    fields = [_read_sql(table.by_name[name], row) for name in names]
    deleted = [_read_sql(system[DELETED_COLUMN], row)] if with_deleted else []
    sql = ", ".join([row.column(REVISION_COLUMN), *envelope, *fields, *deleted])
    return RecordColumns(sql, _reader(table, names, dialect))


def _read_sql(field: Field, row: FieldRow) -> str:
    return field.type.read_expression(row.value(field), row.dialect)


def _reader(table: Table, names: tuple[str, ...], dialect: Dialect) -> Callable[[Row], dict[str, Any]]:
    key_decoder = system_fields(table)[KEY_COLUMN].type.decoder(dialect) or _unchanged
    decoders = tuple(_decoders((table.by_name[name] for name in names), dialect))

    width = 4 + len(names)

    def read(row: Row) -> dict[str, Any]:
        revision, key, created, updated = row[:4]
        fields = dict(zip(names, row[4:], strict=False))
        for name, decode in decoders:
            value = fields[name]
            if value is not None:
                fields[name] = decode(value)
        record = {
            "id": key_decoder(key),
            "revision": revision,
            "fields": fields,
            "createdAt": created,
            "updatedAt": updated,
        }
        if len(row) > width and row[width] is not None:
            record["deletedAt"] = row[width]
        return record

    return read


def _decoders(fields: Iterable[Field], dialect: Dialect) -> Iterable[tuple[str, Decoder]]:
    for field in fields:
        decode = field.type.decoder(dialect)
        if decode is not None:
            yield field.name, decode


def _unchanged(value: Any) -> Any:
    return value


@lru_cache(maxsize=2048)
def record_json_sql(table: Table, names: tuple[str, ...]) -> tuple[str, str]:
    """Return two select lists with names, from which `row_to_json` builds a record: of the envelope and of its fields.

    The first refers to the second as `_fields`. For PostgreSQL, whose own functions write the JSON as orjson would.
    """
    dialect = POSTGRESQL
    row = outer_row(table, dialect)
    system = system_fields(table)
    key, created, updated = (_read_sql(system[name], row) for name in _ENVELOPE)
    envelope = (
        f'{key} AS "id", {row.column(REVISION_COLUMN)} AS "revision", _fields AS "fields", '
        f'{created} AS "createdAt", {updated} AS "updatedAt"'
    )
    fields = ", ".join(f"{_read_sql(table.by_name[name], row)} AS {dialect.quote(name)}" for name in names)
    return envelope, fields
