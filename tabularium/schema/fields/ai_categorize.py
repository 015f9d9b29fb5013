"""`ai-categorize`: one of a list of categories, which a model would choose; here clients do."""

from __future__ import annotations

from pydantic import Field, field_validator

from tabularium.schema.fields.ai_options import NOTICE, PRIVATE, AiOptions
from tabularium.schema.fields.choices import Choice, ChoiceList, check_choices
from tabularium.schema.fields.single_choice import SingleChoiceType


class AiCategorizeOptions(AiOptions):
    """The options of `ai-categorize`."""

    categories: ChoiceList = Field(
        description="The categories in their order: strings, or mappings with value, label and color."
    )

    @field_validator("categories")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return check_choices(choices)


class AiCategorizeType(SingleChoiceType):
    """One of the categories."""

    names = ("ai-categorize",)
    Options = AiCategorizeOptions
    options: AiCategorizeOptions
    notice = NOTICE
    private_options = PRIVATE

    def __init__(self, options: AiCategorizeOptions) -> None:
        super().__init__(options, options.categories)
