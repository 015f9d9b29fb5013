"""`multi-select`: several of a list of options."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.choices import Choice, ChoiceList, check_choices
from tabularium.schema.fields.multi_choice import MultiChoiceType
from tabularium.schema.fields.option_types import refuse


class MultiSelectOptions(FieldOptions):
    """The options of `multi-select`."""

    options: ChoiceList = Field(
        description="The choices in their order: strings, or mappings with value, label and color."
    )
    max_selections: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The greatest number of items; as many as there are options if it is left out."
    )

    @field_validator("options")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return check_choices(choices)

    @field_validator("max_selections")
    @classmethod
    def _check_most(cls, value: int | None, info: ValidationInfo) -> int | None:
        choices = info.data.get("options")
        if value is not None and choices and value > len(choices):
            refuse(f"must not be more than the number of options ({len(choices)})")
        return value


class MultiSelectType(MultiChoiceType):
    """A list of configured values."""

    names = ("multi-select",)
    Options = MultiSelectOptions
    options: MultiSelectOptions

    def __init__(self, options: MultiSelectOptions) -> None:
        super().__init__(options, options.options, options.max_selections)
