"""What the types of people share: the id of a user, in a column that the database empties when the user goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.identity.tables import USER
from tabularium.schema.fields.base import DisplaySource, FieldType, InvalidValue, Mode, Problem, Row, SchemaMode
from tabularium.schema.fields.characters import TEXT_PATTERN, read_text, text_problem
from tabularium.schema.fields.storage import stored_column

CURRENT_USER: Final = "CURRENT_USER"
"""The default that stands for the user who creates the record."""

USER_KEY: Final = "id"
MAX_USER_ID: Final = 255
_BYTES_OF_A_CHARACTER: Final = 4

_NOT_FOUND: Final = Problem("not_found", "Must be the id of a user.")
_READ_ONLY: Final = Problem("read_only", "The server sets this field; leave it out.")


def read_user_id(value: Any, mode: Mode) -> str:
    """Return the id if a user may have it, else raise `InvalidValue`. A filter may name ids that nobody has."""
    text = read_text(value)
    is_possible = text_problem(text) is None and (mode == "filter" or 1 <= len(text) <= MAX_USER_ID)
    if not is_possible:
        raise InvalidValue(_NOT_FOUND)
    return text


def user_id_schema(mode: SchemaMode) -> dict[str, Any]:
    """Return the JSON Schema of one id."""
    if mode == "record":
        return {"type": "string"}
    schema = {"type": "string", "pattern": TEXT_PATTERN}
    return schema if mode == "filter" else {**schema, "minLength": 1, "maxLength": MAX_USER_ID}


def is_user_sql(key: str, user_id: str, dialect: Dialect) -> str:
    """Write that `key`, the column of the table of users, is `user_id`, a column of ours.

    The collation of PostgreSQL's index on the keys has to be named, or that index would not be used.
    """
    return f"{key} = {user_id}" if dialect is SQLITE else f'{key} = {user_id} COLLATE "default"'


def show_name(value: Any, _zone: tzinfo | None) -> str:
    """Return a name as it was read."""
    return str(value)


class UserIdType(FieldType):
    """The id of one user. People see the name."""

    groups = frozenset({"E"})
    is_sortable = True
    is_user = True

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return MAX_USER_ID * _BYTES_OF_A_CHARACTER

    def parse(self, value: Any, mode: Mode) -> str:
        return read_user_id(value, mode)

    def display_source(self, name: str, row: Row) -> DisplaySource:
        quote = row.dialect.quote
        alias = quote("_user")
        same = is_user_sql(f"{alias}.{quote(USER_KEY)}", row.column(self.column(name)), row.dialect)
        return DisplaySource(
            f"(SELECT {alias}.{quote('name')} FROM {quote(USER.name)} AS {alias} WHERE {same})", show_name
        )

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return user_id_schema(mode)


class SystemUserType(UserIdType):
    """The user who made a change, kept since the field was declared; null where nobody was signed in."""

    is_read_only = True

    def parse(self, value: Any, mode: Mode) -> str:
        if mode != "filter":
            raise InvalidValue(_READ_ONLY)
        return super().parse(value, mode)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema = super().schema("filter" if mode == "filter" else "record")
        return schema if mode == "filter" else {**schema, "readOnly": True}
