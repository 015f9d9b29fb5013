"""The filter of one table, as JSON Schema: conditions on its fields, and how they are combined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from server.typed_contract.caller_table import CallerTable
from server.typed_contract.conditions import CONDITION, ENDINGS, OPERATORS, condition_schemas, has_own_condition
from server.typed_contract.names import TakenNames, pascal_case
from server.typed_contract.values import JsonSchema, closed_object
from tabularium.query import operators
from tabularium.query.parse import MAX_LIST

FORM_ENDINGS: Final = ("Filter", "FilterAnd", "FilterOr", "FilterNot", "FilterCondition", "FilterFields")

_ANY_OPERAND: Final[JsonSchema] = {
    "description": "What the operator takes; one such as `isNull` takes nothing, and then `value` is left out.",
    "type": ["string", "number", "boolean", "array", "null"],
    "maxItems": MAX_LIST,
    "items": {"type": ["string", "number", "boolean", "null"]},
}


def own_prefixes(table: CallerTable) -> dict[str, str]:
    """Return how the names of own conditions begin, by field, behind the name of the table: `Stage`."""
    taken = TakenNames(FORM_ENDINGS)
    own = [each.name for each in table.named if has_own_condition(each)]
    return {name: taken.take_prefix(pascal_case(name), ENDINGS) for name in own}


def filter_endings(table: CallerTable) -> tuple[str, ...]:
    """Return the endings of `filter_schemas`."""
    return (*FORM_ENDINGS, *(f"{prefix}{ending}" for prefix in own_prefixes(table).values() for ending in ENDINGS))


def filter_schemas(
    table: CallerTable, refer: Callable[[str], JsonSchema], shared: Mapping[str, JsonSchema]
) -> dict[str, JsonSchema]:
    """Return the schemas of a table's filter by their endings: `Filter` is the root, the others are its parts.

    `refer` turns an ending into a schema that refers to it; `shared` holds such schemas for the fields whose conditions
    are shared.
    """
    own = own_prefixes(table)
    conditions = {
        each.name: refer(f"{own[each.name]}{CONDITION}") if each.name in own else shared[each.name]
        for each in table.named
    }
    node = refer("Filter")
    several = {"type": "array", "items": node}
    forms: dict[str, JsonSchema] = {
        "FilterAnd": _group("and", several, "Records for which all of these hold."),
        "FilterOr": _group("or", several, "Records for which any of these holds."),
        "FilterNot": _group("not", node, "Records that this does not match."),
        "FilterCondition": _condition(table),
        "FilterFields": _shorthand(conditions),
    }
    root = {
        "description": f"Which records of {table.name} to return. At most 10 levels deep, with at most 100 conditions.",
        "anyOf": [refer(ending) for ending in forms],
    }
    return {"Filter": root, **forms, **_own_conditions(table, own, refer)}


def _own_conditions(
    table: CallerTable, prefixes: Mapping[str, str], refer: Callable[[str], JsonSchema]
) -> dict[str, JsonSchema]:
    return {
        f"{prefixes[field.name]}{ending}": schema
        for field in table.named
        if field.name in prefixes
        for ending, schema in condition_schemas(field, refer(f"{prefixes[field.name]}{OPERATORS}")).items()
    }


def _group(word: str, content: JsonSchema, description: str) -> JsonSchema:
    return closed_object({word: content}, [word], description=description)


def _condition(table: CallerTable) -> JsonSchema:
    """Describe `{"field", "operator", "value"}`.

    Which operator goes with which field and value stands in `FilterFields`; here it would take a schema for each.
    """
    taken = {name for each in table.named for name in operators.operators_of(each.type.groups)}
    properties = {
        "field": {"type": "string", "enum": [each.name for each in table.named]},
        "operator": {"type": "string", "enum": [name for name in operators.OPERATORS if name in taken]},
        "value": _ANY_OPERAND,
    }
    return closed_object(properties, ["field", "operator"], description="One condition on one field.")


def _shorthand(conditions: Mapping[str, JsonSchema]) -> JsonSchema:
    schema = closed_object(conditions, description="Conditions by field, which must all hold.")
    if {"field", "operator"} <= conditions.keys():
        # Where fields are called so, the two together make the other form of a condition.
        schema["not"] = {"required": ["field", "operator"]}
    return schema
