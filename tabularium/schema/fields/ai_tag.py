"""`ai-tag`: several of a list of tags, which a model would choose; here clients do."""

from __future__ import annotations

from pydantic import Field, field_validator

from tabularium.schema.fields.ai_options import NOTICE, PRIVATE, AiOptions
from tabularium.schema.fields.choices import Choice, ChoiceList, check_choices
from tabularium.schema.fields.multi_choice import MultiChoiceType


class AiTagOptions(AiOptions):
    """The options of `ai-tag`."""

    tags: ChoiceList = Field(description="The tags in their order: strings, or mappings with value, label and color.")

    @field_validator("tags")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return check_choices(choices)


class AiTagType(MultiChoiceType):
    """A list of tags."""

    names = ("ai-tag",)
    Options = AiTagOptions
    options: AiTagOptions
    notice = NOTICE
    private_options = PRIVATE

    def __init__(self, options: AiTagOptions) -> None:
        super().__init__(options, options.tags, None)
