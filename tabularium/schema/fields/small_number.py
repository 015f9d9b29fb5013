"""What the types of small whole numbers share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.storage import stored_column

_LEAST: Final = -(2**15)
_GREATEST: Final = 2**15 - 1

_WHOLE: Final = IntegerType(IntegerType.Options())


class SmallNumberType(FieldType):
    """A whole number between fixed bounds, in a column of 16 bits."""

    groups = frozenset({"E", "O"})
    is_sortable = True
    aggregates = frozenset({"sum", "avg", "min", "max"})

    @property
    @abstractmethod
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value."""

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "small", dialect),)

    def parse(self, value: Any, mode: Mode) -> int:
        number = _WHOLE.parse(value, mode)
        least, greatest = (_LEAST, _GREATEST) if mode == "filter" else self.bounds
        if not least <= number <= greatest:
            raise InvalidValue(Problem("out_of_range", f"Must be from {least} to {greatest}."))
        return number

    def parse_text(self, text: str) -> Any:
        return _WHOLE.parse_text(text)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode in ("record", "filter"):
            return {"type": "integer"}
        least, greatest = self.bounds
        return {"type": "integer", "minimum": least, "maximum": greatest}
