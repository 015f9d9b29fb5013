from __future__ import annotations

from typing import Any

import pytest

from server.validators import ValidatorFactory

FILTER = {
    "oneOf": [
        {"$ref": "#/components/schemas/Leaf"},
        {
            "type": "object",
            "properties": {"and": {"type": "array", "items": {"$ref": "#/components/schemas/Filter"}}},
            "required": ["and"],
            "additionalProperties": False,
        },
    ]
}
LEAF = {
    "type": "object",
    "properties": {"field": {"type": "string", "maxLength": 5}, "value": True},
    "required": ["field"],
    "additionalProperties": False,
}
SHAPES = {
    "anyOf": [
        {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}},
        {"type": "object", "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}},
    ]
}
FACTORY = ValidatorFactory({"components": {"schemas": {"Filter": FILTER, "Leaf": LEAF}}})


def explained(schema: Any, value: Any) -> dict[str, tuple[str, str]]:
    validator = FACTORY.compile(schema)
    assert not validator.is_valid(value)
    return {each.field: (each.code, each.message) for each in validator.explain(value)}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "integer"}, "x", ("wrong_type", "Expected an integer.")),
        ({"type": ["string", "null"]}, 1, ("wrong_type", "Expected a text or null.")),
        ({"enum": ["a", 1, None]}, 2, ("invalid_value", 'Allowed: "a", 1 or null.')),
        ({"const": "a"}, 2, ("invalid_value", 'Only "a" is allowed here.')),
        ({"minimum": 3}, 2, ("out_of_range", "The least that is allowed is 3.")),
        ({"maximum": 3}, 4, ("out_of_range", "The most that is allowed is 3.")),
        ({"exclusiveMinimum": 3}, 3, ("out_of_range", "This must be more than 3.")),
        ({"exclusiveMaximum": 3}, 3, ("out_of_range", "This must be less than 3.")),
        ({"multipleOf": 3}, 4, ("out_of_range", "This must be a multiple of 3.")),
        ({"minLength": 2}, "a", ("too_short", "At least 2 characters are needed.")),
        ({"maxLength": 1}, "ab", ("too_long", "At most 1 character is allowed.")),
        ({"minItems": 1}, [], ("required", "At least 1 item is needed.")),
        ({"maxItems": 1}, [1, 2], ("too_many", "At most 1 item is allowed.")),
        ({"minProperties": 1}, {}, ("required", "At least 1 property is needed.")),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, ("too_many", "At most 1 property is allowed.")),
        ({"uniqueItems": True}, [1, 1], ("duplicate", "No item may occur twice.")),
        ({"pattern": "^a$"}, "b", ("invalid_value", "This must match the pattern ^a$ of the contract.")),
        ({"format": "date"}, "b", ("invalid_value", "This is not of the format `date`.")),
        ({"not": {"required": ["a", "b"]}}, {"a": 1, "b": 1}, ("conflicting", "This combination is not allowed.")),
        ({"oneOf": [{"type": "string"}, {"minLength": 0}]}, "x", ("conflicting", "This fits several forms of which")),
        ({"contains": {"const": 1}}, [], ("required", "An item that must be in the list is missing.")),
        ({"prefixItems": [True], "items": False}, [1, 2], ("too_many", "")),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, ("invalid_value", "A name is not allowed here: At most 1")),
    ],
)
def test_each_keyword_has_a_code_and_says_what_is_allowed(schema: Any, value: Any, expected: tuple[str, str]) -> None:
    ((code, message),) = explained(schema, value).values()
    assert code == expected[0]
    assert message.startswith(expected[1])


def test_every_failure_is_reported_at_its_path() -> None:
    schema = {
        "type": "object",
        "properties": {"records": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}}},
        "required": ["records", "name"],
    }
    assert explained(schema, {"records": [{"field": "ok"}, {"field": 5, "x": 1}, {}]}) == {
        "name": ("required", "A value is required here."),
        "records.1.field": ("wrong_type", "Expected a text."),
        "records.1.x": ("unknown_property", 'This is not known here. Allowed: "field" or "value".'),
        "records.2.field": ("required", "A value is required here."),
    }


def test_the_form_that_was_meant_explains_a_failure_of_several() -> None:
    reference = {"$ref": "#/components/schemas/Filter"}
    assert explained(reference, {"and": [{"field": "much too long"}]}) == {
        "and.0.field": ("too_long", "At most 5 characters are allowed.")
    }
    assert explained(reference, {"and": {}}) == {"and": ("wrong_type", "Expected a list.")}
    assert explained(reference, []) == {"": ("wrong_type", "Expected an object.")}
    assert explained(SHAPES, {"kind": "square", "side": "x"}) == {"side": ("wrong_type", "Expected a number.")}


def test_a_branch_that_is_chosen_by_if_explains_itself() -> None:
    schema = {
        "if": {"required": ["fields"]},
        "then": {"properties": {"fields": {"type": "object"}}, "additionalProperties": False},
        "else": {"maxProperties": 1},
    }
    assert explained(schema, {"fields": 1, "x": 1}) == {
        "fields": ("wrong_type", "Expected an object."),
        "x": ("unknown_property", 'This is not known here. Allowed: "fields".'),
    }
    assert explained(schema, {"a": 1, "b": 2})[""][0] == "too_many"


def test_messages_never_hold_what_was_sent() -> None:
    schema = {"properties": {"a": {"type": "integer", "enum": [1]}, "b": {"format": "email"}, "c": {"not": {}}}}
    failures = explained(schema, {"a": "sesame", "b": "sesame", "c": "sesame"})
    assert "sesame" not in str(failures)


def test_an_endless_number_of_failures_is_cut_off() -> None:
    validator = FACTORY.compile({"items": {"type": "string"}})
    assert len(validator.explain([1] * 20_000)) == 10_000
