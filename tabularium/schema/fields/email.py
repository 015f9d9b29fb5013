"""`email`: an address, compared without regard to case through a hidden key column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import email_validator
import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.db.fold import fold
from tabularium.db.names import own_name
from tabularium.schema.fields.base import FieldType, Group, InvalidValue, Mode, Problem, Row, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.storage import stored_column

# By this list the library refuses reserved domains such as `example.test`; its documentation lets programs change it.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_LENGTH: Final = 254
_WORD: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?!-)){0,61}(?<!-)"
_ORDINARY: Final = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
"""Addresses that the library takes for certain. It needs some hundred times as long to say so of one, which is most of
what a record with an address costs; whatever else there is, it is asked."""
_INVALID: Final = Problem("invalid_email", f"Must be an email address of at most {MAX_LENGTH} characters.")


def key_column(name: str) -> str:
    """Return the column that holds the comparison key of the field called `name`."""
    return own_name(name, "key")


def read_address(value: Any) -> str:
    """Return the address that a value is, without spaces around it. Raises `InvalidValue`."""
    address = read_text(value).strip()
    # The library measures the address as bytes of the wire, which is never less than its characters.
    if len(address) > MAX_LENGTH:
        raise InvalidValue(_INVALID)
    if _ORDINARY.fullmatch(address):
        return address
    try:
        email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError:
        # The library's reason quotes the address, so it is not passed on.
        raise InvalidValue(_INVALID) from None
    return address


class EmailType(FieldType):
    """An email address, kept as sent but for spaces around it; `Ada@Example.org` equals `ada@example.org`."""

    names = ("email",)
    groups = frozenset({"E", "O", "T"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"min", "max"})
    search_group = True

    def column_names(self, name: str) -> tuple[str, ...]:
        return (name, key_column(name))

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return tuple(stored_column(each, "text", dialect) for each in self.column_names(name))

    def unique_columns(self, name: str) -> tuple[str, ...]:
        return (key_column(name),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (value, None if value is None else fold(value))

    def presenter(self) -> None:
        return None

    @property
    def index_bytes(self) -> int:
        return 4 * MAX_LENGTH  # UTF-8

    def parse(self, value: Any, mode: Mode) -> str:
        return read_address(value)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return row.column(key_column(name) if group == "E" else name)

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        return fold(value) if group == "E" else value

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        # `email` admits ASCII only; addresses may hold other letters.
        schema: dict[str, Any] = {"type": "string", "format": "idn-email"}
        return {**schema, "maxLength": MAX_LENGTH} if mode in ("create", "update") else schema
