"""`duration`: how long something takes, in whole seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import AliasChoices, Field, ValidationInfo, field_validator

from tabularium.db.arithmetic import round_half_away
from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.integer import Bound, IntegerType
from tabularium.schema.fields.option_types import not_below

_HOUR: Final = 3600


def _hours_and_minutes(seconds: int) -> str:
    return f"{seconds // _HOUR}:{seconds % _HOUR // 60:02}"


def _with_seconds(seconds: int) -> str:
    return f"{_hours_and_minutes(seconds)}:{seconds % 60:02}"


def _hours(seconds: int) -> str:
    return round_half_away(str(Decimal(seconds) / _HOUR), "2") or ""


_FORMATS: Final[Mapping[str, Callable[[int], str]]] = {
    "h:mm": _hours_and_minutes,
    "h:mm:ss": _with_seconds,
    "decimal": _hours,
}


class DurationOptions(FieldOptions):
    """The options of `duration`."""

    display_format: Literal["h:mm", "h:mm:ss", "decimal"] = Field(
        "h:mm",
        validation_alias=AliasChoices("displayFormat", "format"),
        description="How the time is displayed; `decimal` is hours with up to two decimals.",
    )
    min: Bound = Field(0, description="The least number of seconds.")
    max: Bound = Field(None, description="The greatest number of seconds.")

    @field_validator("max")
    @classmethod
    def _check_order(cls, value: int | None, info: ValidationInfo) -> Any:
        return not_below(value, info, "min", "min")


class DurationType(IntegerType):
    """A whole number of seconds."""

    names = ("duration",)
    Options = DurationOptions  # type: ignore[assignment]  # it has what `IntegerType` asks of its options
    options: DurationOptions  # type: ignore[assignment]
    is_uniquable = False

    def display(self, value: Any, zone: tzinfo | None) -> str:
        # An average of durations has fractions of a second.
        seconds = int(round_half_away(str(value), "0") or 0)
        shown = _FORMATS[self.options.display_format](abs(seconds))
        return f"-{shown}" if seconds < 0 and shown.strip("0:.") else shown
