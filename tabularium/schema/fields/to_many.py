"""Links to many records: the reverse of a link to one, and those that lie in a table of their own.

`relationship` resolves to these types; the file cannot name them by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import sqlalchemy

from tabularium import json_text
from tabularium.db.dialect import Dialect
from tabularium.db.names import own_name
from tabularium.schema.fields.base import (
    DisplaySource,
    FieldType,
    Group,
    InvalidValue,
    LinkedRows,
    Mode,
    Problem,
    Row,
    SchemaMode,
    Scope,
    TableScope,
    Unresolved,
)
from tabularium.schema.fields.link_table import (
    KEY_KINDS,
    MAX_LINKS,
    SOURCE,
    TARGET,
    LinkEnd,
    LinkTable,
    read_keys,
    read_list_text,
)
from tabularium.schema.fields.value_list import ListType
from tabularium.schema.model import KEY_COLUMN

if TYPE_CHECKING:
    from tabularium.schema.fields.relationship import RelationshipOptions, RelationshipType


def resolve_to_many(
    options: RelationshipOptions, element: RelationshipType, scope: Scope, target: TableScope
) -> FieldType:
    """Return the type of a link to many records of `target`, whose ids `element` reads."""
    shown = None if options.display_field is None else target.field(options.display_field, "displayField")
    if options.relation_type == "one-to-many":
        foreign_key = str(options.foreign_key)
        reverse = target.field(foreign_key, "foreignKey")
        if reverse.referenced_table != scope.own.name:
            message = f'the field "{foreign_key}" of the table "{target.name}" is no link to one record of this table'
            raise Unresolved(("foreignKey", message))
        return ReverseLinkType(options, element, shown, foreign_key)
    return LinkTableType(options, element, shown, _link_table(options, scope, target))


class _ToManyType(FieldType):
    """A list of ids, in the order of keys."""

    names = ("relationship",)
    is_configurable = False
    options: RelationshipOptions
    groups = frozenset({"A"})

    def __init__(self, options: RelationshipOptions, element: RelationshipType, shown: FieldType | None) -> None:
        super().__init__(options)
        self._element = element
        self._ids = ListType(element)
        self._shown = None if shown is None or "A" in shown.groups else ListType(shown)

    @property
    def related_table(self) -> str | None:
        return self._element.related_table

    @property
    def limit_to_view(self) -> str | None:
        return self.options.limit_to_view

    @property
    def is_many(self) -> bool:
        return True

    @property
    def described_type(self) -> str:
        return f"{self.options.relation_type} {self.names[0]}"

    def column_names(self, name: str) -> tuple[str, ...]:
        return ()

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def _rows(self, name: str, row: Row) -> LinkedRows:
        linked = self.linked(name, row)
        if linked is None:
            raise RuntimeError(f'The field "{name}" leads nowhere.')
        return linked

    @property
    def held_list(self) -> FieldType | None:
        return self._ids

    def value_expression(self, name: str, row: Row) -> str:
        linked = self._rows(name, row)
        return self._ids.collected(linked.row.column(KEY_COLUMN), linked, linked.order, row.dialect)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return self._ids.decoder(dialect)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return self._ids.comparable(self.value_expression(name, row), row.dialect)

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        return self._ids.filter_value(value, group, dialect)

    def parse_filter(self, value: Any, zone: tzinfo) -> Any:
        return self._element.parse(value, "filter")

    def parse_text(self, text: str) -> Any:
        return text

    def to_text(self, value: Any) -> str:
        return json_text.dump(value).decode()

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(value)

    def display_source(self, name: str, row: Row) -> DisplaySource | None:
        if self._shown is None or self.options.display_field is None:
            return None
        linked, shown = self._rows(name, row), self._shown
        value = shown.element.value_expression(self.options.display_field, linked.row)
        decode = shown.decoder(row.dialect)

        def show(values: Any, zone: tzinfo | None) -> str:
            return shown.display(decode(values) if decode else values, zone)

        return DisplaySource(shown.collected(value, linked, linked.order, row.dialect), show)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "filter":
            return self._element.schema("filter")
        schema: dict[str, Any] = {"type": "array", "items": self._element.schema(mode)}
        return schema if mode == "record" else {**schema, "uniqueItems": True, "maxItems": MAX_LINKS}


class ReverseLinkType(_ToManyType):
    """The records of the related table that point at this one: one-to-many. Only `fields` shows them."""

    names = ("relationship",)
    is_configurable = False
    is_read_only = True
    is_computed = True

    def __init__(
        self, options: RelationshipOptions, element: RelationshipType, shown: FieldType | None, foreign_key: str
    ) -> None:
        super().__init__(options, element, shown)
        self._foreign_key = foreign_key

    @property
    def is_listed(self) -> bool:
        return False

    def unfit(self, *, required: bool) -> Sequence[tuple[str, str]]:
        return [("required", "the other table sets this field, so it cannot be required")] if required else ()

    def linked(self, name: str, row: Row) -> LinkedRows:
        target = row.related(str(self.related_table))
        condition = f"{target.column(self._foreign_key)} = {row.column(KEY_COLUMN)} AND {target.visible}"
        return LinkedRows(target, target.source, condition, target.column(KEY_COLUMN), is_many=True)

    def parse(self, value: Any, mode: Mode) -> Any:
        if mode != "filter":
            raise InvalidValue(Problem("read_only", "The related table sets this field; leave it out."))
        return self._element.parse(value, mode)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return super().schema(mode) if mode == "filter" else {**super().schema("record"), "readOnly": True}


def _link_table(options: RelationshipOptions, scope: Scope, target: TableScope) -> LinkTable:
    """Return the table of a many-to-many link, which the reciprocal field, if there is one, shares."""
    own_place = (scope.own.database_name, scope.field_name)
    first = own_place
    if options.reciprocal_field is not None:
        _check_reciprocal(options, scope, target)
        first = min(own_place, (target.database_name, options.reciprocal_field))
    columns = (SOURCE, TARGET) if first == own_place else (TARGET, SOURCE)
    own = LinkEnd(columns[0], scope.own.database_name, KEY_KINDS[scope.own.key.kind])
    other = LinkEnd(columns[1], target.database_name, KEY_KINDS[target.key.kind])
    return LinkTable(own_name("links", *first), own, other)


def _check_reciprocal(options: RelationshipOptions, scope: Scope, target: TableScope) -> None:
    name = str(options.reciprocal_field)
    other = target.draft(name)
    if other is None:
        target.field(name, "reciprocalField")
        raise Unresolved
    if target.name == scope.own.name and name == scope.field_name:
        raise Unresolved(("reciprocalField", "a field cannot be its own other end"))
    found = getattr(other.options, "reciprocal_field", None)
    if found != scope.field_name:
        other_end = f'the field "{name}" of the table "{target.name}"'
        message = f"{other_end} must be a many-to-many whose reciprocalField is this one"
        raise Unresolved(("reciprocalField", message))


class LinkTableType(_ToManyType):
    """Links in a table of their own: many-to-many. A write replaces the set; the stored form is the keys in order."""

    names = ("relationship",)
    is_configurable = False
    is_stored_apart = True

    def __init__(
        self, options: RelationshipOptions, element: RelationshipType, shown: FieldType | None, link: LinkTable
    ) -> None:
        super().__init__(options, element, shown)
        self.link = link

    @property
    def link_table(self) -> LinkTable:
        return self.link

    def linked(self, name: str, row: Row) -> LinkedRows:
        target = row.related(str(self.related_table))
        alias = row.dialect.quote(f"{target.alias}_link")
        own, other = (f"{alias}.{row.dialect.quote(end.column)}" for end in (self.link.own, self.link.other))
        key = target.column(KEY_COLUMN)
        source = f"{row.dialect.quote(self.link.name)} AS {alias} JOIN {target.source} ON {key} = {other}"
        condition = f"{own} = {row.column(KEY_COLUMN)} AND {target.visible}"
        return LinkedRows(target, source, condition, key, is_many=True)

    def link_ddl(self, dialect: Dialect) -> Sequence[str]:
        return self.link.ddl(dialect)

    def parse(self, value: Any, mode: Mode) -> Any:
        """Read a list of ids; in a filter, one id."""
        if mode == "filter":
            return self._element.parse(value, mode)
        return read_keys(value, lambda item: self._element.parse(item, mode))

    def presenter(self) -> Callable[[Any], Any]:
        return lambda keys: [str(key) for key in sorted(keys)]

    def is_blank(self, value: Any) -> bool:
        return not value

    def from_text(self, text: str) -> Any:
        return read_list_text(text)
