"""`time`: a time of day, to the second, without a zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final

import sqlalchemy
from pydantic import Field

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.option_types import TimeFormat
from tabularium.schema.fields.shown_time import shown_time
from tabularium.schema.fields.storage import stored_column

_SENT: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_TIME: Final = re.compile(_SENT, re.ASCII)
_INVALID: Final = Problem("invalid_time", "Must be a time of day, written HH:MM or HH:MM:SS, such as 08:30.")


class TimeOptions(FieldOptions):
    """The options of `time`."""

    time_format: TimeFormat = Field("24-hour", description="How the time of day is displayed.")


class TimeType(FieldType):
    """A time of day. It goes out with seconds."""

    names = ("time",)
    Options = TimeOptions
    options: TimeOptions
    groups = frozenset({"E", "O"})
    is_sortable = True
    aggregates = frozenset({"min", "max"})

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "time", dialect),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE else f"to_char({column}, 'HH24:MI:SS')"

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if not _TIME.fullmatch(text):
            raise InvalidValue(_INVALID)
        return text if len(text) == len("00:00:00") else f"{text}:00"

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return shown_time(int(value[:2]), int(value[3:5]), self.options.time_format)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        written = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
        return {"type": "string", "pattern": written if mode == "record" else f"^{_SENT}$"}
