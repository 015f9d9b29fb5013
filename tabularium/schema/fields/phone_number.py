"""`phone-number`: kept as sent, compared as the number that it means through a hidden key column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final

import phonenumbers
import sqlalchemy
from pydantic import Field, field_validator

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import (
    FieldOptions,
    FieldType,
    Group,
    InvalidValue,
    Mode,
    Problem,
    Row,
    SchemaMode,
)
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.email import key_column
from tabularium.schema.fields.option_types import refuse
from tabularium.schema.fields.storage import stored_column

_LONGEST: Final = 40
# The library finds a number within any text; here the text is to be one, and nothing beside it.
_WRITTEN: Final = rf"\+?[0-9() ./-]{{2,{_LONGEST - 1}}}"
_NUMBER: Final = re.compile(_WRITTEN, re.ASCII)


class PhoneNumberOptions(FieldOptions):
    """The options of `phone-number`."""

    country: str | None = Field(
        None, description="The country (two letters of ISO 3166) whose numbers need no `+` and country code."
    )

    @field_validator("country")
    @classmethod
    def _check_country(cls, value: str | None) -> str | None:
        if value is not None and value not in phonenumbers.SUPPORTED_REGIONS:
            refuse('must be a country of ISO 3166, such as "CH"')
        return value


class PhoneNumberType(FieldType):
    """A possible phone number; `+41 44 668 18 00` equals `+41446681800`."""

    names = ("phone-number",)
    Options = PhoneNumberOptions
    options: PhoneNumberOptions
    groups = frozenset({"E", "T"})
    is_sortable = True
    is_uniquable = True
    search_group = True

    def column_names(self, name: str) -> tuple[str, ...]:
        return (name, key_column(name))

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return tuple(stored_column(each, "text", dialect) for each in self.column_names(name))

    def unique_columns(self, name: str) -> tuple[str, ...]:
        return (key_column(name),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (value, None if value is None else self._key(value))

    def presenter(self) -> None:
        return None

    def _read(self, text: str) -> phonenumbers.PhoneNumber | None:
        try:
            number = phonenumbers.parse(text, self.options.country)
        except phonenumbers.NumberParseException:
            return None
        return number if phonenumbers.is_possible_number(number) else None

    def _key(self, text: str) -> str:
        number = self._read(text)
        # A stored number may no longer be possible, once the country has changed; it then equals itself alone.
        return text if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if not _NUMBER.fullmatch(text) or self._read(text) is None:
            form = (
                "with + and the country code"
                if self.options.country is None
                else f"of {self.options.country}, or with +"
            )
            raise InvalidValue(Problem("invalid_phone", f"Must be a phone number {form}, such as +41 44 668 18 00."))
        return text

    def display(self, value: Any, zone: tzinfo | None) -> str:
        number = self._read(value)
        if number is None:
            return str(value)
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return row.column(key_column(name) if group == "E" else name)

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        return self._key(value) if group == "E" else value

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string"} if mode == "record" else {"type": "string", "pattern": f"^{_WRITTEN}$"}
