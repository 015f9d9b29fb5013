"""`single-select`: one of a list of options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import sqlalchemy
from pydantic import BeforeValidator, Field, field_validator

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.option_types import ChoiceText, NotAvailable, read_choice_text, refuse
from tabularium.schema.fields.storage import stored_column

# A message must stay short whatever the list.
_MAX_SHOWN: Final = 50


class Choice(FieldOptions):
    """One option; a bare string stands for its value."""

    value: ChoiceText = Field(description="What is stored and sent.")
    label: ChoiceText | None = Field(None, description="What people read; the value if it is left out.")
    color: ChoiceText | None = Field(None, description="A color for clients; it has no effect on data.")
    renamed_from: NotAvailable = Field(None, description="The former value; comes with a later version.")


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


class SingleSelectOptions(FieldOptions):
    """The options of `single-select`."""

    options: Annotated[tuple[Annotated[Choice, BeforeValidator(_read_choice)], ...], BeforeValidator(_read_list)] = (
        Field(description="The choices in their order: strings, or mappings with value, label and color.")
    )
    conditions: NotAvailable = Field(None, description="Rules that lock records; they come with a later version.")

    @field_validator("options")
    @classmethod
    def _check_choices(cls, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        if not choices:
            refuse("must hold at least one option")
        seen: set[str] = set()
        for place, choice in enumerate(choices):
            if choice.value in seen:
                refuse(f"must hold different values: item {place} repeats an earlier one")
            seen.add(choice.value)
        return choices


class SingleSelectType(FieldType):
    """One of the configured values. It sorts by their order in the file."""

    names = ("single-select",)
    Options = SingleSelectOptions
    options: SingleSelectOptions
    groups = frozenset({"C", "T"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"min", "max"})
    search_group = True

    def __init__(self, options: SingleSelectOptions) -> None:
        super().__init__(options)
        self._values = tuple(choice.value for choice in options.options)
        self._known = frozenset(self._values)

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return max(len(value.encode()) for value in self._values)

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        if text not in self._known:
            raise InvalidValue(Problem("not_an_option", f"Must be one of: {self._shown_values()}."))
        return text

    def _shown_values(self) -> str:
        shown = ", ".join(f'"{value}"' for value in self._values[:_MAX_SHOWN])
        surplus = len(self._values) - _MAX_SHOWN
        return shown if surplus <= 0 else f"{shown} and {surplus} more"

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        places = " ".join(f"WHEN {dialect.literal(value)} THEN {place}" for place, value in enumerate(self._values))
        # Null stays null; a value that is no option any more comes after those that are.
        return f"CASE {column} {places} ELSE CASE WHEN {column} IS NOT NULL THEN {len(self._values)} END END"

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string", "enum": list(self._values)}
