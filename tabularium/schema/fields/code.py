"""`code`: the source text of a program."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.characters import TEXT_PATTERN, text_problem
from tabularium.schema.fields.long_text import LONGEST
from tabularium.schema.fields.plain_text import PlainTextType


class CodeOptions(FieldOptions):
    """The options of `code`."""

    language: Annotated[str, Field(min_length=1, max_length=50)] = Field(
        description="The language of the text, for clients that color it."
    )
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = Field(
        LONGEST, description="The greatest number of characters."
    )

    @property
    def min_length(self) -> int:
        """The least number of characters, which cannot be configured."""
        return 0


class CodeType(PlainTextType):
    """Text of any language, kept as sent."""

    names = ("code",)
    Options = CodeOptions
    options: CodeOptions  # type: ignore[assignment]  # it has the lengths that plain text needs
    groups = frozenset({"E", "T"})
    is_sortable = False
    character_problem = staticmethod(text_problem)
    pattern = TEXT_PATTERN
