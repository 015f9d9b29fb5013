"""`single-select`: one of a list of options."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.choices import Choice, ChoiceList, check_choices
from tabularium.schema.fields.option_types import ChoiceText, refuse
from tabularium.schema.fields.single_choice import SingleChoiceType


class Consequence(FieldOptions):
    """What follows from a value."""

    read_only: Literal[True] = Field(description="Whether only administrators may change the record: always true.")


class LockingRule(FieldOptions):
    """A value that locks the records which have it."""

    when: ChoiceText = Field(description="The stored value that locks a record.")
    then: Consequence = Field(description="What it means: `{readOnly: true}`.")


class SingleSelectOptions(FieldOptions):
    """The options of `single-select`."""

    options: ChoiceList = Field(
        description="The choices in their order: strings, or mappings with value, label and color."
    )
    conditions: Annotated[list[LockingRule], Field(max_length=255)] | None = Field(
        None, description="Values with which only administrators may change a record: `{when, then: {readOnly: true}}`."
    )

    @field_validator("options")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return check_choices(choices)

    @field_validator("conditions")
    @classmethod
    def _check_conditions(cls, rules: list[LockingRule] | None, info: ValidationInfo) -> list[LockingRule] | None:
        known = {choice.value for choice in info.data.get("options", ())}
        for place, rule in enumerate(rules or ()):
            if known and rule.when not in known:
                refuse(f"must name options: item {place} has another value")
        return rules


class SingleSelectType(SingleChoiceType):
    """One of the configured values."""

    names = ("single-select",)
    Options = SingleSelectOptions
    options: SingleSelectOptions

    def __init__(self, options: SingleSelectOptions) -> None:
        super().__init__(options, options.options)
        self._locking = frozenset(rule.when for rule in options.conditions or ())

    def locks(self, value: Any) -> bool:
        return value in self._locking
