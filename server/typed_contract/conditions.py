"""The conditions that a filter may set on a field, as JSON Schema: which operators it takes, with which values.

Fields that take the same share their schemas, named by their type (`EmailCondition`, `EmailOperators`), whatever their
tables; without that, filters would be most of the document. Only a field that lists its values has its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from server.typed_contract.caller_table import CallerTable
from server.typed_contract.names import TakenNames, pascal_case
from server.typed_contract.values import JsonSchema, closed_object, nullable
from tabularium.query.operators import Operator, Takes, operator_for, operators_of
from tabularium.query.parse import MAX_LIST
from tabularium.query.relative_dates import MOST_DAYS
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.characters import TEXT_PATTERN
from tabularium.schema.model import Field

CONDITION: Final = "Condition"
OPERATORS: Final = "Operators"
ENDINGS: Final = (CONDITION, OPERATORS)

_TEXT: Final[JsonSchema] = {"type": "string", "minLength": 1, "pattern": TEXT_PATTERN}
_OPERANDS: Final[Mapping[Takes, Callable[[JsonSchema], JsonSchema]]] = {
    "one": lambda value: value,
    "pair": lambda value: {"type": "array", "minItems": 2, "maxItems": 2, "items": value},
    "list": lambda value: {"type": "array", "maxItems": MAX_LIST, "items": nullable(value)},
    "text": lambda _: dict(_TEXT),
    "items": lambda value: {"type": "array", "maxItems": MAX_LIST, "items": value},
    "item": lambda value: value,
    "days": lambda _: {"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
}
"""What an operator is given, from the schema of one value. One that takes nothing is not here."""


class SharedConditions:
    """The names of the conditions that several fields share."""

    def __init__(self, tables: Iterable[CallerTable], taken: TakenNames) -> None:
        self._prefixes: dict[str, str] = {}
        self.fields: dict[str, Field] = {}
        """By the beginning of their schemas' names: one of the fields that share them."""
        for table in tables:
            # The columns of every table go first, so that what a table declares makes no difference to their names.
            for field in (*system_fields(table.table).values(), *table.named):
                kind = _kind_of(field)
                if not has_own_condition(field) and kind not in self._prefixes:
                    prefix = taken.take_prefix(pascal_case(field.type.names[0]), ENDINGS)
                    self._prefixes[kind], self.fields[prefix] = prefix, field

    def prefix(self, field: Field) -> str:
        """Return how the names of the field's schemas begin."""
        return self._prefixes[_kind_of(field)]


def has_own_condition(field: Field) -> bool:
    """Say whether the field shares its conditions with no other: those whose values are listed."""
    return "enum" in field.type.schema("filter")


def condition_schemas(field: Field, operators: JsonSchema) -> dict[str, JsonSchema]:
    """Return the two schemas of a field by ending. `operators` is a reference to the second."""
    value, names = field.type.schema("filter"), operators_of(field.type.groups)
    forms = [nullable(value) if "equals" in names else {"type": "null"}]
    if "in" in names:
        forms.append(_OPERANDS["list"](value))
    operands = {operator.name: _operand(operator, field) for operator in _operators(field)}
    return {
        CONDITION: {
            "description": "A value, null, a list of values, or values by operator.",
            "anyOf": [*forms, operators],
        },
        OPERATORS: closed_object(operands, description="Values by operator. All of it must hold."),
    }


def _kind_of(field: Field) -> str:
    return json.dumps([operators_of(field.type.groups), field.type.schema("filter")], sort_keys=True)


def _operators(field: Field) -> Iterator[Operator]:
    for name in operators_of(field.type.groups):
        found = operator_for(name, field.type.groups)
        if found is not None:
            yield found[0]


def _operand(operator: Operator, field: Field) -> JsonSchema:
    if operator.takes == "nothing":
        return {"type": "boolean", "const": True}
    operand = _OPERANDS[operator.takes](field.type.schema("filter"))
    return nullable(operand) if operator.null and operator.takes == "one" else operand
