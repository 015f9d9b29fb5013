"""`checkbox`, also called `boolean`: true or false."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.storage import stored_column

_WRONG_TYPE: Final = Problem("wrong_type", "Must be true or false.")
_BY_TEXT: Final[Mapping[str, bool]] = {"true": True, "false": False}


class CheckboxType(FieldType):
    """A boolean; false sorts first."""

    names = ("checkbox", "boolean")
    groups = frozenset({"B"})
    is_sortable = True

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "boolean", dialect),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (int(value) if dialect is SQLITE and value is not None else value,)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return bool if dialect is SQLITE else None

    def presenter(self) -> None:
        return None

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        return f"CASE WHEN {expression} THEN 'true' WHEN NOT {expression} THEN 'false' END"

    def parse(self, value: Any, mode: Mode) -> bool:
        if not isinstance(value, bool):
            raise InvalidValue(_WRONG_TYPE)
        return value

    def parse_column(self, values: list[Any]) -> list[Any]:
        if set(map(type, values)) != {bool}:
            raise InvalidValue
        return values

    def parse_text(self, text: str) -> bool:
        if text not in _BY_TEXT:
            raise InvalidValue(_WRONG_TYPE)
        return _BY_TEXT[text]

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return "Yes" if value else "No"

    def to_text(self, value: Any) -> str:
        return "true" if value else "false"

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "boolean"}
