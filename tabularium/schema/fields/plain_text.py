"""What the types of plain text share: kept as sent, lengths in characters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import is_blank_text, read_text, visible_pattern
from tabularium.schema.fields.storage import stored_column


class LengthOptions(FieldOptions):
    """The options that a type of plain text must have."""

    min_length: int
    max_length: int


class PlainTextType(FieldType):
    """Text whose JSON, stored and driver forms are the same. A subclass says which characters it admits."""

    options: LengthOptions
    is_sortable = True
    search_group = True
    pattern: ClassVar[str]
    """The JSON Schema pattern of the characters that `character_problem` admits."""

    @staticmethod
    @abstractmethod
    def character_problem(text: str) -> Problem | None:
        """Return what is wrong with the characters of the text, or `None`."""

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return 4 * self.options.max_length  # UTF-8

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        character = self.character_problem(text)
        length = None if mode == "filter" else self._length_problem(text)
        if character or length:
            raise InvalidValue(*(problem for problem in (character, length) if problem))
        return text

    def parse_column(self, values: list[Any]) -> list[Any]:
        if set(map(type, values)) != {str}:
            raise InvalidValue
        lengths = set(map(len, values))
        is_long_enough = min(lengths) >= self.options.min_length
        if not is_long_enough or max(lengths) > self.options.max_length or self.character_problem("".join(values)):
            raise InvalidValue
        return values

    def _length_problem(self, text: str) -> Problem | None:
        if len(text) < self.options.min_length:
            return Problem("too_short", f"Must have at least {self.options.min_length} characters.")
        if len(text) > self.options.max_length:
            return Problem("too_long", f"Must have at most {self.options.max_length} characters.")
        return None

    def is_blank(self, value: Any) -> bool:
        return is_blank_text(value)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string"}
        if mode != "record":
            schema["pattern"] = self.pattern
        if mode in ("create", "update"):
            schema |= {"minLength": self.options.min_length, "maxLength": self.options.max_length}
        return schema

    def required_schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema = self.schema(mode)
        if mode in ("create", "update"):
            schema |= {"minLength": max(1, self.options.min_length), "pattern": visible_pattern(self.pattern)}
        return schema
