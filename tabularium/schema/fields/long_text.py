"""`long-text`: text of up to a million characters, line breaks included."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from tabularium.schema.fields.characters import TEXT_PATTERN, text_problem
from tabularium.schema.fields.option_types import not_below
from tabularium.schema.fields.plain_text import LengthOptions, PlainTextType

LONGEST: Final = 1_000_000


class LongTextOptions(LengthOptions):
    """The options of `long-text`."""

    min_length: Annotated[int, Field(ge=0, le=LONGEST)] = Field(0, description="The least number of characters.")
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = Field(
        LONGEST, description="The greatest number of characters."
    )

    @field_validator("max_length")
    @classmethod
    def _check_order(cls, value: int, info: ValidationInfo) -> int:
        return int(not_below(value, info, "min_length", "minLength"))


class LongTextType(PlainTextType):
    """Text of any length that a request can carry, with line breaks."""

    names = ("long-text",)
    Options = LongTextOptions
    groups = frozenset({"E", "T"})
    is_long_text = True
    character_problem = staticmethod(text_problem)
    pattern = TEXT_PATTERN
