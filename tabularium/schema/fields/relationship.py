"""`relationship`: a link to a record of another table, or of its own; many records may point at one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import sqlalchemy
from pydantic import BeforeValidator, Field, field_validator

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import (
    DisplaySource,
    FieldOptions,
    FieldType,
    InvalidValue,
    LinkedRows,
    Mode,
    Problem,
    Row,
    SchemaMode,
    Scope,
)
from tabularium.schema.fields.exact import whole_number
from tabularium.schema.fields.option_types import NotAvailable, refuse
from tabularium.schema.fields.storage import ColumnKind, stored_column
from tabularium.schema.model import KEY_COLUMN, MAX_KEY_LENGTH, KeyKind, PrimaryKey

_NOT_FOUND: Final = Problem("not_found", "Must be the id of a record of the related table.")

_AVAILABLE: Final = "many-to-one"


@dataclass(frozen=True, slots=True)
class _LinkForm:
    """How a link to a table with one kind of key is stored, and described where it is sent."""

    kind: ColumnKind
    sent: Mapping[str, Any]


_NUMBER: Final = _LinkForm("integer", {"type": ["string", "integer"], "pattern": "^[1-9][0-9]{0,18}$", "minimum": 1})
_FORMS: Final[Mapping[KeyKind, _LinkForm]] = {
    "auto-increment": _NUMBER,
    "composite": _NUMBER,
    "uuid": _LinkForm("uuid", {"type": "string", "format": "uuid"}),
    "text": _LinkForm("text", {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,128}$"}),
}


def _table_reference(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class RelationshipOptions(FieldOptions):
    """The options of `relationship`."""

    related_table: Annotated[str, BeforeValidator(_table_reference)] = Field(
        description="The table that the link points into, by name or id."
    )
    relation_type: Literal["many-to-one", "one-to-one", "one-to-many", "many-to-many"] = Field(
        "many-to-one", description="How many records stand at each end; only many-to-one in this version."
    )
    display_field: str | None = Field(None, description="The field of the related table that stands for its records.")
    related_field: Literal["id"] = Field("id", description="The field that the link names: always id.")
    on_update: Literal["cascade", "restrict", "set-null", "no-action"] | None = Field(
        None, description="Without effect, since keys never change."
    )
    on_delete: NotAvailable = Field(None, description="What a delete of the target does; comes with a later version.")
    foreign_key: NotAvailable = Field(None, description="The field that a one-to-many reverses; comes later.")
    reciprocal_field: NotAvailable = Field(None, description="The other end of a many-to-many; comes later.")
    limit_to_view: NotAvailable = Field(None, description="The view that targets must be in; comes later.")
    allow_multiple: NotAvailable = Field(None, description="Several targets; comes with many-to-many.")

    @field_validator("relation_type")
    @classmethod
    def _check_relation_type(cls, value: str) -> str:
        if value != _AVAILABLE:
            refuse(f'must be "{_AVAILABLE}"; the other relation types are not available in this version')
        return value


class RelationshipType(FieldType):
    """The id of one record of the related table. `resolve` gives it the kind of that table's key."""

    names = ("relationship",)
    Options = RelationshipOptions
    options: RelationshipOptions
    groups = frozenset({"E"})
    is_sortable = True

    def __init__(
        self, options: RelationshipOptions, table_name: str | None = None, key: PrimaryKey | None = None
    ) -> None:
        super().__init__(options)
        self._table_name = table_name
        self._key = key
        self._shown: FieldType | None = None

    @property
    def related_table(self) -> str:
        return self._table_name or self.options.related_table

    def resolve(self, scope: Scope) -> RelationshipType:
        target = scope.table(self.options.related_table, "relatedTable")
        made = RelationshipType(self.options, target.name, target.key)
        if self.options.display_field is not None:
            made._shown = target.field(self.options.display_field, "displayField")
        return made

    @property
    def key(self) -> PrimaryKey:
        """Return the key of the related table."""
        if self._key is None:
            raise RuntimeError(f'The link to the table "{self.related_table}" is used before it was resolved.')
        return self._key

    def display_source(self, name: str, row: Row) -> DisplaySource | None:
        if self._shown is None or self.options.display_field is None:
            return None
        linked = self.linked(name, row)
        value = self._shown.value_expression(self.options.display_field, linked.row)
        read = self._shown.read_expression(value, row.dialect)
        decode = self._shown.decoder(row.dialect)
        shown = self._shown

        def show(value: Any, zone: tzinfo | None) -> str:
            return shown.display(decode(value) if decode else value, zone)

        return DisplaySource(f"(SELECT {read} FROM {linked.source} WHERE {linked.condition})", show)

    def linked(self, name: str, row: Row) -> LinkedRows:
        target = row.related(self.related_table)
        key = target.column(KEY_COLUMN)
        condition = f"{key} = {row.column(name)} AND {target.visible}"
        return LinkedRows(target, target.source, condition, key, is_many=False)

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, _FORMS[self.key.kind].kind, dialect),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE or self.key.kind == "text" else f"{column}::text"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return str if dialect is SQLITE and self.key.is_integer else None

    @property
    def index_bytes(self) -> int:
        return MAX_KEY_LENGTH

    def parse(self, value: Any, mode: Mode) -> int | str:
        if isinstance(value, Decimal):
            value = whole_number(value)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, str) and not (is_number and self.key.is_integer):
            allowed = "an id as text or as a whole number" if self.key.is_integer else "an id as text"
            raise InvalidValue(Problem("wrong_type", f"Must be {allowed}."))
        parsed = self.key.parse(value)
        if parsed is None:
            raise InvalidValue(_NOT_FOUND)
        return parsed

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string"} if mode == "record" else dict(_FORMS[self.key.kind].sent)
