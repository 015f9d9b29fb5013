"""Lists of options, as several types have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from tabularium.schema.fields.base import FieldOptions
from tabularium.schema.fields.option_types import ChoiceText, read_choice_text, refuse

# A message must stay short whatever the list.
_MAX_SHOWN: Final = 50


class Choice(FieldOptions):
    """One option; a bare string stands for its value."""

    value: ChoiceText = Field(description="What is stored and sent.")
    label: ChoiceText | None = Field(None, description="What people read; the value if it is left out.")
    color: ChoiceText | None = Field(None, description="A color for clients; it has no effect on data.")
    renamed_from: ChoiceText | None = Field(
        None, description="The value that this one takes the place of, in all records that hold it."
    )


def _read_choice(item: Any) -> Any:
    if isinstance(item, str):
        return Choice(value=read_choice_text(item))
    if not isinstance(item, (dict, Choice)):
        refuse("must be text, or a mapping with value, label and color")
    return item


def _read_list(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        refuse("must be a list")
    return tuple(value)


ChoiceList = Annotated[tuple[Annotated[Choice, BeforeValidator(_read_choice)], ...], BeforeValidator(_read_list)]
"""The choices in their order: strings, or mappings with value, label and color."""


def check_choices(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the choices if there are any and no two have one value; for use inside a validator."""
    if not choices:
        refuse("must hold at least one option")
    seen: set[str] = set()
    for place, choice in enumerate(choices):
        if choice.value in seen:
            refuse(f"must hold different values: item {place} repeats an earlier one")
        seen.add(choice.value)
    former: set[str] = set()
    for place, choice in enumerate(choices):
        if choice.renamed_from in seen or choice.renamed_from in former:
            refuse(f"item {place} has a renamedFrom that is an option itself, or that of another one")
        former |= set() if choice.renamed_from is None else {choice.renamed_from}
    return choices


def renamed_values(choices: Sequence[Choice]) -> dict[str, str]:
    """Return the values that take the place of former ones, by these."""
    return {choice.renamed_from: choice.value for choice in choices if choice.renamed_from is not None}


def shown_values(values: Sequence[str]) -> str:
    """Return the values for a message."""
    shown = ", ".join(f'"{value}"' for value in values[:_MAX_SHOWN])
    surplus = len(values) - _MAX_SHOWN
    return shown if surplus <= 0 else f"{shown} and {surplus} more"


def labels_of(choices: Sequence[Choice]) -> dict[str, str]:
    """Return what people read, by value."""
    return {choice.value: choice.label or choice.value for choice in choices}
