"""`progress`: how much of something is done, in percent."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from pydantic import Field

from tabularium.schema.fields.base import FieldOptions, display_json
from tabularium.schema.fields.option_types import ChoiceText
from tabularium.schema.fields.small_number import SmallNumberType


class ProgressOptions(FieldOptions):
    """The options of `progress`."""

    color: ChoiceText | None = Field(None, description="A color for clients; it has no effect on data.")


class ProgressType(SmallNumberType):
    """A whole number from 0 to 100. A required one begins at 0 unless the file says otherwise."""

    names = ("progress",)
    Options = ProgressOptions
    options: ProgressOptions
    default_if_required = 0

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, 100

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return f"{display_json(value)}%"
