"""`status`: where something stands, one of a list of options."""

from __future__ import annotations

from pydantic import Field, field_validator

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.choices import Choice, ChoiceList, check_choices
from tabularium.schema.fields.single_choice import SingleChoiceType


class StatusOptions(FieldOptions):
    """The options of `status`."""

    options: ChoiceList = Field(
        description="The choices in their order: strings, or mappings with value, label and color."
    )

    @field_validator("options")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return check_choices(choices)


class StatusType(SingleChoiceType):
    """One of the configured states."""

    names = ("status",)
    Options = StatusOptions
    options: StatusOptions

    def __init__(self, options: StatusOptions) -> None:
        super().__init__(options, options.options)
