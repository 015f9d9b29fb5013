"""`single-line-text`: a line of up to 255 characters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from tabularium.schema.fields.characters import LINE_PATTERN, line_problem
from tabularium.schema.fields.option_types import not_below
from tabularium.schema.fields.plain_text import LengthOptions, PlainTextType


class SingleLineTextOptions(LengthOptions):
    """The options of `single-line-text`."""

    min_length: Annotated[int, Field(ge=0, le=255)] = Field(0, description="The least number of characters.")
    max_length: Annotated[int, Field(ge=1, le=255)] = Field(255, description="The greatest number of characters.")

    @field_validator("max_length")
    @classmethod
    def _check_order(cls, value: int, info: ValidationInfo) -> int:
        return int(not_below(value, info, "min_length", "minLength"))


class SingleLineTextType(PlainTextType):
    """A line of text without control characters."""

    names = ("single-line-text",)
    Options = SingleLineTextOptions
    groups = frozenset({"E", "O", "T"})
    is_uniquable = True
    aggregates = frozenset({"min", "max"})
    character_problem = staticmethod(line_problem)
    pattern = LINE_PATTERN
