"""The exact sum or average of a number field over several records, in the form of that field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.number_keys import key_number
from tabularium.schema.fields.any_number import AnyNumberType
from tabularium.schema.fields.base import FieldType, Mode, SchemaMode

_DIGITS: Final = r"^-?[0-9]+(?:\.[0-9]+)?$"


class ExactSumType(AnyNumberType):
    """A number as `AnyNumberType` holds it, which goes out as `source` would write it."""

    def __init__(self, source: FieldType, *, is_average: bool) -> None:
        super().__init__()
        self._source = source
        self._is_average = is_average

    def read_expression(self, column: str, dialect: Dialect) -> str:
        if dialect is SQLITE:
            return column
        if isinstance(self._present(Decimal(0)), str):
            return (
                f"trim_scale({column})::text" if self._is_average else f"round({column}, {self._source.places})::text"
            )
        return f"trim_scale({column})"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect is SQLITE:
            return lambda key: self._present(key_number(key))
        return lambda text: self._present(Decimal(text))

    def _present(self, number: Decimal) -> Any:
        return self._source.present_number(number, is_average=self._is_average)

    def parse(self, value: Any, mode: Mode) -> Any:
        """Read a number, or the digits of one where the field's own values are text."""
        if isinstance(value, str) and self._is_text:
            value = super().parse_text(value)
        return super().parse(value, mode)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return self._source.display(value, zone)

    def present_number(self, number: Decimal, *, is_average: bool) -> Any:
        return self._source.present_number(number, is_average=is_average or self._is_average)

    @property
    def _is_text(self) -> bool:
        """Whether the field's own values travel as text."""
        return isinstance(self._present(Decimal(0)), str)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if not self._is_text:
            return {"type": "number"}
        return {"type": ["string", "number"] if mode == "filter" else "string", "pattern": _DIGITS}
