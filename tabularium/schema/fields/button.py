"""`button`: something to press for clients. Records hold nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy
from pydantic import Field

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode

_Word = Annotated[str, Field(min_length=1, max_length=2048)]


class ButtonOptions(FieldOptions):
    """The options of `button`."""

    label: Annotated[str, Field(min_length=1, max_length=255)] = Field(description="What stands on it.")
    action: _Word | None = Field(None, description="What clients do when it is pressed.")
    url: _Word | None = Field(None, description="Where it leads.")
    automation: _Word | None = Field(None, description="The automation of the wider platform that it starts.")


class ButtonType(FieldType):
    """A description for clients, without a value."""

    names = ("button",)
    Options = ButtonOptions
    options: ButtonOptions
    groups = frozenset()
    is_read_only = True
    has_value = False

    def column_names(self, name: str) -> tuple[str, ...]:
        return ()

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def parse(self, value: Any, mode: Mode) -> Any:
        raise InvalidValue(Problem("read_only", "A button has no value; leave it out."))

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "null"}
