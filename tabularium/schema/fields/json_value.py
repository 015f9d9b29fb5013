"""What the types share whose values are stored as JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy

from tabularium import json_text
from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldType, InvalidValue, Problem
from tabularium.schema.fields.storage import stored_column


def read_json(text: str) -> Any:
    """Read JSON text that was stored; its numbers keep their digits."""
    return json.loads(text, parse_float=Decimal)


class JsonStoredType(FieldType):
    """A value that both databases hold as JSON text, written by `json_text`."""

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "json", dialect),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (None if value is None else json_text.dump(value).decode(),)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return read_json

    def presenter(self) -> Callable[[Any], Any] | None:
        return None

    def parse_text(self, text: str) -> Any:
        try:
            return read_json(text)
        except (ValueError, RecursionError, ArithmeticError):
            raise InvalidValue(Problem("wrong_type", "Must be JSON.")) from None

    def to_text(self, value: Any) -> str:
        return json_text.dump(value).decode()
