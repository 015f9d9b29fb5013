"""Several users in one field: ids in a table of links. `user` resolves to this type; the file cannot name it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import sqlalchemy

from tabularium import json_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.identity.tables import USER
from tabularium.schema.fields.base import DisplaySource, FieldOptions, FieldType, Group, Mode, Row, SchemaMode
from tabularium.schema.fields.link_table import MAX_LINKS, LinkTable, read_keys, read_list_text
from tabularium.schema.fields.user_id import CURRENT_USER, USER_KEY, UserIdType, is_user_sql
from tabularium.schema.fields.value_list import ListType
from tabularium.schema.model import KEY_COLUMN


class UserListType(FieldType):
    """Ids of users, in their order. A write replaces the set; who is erased leaves it."""

    names = ("user",)
    is_configurable = False
    is_stored_apart = True
    is_user = True
    groups = frozenset({"A"})

    def __init__(self, options: FieldOptions, link: LinkTable, element: UserIdType) -> None:
        super().__init__(options)
        self.link = link
        self._element = element
        self._ids = ListType(element)

    @property
    def link_table(self) -> LinkTable:
        return self.link

    @property
    def described_type(self) -> str:
        return f"list of {self.names[0]}"

    def link_ddl(self, dialect: Dialect) -> Sequence[str]:
        return self.link.ddl(dialect)

    def column_names(self, name: str) -> tuple[str, ...]:
        return ()

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    @property
    def held_list(self) -> FieldType | None:
        return self._ids

    def value_expression(self, name: str, row: Row) -> str:
        return self._collected(self._other(row), "", row)

    def _other(self, row: Row) -> str:
        return f"{row.dialect.quote('_link')}.{row.dialect.quote(self.link.other.column)}"

    def _collected(self, expression: str, join: str, row: Row) -> str:
        """Return the SQL of a list with one value for each user. Nothing stands within it, so its names are free."""
        quote, other = row.dialect.quote, self._other(row)
        own = f"{quote('_link')}.{quote(self.link.own.column)} = {row.column(KEY_COLUMN)}"
        rows = f"FROM {quote(self.link.name)} AS {quote('_link')}{join} WHERE {own} ORDER BY {other}"
        if row.dialect is SQLITE:
            return f"(SELECT json_group_array(value) FROM (SELECT {expression} AS value {rows}))"
        return f"ARRAY(SELECT {expression} {rows})"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return json.loads if dialect is SQLITE else None

    def parse(self, value: Any, mode: Mode) -> Any:
        """Read a list of ids; in a filter, one id."""
        if mode == "filter":
            return self._element.parse(value, mode)
        return read_keys(value, lambda item: self._element.parse(item, mode))

    def presenter(self) -> Callable[[Any], Any]:
        return sorted

    def is_blank(self, value: Any) -> bool:
        return not value

    def default_value(self, default: Any, now: str, user: str | None = None) -> Any:
        if default == CURRENT_USER:
            return None if user is None else [user]
        return self.parse(default, "default")

    def from_text(self, text: str) -> Any:
        return read_list_text(text)

    def to_text(self, value: Any) -> str:
        return json_text.dump(value).decode()

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(value)

    def display_source(self, name: str, row: Row) -> DisplaySource:
        quote = row.dialect.quote
        user = quote("_user")
        same = is_user_sql(f"{user}.{quote(USER_KEY)}", self._other(row), row.dialect)
        join = f" JOIN {quote(USER.name)} AS {user} ON {same}"
        is_text = row.dialect is SQLITE

        def show(names: Any, _zone: tzinfo | None) -> str:
            return ", ".join(json.loads(names) if is_text else names)

        return DisplaySource(self._collected(f"{user}.{quote('name')}", join, row), show)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return self._ids.comparable(self.value_expression(name, row), row.dialect)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "filter":
            return self._element.schema("filter")
        schema: dict[str, Any] = {"type": "array", "items": self._element.schema(mode)}
        return schema if mode == "record" else {**schema, "uniqueItems": True, "maxItems": MAX_LINKS}
