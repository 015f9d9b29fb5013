"""What the types share whose value is one of a list of options."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final, Literal

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.choices import Choice, labels_of, renamed_values, shown_values
from tabularium.schema.fields.storage import stored_column

_PLACE_DIGITS: Final = 9


class SingleChoiceType(FieldType):
    """One of the configured values. It sorts by their order in the file."""

    groups = frozenset({"C", "T"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"min", "max"})
    search_group = True

    def __init__(self, options: FieldOptions, choices: Sequence[Choice]) -> None:
        super().__init__(options)
        self._values = tuple(choice.value for choice in choices)
        self._labels = labels_of(choices)
        self.renamed_values = renamed_values(choices)

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return max(len(value.encode()) for value in self._values)

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if text not in self._labels:
            raise InvalidValue(Problem("not_an_option", f"Must be one of: {shown_values(self._values)}."))
        return text

    def parse_column(self, values: list[Any]) -> list[Any]:
        if set(map(type, values)) != {str} or not self._labels.keys() >= set(values):
            raise InvalidValue
        return values

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return self._labels.get(value, str(value))

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        places = " ".join(f"WHEN {dialect.literal(value)} THEN {place}" for place, value in enumerate(self._values))
        # Null stays null; a value that is no option any more comes after those that are.
        return f"CASE {column} {places} ELSE CASE WHEN {column} IS NOT NULL THEN {len(self._values)} END END"

    def extreme_expression(self, expression: str, aggregate: Literal["min", "max"], dialect: Dialect) -> str:
        # The place with a fixed number of digits ahead of the value makes the order of texts that of the options.
        place = f"({self.sort_expression(expression, dialect)}) + {10**_PLACE_DIGITS}"
        return f"substr({aggregate}(CAST({place} AS TEXT) || {expression}), {_PLACE_DIGITS + 2})"

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string", "enum": list(self._values)}
