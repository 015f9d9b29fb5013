"""The description that the database keeps of what has been applied to it, as plain data that becomes JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tabularium import json_text
from tabularium.db.dialect import DIALECTS, Dialect
from tabularium.schema.fields.base import FieldType
from tabularium.schema.model import Field
from tabularium.schema.tables import TableLayout, field_columns


class _Description(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AppliedLink(_Description):
    """The table that holds the links of a field, and the column of it that names the field's own records."""

    name: str
    own: str


class AppliedField(_Description):
    """A field as it was applied last. A removed one is `kept`: its columns, with their values, stay."""

    id: str
    numbered: bool
    """Whether the database gave the id, because the file had none."""
    name: str
    type: str
    storage: tuple[str, ...]
    """The column types on *both* databases: where they are equal, so is the form of the stored values."""
    columns: tuple[str, ...]
    required: bool = False
    choices: tuple[str, ...] = ()
    related_table: str | None = None
    """The id of the table that a link points into."""
    kept: bool = False
    options: str = "{}"
    """The options of the type as the file has them, as JSON: with them the type can be made again, to read values."""
    limits: str = ""
    """The JSON Schema of what may be written, as JSON: where it changes, values may lie outside from now on."""
    link: AppliedLink | None = None


class AppliedTable(_Description):
    """A table as it was applied last, `kept` if it has been removed from the file."""

    id: str
    numbered: bool
    name: str
    fields: tuple[AppliedField, ...]
    layout: TableLayout
    created_at: str
    """The first migration of the table, and the last: instants as text (`tabularium.clock`)."""
    updated_at: str
    kept: bool = False
    last_number: int = 0
    """The highest number that a dropped field had: history knows it, so no other field may get it."""


class Description(_Description):
    """All tables that the database knows."""

    tables: tuple[AppliedTable, ...] = ()
    last_number: int = 0
    """The highest number that a dropped table had."""


def describe_field(
    field: Field, dialect: Dialect, *, field_id: str, numbered: bool, related_table: str | None
) -> AppliedField:
    """Describe a field of the schema, under the id that it has in the database."""
    link = field.type.link_table
    return AppliedField(
        id=field_id,
        numbered=numbered,
        name=field.name,
        type=field.type.described_type,
        storage=tuple(
            f"{name} {column.type}" for name, each in sorted(DIALECTS.items()) for column in field_columns(field, each)
        ),
        columns=tuple(column.name for column in field_columns(field, dialect)),
        required=field.required,
        choices=choices_of(field.type),
        related_table=related_table,
        options=json_text.dump(dict(field.options)).decode(),
        limits=json_text.dump(field.type.schema("create")).decode() if field.type.column_names(field.name) else "",
        link=None if link is None else AppliedLink(name=link.name, own=link.own.column),
    )


def choices_of(kind: FieldType) -> tuple[str, ...]:
    """Return the options that a value, or an item of it, is one of."""
    schema = kind.schema("record")
    return tuple(schema.get("items", schema).get("enum", ()))
