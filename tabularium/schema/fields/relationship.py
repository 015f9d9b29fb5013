"""`relationship`: a link to a record of another table, or of its own; many records may point at one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import sqlalchemy
from pydantic import BeforeValidator, Field, model_validator

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
from tabularium.schema.fields.option_types import refuse
from tabularium.schema.fields.storage import ColumnKind, stored_column
from tabularium.schema.fields.to_many import resolve_to_many
from tabularium.schema.model import KEY_COLUMN, MAX_KEY_LENGTH, KeyKind, PrimaryKey

_NOT_FOUND: Final = Problem("not_found", "Must be the id of a record of the related table.")


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
        "many-to-one", description="How many records stand at each end."
    )
    display_field: str | None = Field(None, description="The field of the related table that stands for its records.")
    related_field: Literal["id"] = Field("id", description="The field that the link names: always id.")
    on_update: Literal["cascade", "restrict", "set-null", "no-action"] | None = Field(
        None, description="Without effect, since keys never change."
    )
    on_delete: Literal["set-null", "restrict", "no-action", "cascade"] | None = Field(
        None, description="What a delete of the target does; set-null, or restrict where the field is required."
    )
    foreign_key: str | None = Field(
        None, description="The to-one field of the related table that a one-to-many reverses."
    )
    reciprocal_field: str | None = Field(None, description="The other end of a many-to-many, in the related table.")
    limit_to_view: Annotated[str | None, BeforeValidator(_table_reference)] = Field(
        None, description="The view of the related table, by id or name, that targets must be in."
    )
    allow_multiple: bool | None = Field(
        None, description="Whether there may be several targets: with many-to-many alone."
    )

    @model_validator(mode="after")
    def _check_together(self) -> RelationshipOptions:
        needs = {"foreignKey": "one-to-many", "reciprocalField": "many-to-many", "allowMultiple": "many-to-many"}
        given = {
            "foreignKey": self.foreign_key,
            "reciprocalField": self.reciprocal_field,
            "allowMultiple": self.allow_multiple,
        }
        for name, relation in needs.items():
            if given[name] is not None and self.relation_type != relation:
                refuse(f'"{name}" goes with relationType {relation} only')
        if self.relation_type == "one-to-many" and self.foreign_key is None:
            refuse('relationType one-to-many needs "foreignKey", the field that it reverses')
        if self.on_delete is not None and not self.is_to_one:
            refuse('"onDelete" goes with links to one record only')
        return self

    @property
    def is_to_one(self) -> bool:
        """Whether the link leads to one record at most."""
        return self.relation_type in ("many-to-one", "one-to-one")


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

    def resolve(self, scope: Scope) -> FieldType:
        target = scope.table(self.options.related_table, "relatedTable")
        made = RelationshipType(self.options, target.name, target.key)
        if not self.options.is_to_one:
            return resolve_to_many(self.options, made, scope, target)
        if self.options.display_field is not None:
            made._shown = target.field(self.options.display_field, "displayField")
        return made

    @property
    def referenced_table(self) -> str | None:
        return self.related_table

    @property
    def limit_to_view(self) -> str | None:
        return self.options.limit_to_view

    @property
    def is_always_unique(self) -> bool:
        return self.options.relation_type == "one-to-one"

    @property
    def described_type(self) -> str:
        relation = self.options.relation_type
        return self.names[0] if relation in ("many-to-one", "one-to-one") else f"{relation} {self.names[0]}"

    def unfit(self, *, required: bool) -> Sequence[tuple[str, str]]:
        if required and self.options.on_delete == "set-null":
            return [("onDelete", "a required link cannot be emptied; choose restrict or cascade")]
        return ()

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
