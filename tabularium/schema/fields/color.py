"""`color`: a color as `#rrggbb`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.storage import stored_column

_COLOR: Final = "#[0-9A-Fa-f]{6}"
_INVALID: Final = Problem("invalid_color", "Must be a color written #rrggbb, such as #1e90ff.")


class ColorType(FieldType):
    """A color, kept in the case in which it was sent."""

    names = ("color",)
    groups = frozenset({"E"})
    is_sortable = True
    is_uniquable = True

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if not re.fullmatch(_COLOR, text):
            raise InvalidValue(_INVALID)
        return text

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_COLOR}$"}
