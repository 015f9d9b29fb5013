"""The options of every type: what they take by default, and what they refuse with which words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tabularium.schema.fields.registry import FIELD_TYPES

LINK: Mapping[str, Any] = {"relatedTable": "people"}

REFUSED: list[tuple[str, dict[str, Any], tuple[Any, ...], str]] = [
    ("single-line-text", {"maxLength": 0}, ("maxLength",), "greater than or equal to 1"),
    ("single-line-text", {"maxLength": 256}, ("maxLength",), "less than or equal to 255"),
    ("single-line-text", {"maxLength": "10"}, ("maxLength",), "valid integer"),
    ("single-line-text", {"maxLength": True}, ("maxLength",), "valid integer"),
    ("single-line-text", {"minLength": -1}, ("minLength",), "greater than or equal to 0"),
    ("single-line-text", {"minLength": 5, "maxLength": 4}, ("maxLength",), 'must not be less than "minLength"'),
    ("single-line-text", {"max_length": 4}, ("max_length",), "not permitted"),
    ("long-text", {"maxLength": 1_000_001}, ("maxLength",), "less than or equal to 1000000"),
    ("long-text", {"minLength": 5, "maxLength": 4}, ("maxLength",), 'must not be less than "minLength"'),
    ("email", {"maxLength": 4}, ("maxLength",), "not permitted"),
    ("url", {"minLength": 4}, ("minLength",), "not permitted"),
    ("checkbox", {"label": "x"}, ("label",), "not permitted"),
    ("integer", {"min": Decimal("1.5")}, ("min",), "valid integer"),
    ("integer", {"max": 2**63}, ("max",), "less than or equal to 9223372036854775807"),
    ("integer", {"min": -(2**63) - 1}, ("min",), "greater than or equal to -9223372036854775808"),
    ("integer", {"min": 2, "max": 1}, ("max",), 'must not be less than "min"'),
    ("decimal", {"precision": 11}, ("precision",), "less than or equal to 10"),
    ("decimal", {"precision": -1}, ("precision",), "greater than or equal to 0"),
    ("decimal", {"min": "1"}, ("min",), "must be a number"),
    ("decimal", {"min": True}, ("min",), "must be a number"),
    ("decimal", {"max": float("inf")}, ("max",), "at most 18 digits"),
    ("decimal", {"max": Decimal("1e999999999")}, ("max",), "at most 18 digits"),
    ("decimal", {"min": Decimal("0.2"), "max": 0.1}, ("max",), 'must not be less than "min"'),
    ("single-select", {}, ("options",), "required"),
    ("single-select", {"options": []}, ("options",), "must hold at least one option"),
    ("single-select", {"options": "a"}, ("options",), "must be a list"),
    ("single-select", {"options": ["a", "b", "a"]}, ("options",), "item 2 repeats an earlier one"),
    ("single-select", {"options": ["a", {"value": "a"}]}, ("options",), "item 1 repeats an earlier one"),
    ("single-select", {"options": [1]}, ("options", 0), "must be text, or a mapping"),
    ("single-select", {"options": ["a", ""]}, ("options", 1), "must have 1 to 255 characters"),
    ("single-select", {"options": ["x" * 256]}, ("options", 0), "must have 1 to 255 characters"),
    ("single-select", {"options": ["a\nb"]}, ("options", 0), "must be a single line"),
    ("single-select", {"options": ["a\x00"]}, ("options", 0), "must be a single line"),
    ("single-select", {"options": [{"label": "A"}]}, ("options", 0, "value"), "required"),
    ("single-select", {"options": [{"value": 1}]}, ("options", 0, "value"), "must be text"),
    ("single-select", {"options": [{"value": "a", "colour": "red"}]}, ("options", 0, "colour"), "not permitted"),
    ("single-select", {"options": [{"value": "a", "label": ""}]}, ("options", 0, "label"), "1 to 255"),
    ("single-select", {"options": [{"value": "a", "renamedFrom": "b"}, "b"]}, ("options",), "an option itself"),
    ("status", {"options": [{"value": "a", "renamedFrom": "a"}]}, ("options",), "item 0 has a renamedFrom"),
    (
        "multi-select",
        {"options": [{"value": "a", "renamedFrom": "c"}, {"value": "b", "renamedFrom": "c"}]},
        ("options",),
        "that of another one",
    ),
    ("multi-select", {"options": [{"value": "a", "renamedFrom": 1}]}, ("options", 0, "renamedFrom"), "must be text"),
    (
        "single-select",
        {"options": ["a"], "conditions": [{"when": "b", "then": {"readOnly": True}}]},
        ("conditions",),
        "item 0",
    ),
    ("currency", {}, ("currency",), "required"),
    ("currency", {"currency": "eur"}, ("currency",), "ISO 4217"),
    ("currency", {"currency": "EUR", "symbolPosition": "left"}, ("symbolPosition",), "'before' or 'after'"),
    ("percentage", {"min": 2, "max": 1}, ("max",), 'must not be less than "min"'),
    ("currency", {"currency": "EUR", "negativeFormat": "red"}, ("negativeFormat",), "'minus' or 'parentheses'"),
    ("currency", {"currency": "EUR", "thousandsSeparator": ","}, ("thousandsSeparator",), "'comma', 'period'"),
    ("currency", {"currency": "EUR", "precision": 11}, ("precision",), "less than or equal to 10"),
    ("currency", {"currency": "EUR", "min": Decimal("0.2"), "max": 0.1}, ("max",), 'must not be less than "min"'),
    ("percentage", {"precision": -1}, ("precision",), "greater than or equal to 0"),
    ("number", {"precision": 11}, ("precision",), "less than or equal to 10"),
    ("number", {"max": "1"}, ("max",), "must be a number"),
    ("rating", {"max": 0}, ("max",), "greater than or equal to 1"),
    ("rating", {"min": 1}, ("min",), "not permitted"),
    ("progress", {"max": 50}, ("max",), "not permitted"),
    ("progress", {"color": ""}, ("color",), "1 to 255"),
    ("duration", {"min": Decimal("0.5")}, ("min",), "valid integer"),
    ("duration", {"format": "h:mm", "displayFormat": "h:mm"}, ("format",), "not permitted"),
    ("time", {"timeZone": "UTC"}, ("timeZone",), "not permitted"),
    ("deleted-at", {"timeZone": "UTC"}, ("timeZone",), "not permitted"),
    ("rating", {"max": 11}, ("max",), "less than or equal to 10"),
    ("duration", {"displayFormat": "mm"}, ("displayFormat",), "'h:mm'"),
    ("duration", {"max": -1}, ("max",), 'must not be less than "min"'),
    ("time", {"timeFormat": "24"}, ("timeFormat",), "'12-hour' or '24-hour'"),
    ("rich-text", {"maxLength": 0}, ("maxLength",), "greater than or equal to 1"),
    ("phone-number", {"country": "ch"}, ("country",), "ISO 3166"),
    ("code", {}, ("language",), "required"),
    ("code", {"language": "c", "minLength": 1}, ("minLength",), "not permitted"),
    ("barcode", {"format": "QR"}, ("format",), "'EAN-13'"),
    ("status", {"options": []}, ("options",), "must hold at least one option"),
    ("multi-select", {"options": ["a"], "maxSelections": 2}, ("maxSelections",), "the number of options (1)"),
    ("array", {"itemType": "array"}, ("itemType",), "'text'"),
    ("array", {"maxItems": 1001}, ("maxItems",), "less than or equal to 1000"),
    ("json", {"schema": {"type": "nonsense"}}, ("schema",), "JSON Schema of 2020-12"),
    ("json", {"schema": {"$ref": "https://example.com/x.json"}}, ("schema",), "refers to nothing outside"),
    ("single-attachment", {"allowedFileTypes": ["png"]}, ("allowedFileTypes",), "media types"),
    ("multiple-attachments", {"maxFiles": 101}, ("maxFiles",), "less than or equal to 100"),
    ("button", {}, ("label",), "required"),
    ("ai-tag", {"options": ["a"], "tags": ["a"]}, ("options",), "not permitted"),
    ("date", {"dateFormat": "iso"}, ("dateFormat",), "'US', 'European' or 'ISO'"),
    ("date", {"timeZone": "Mars/Base"}, ("timeZone",), "IANA time zone"),
    ("date", {"timezone": "../etc/passwd"}, ("timezone",), "IANA time zone"),
    ("date", {"timeZone": "UTC", "timezone": "UTC"}, ("timezone",), "not permitted"),
    ("date", {"includeTime": "true"}, ("includeTime",), "valid boolean"),
    ("date", {"timeFormat": "12-hour"}, ("timeFormat",), 'needs "includeTime: true"'),
    ("datetime", {"timeFormat": "24"}, ("timeFormat",), "'12-hour' or '24-hour'"),
    ("datetime", {"timeZone": ""}, ("timeZone",), "IANA time zone"),
    ("datetime", {"timezone": "localtime"}, ("timezone",), "IANA time zone"),
    ("datetime", {"includeTime": True}, ("includeTime",), "not permitted"),
    ("created-at", {"timeZone": "UTC"}, ("timeZone",), "not permitted"),
    ("updated-at", {"dateFormat": "US"}, ("dateFormat",), "not permitted"),
    ("relationship", {}, ("relatedTable",), "required"),
    ("relationship", {"relatedTable": True}, ("relatedTable",), "valid string"),
    ("relationship", {**LINK, "relationType": "many"}, ("relationType",), "'many-to-one'"),
    ("relationship", {**LINK, "relatedField": "name"}, ("relatedField",), "'id'"),
    ("relationship", {**LINK, "onUpdate": "explode"}, ("onUpdate",), "'cascade'"),
    ("relationship", {**LINK, "onDelete": "explode"}, ("onDelete",), "'set-null'"),
    ("relationship", {**LINK, "foreignKey": "a"}, (), '"foreignKey" goes with relationType one-to-many'),
    ("relationship", {**LINK, "reciprocalField": "a"}, (), '"reciprocalField" goes with relationType many-to-many'),
    ("relationship", {**LINK, "allowMultiple": True}, (), '"allowMultiple" goes with relationType many-to-many'),
    ("relationship", {**LINK, "relationType": "one-to-many"}, (), 'needs "foreignKey"'),
    ("relationship", {**LINK, "relationType": "many-to-many", "onDelete": "cascade"}, (), "links to one record only"),
]


@pytest.mark.parametrize(("name", "options", "place", "message"), REFUSED)
def test_an_unfit_option_is_refused_at_its_own_key(
    name: str, options: dict[str, Any], place: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        FIELD_TYPES[name].Options.model_validate(options)
    (error,) = caught.value.errors()
    assert error["loc"] == place
    assert message in error["msg"]


def test_every_unfit_option_is_reported_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        FIELD_TYPES["decimal"].Options.model_validate({"precision": 12, "min": "a", "surplus": 1})
    assert {error["loc"] for error in caught.value.errors()} == {("precision",), ("min",), ("surplus",)}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("single-line-text", {"minLength": 0, "maxLength": 255}),
        ("long-text", {"minLength": 1_000_000, "maxLength": 1_000_000}),
        ("integer", {"min": -(2**63), "max": 2**63 - 1}),
        ("integer", {"min": 5, "max": 5}),
        ("decimal", {"precision": 10, "min": Decimal("-0.5"), "max": 0.5}),
        ("single-select", {"options": ["a", {"value": "b", "label": "a", "color": "red"}]}),
        (
            "currency",
            {
                "currency": "XAD",
                "precision": 0,
                "symbolPosition": "after",
                "negativeFormat": "parentheses",
                "thousandsSeparator": "none",
                "min": -1,
                "max": -1,
            },
        ),
        ("percentage", {"precision": 10, "min": 0, "max": 100}),
        ("number", {"precision": 0}),
        ("rating", {"max": 1}),
        ("progress", {"color": "#00ff00"}),
        ("duration", {"displayFormat": "decimal", "min": -1, "max": 2**63 - 1}),
        ("duration", {"format": "h:mm:ss"}),
        ("time", {"timeFormat": "12-hour"}),
        ("date", {"dateFormat": "ISO", "timeZone": "Europe/Zurich"}),
        ("date", {"timeFormat": "12-hour", "includeTime": True}),
        ("datetime", {"dateFormat": "European", "timeFormat": "12-hour", "timezone": "America/New_York"}),
        ("relationship", {"relatedTable": "people", "relationType": "many-to-one", "displayField": "name"}),
        ("relationship", {"relatedTable": 3, "relatedField": "id", "onUpdate": "cascade"}),
    ],
)
def test_fit_options_are_taken(name: str, options: dict[str, Any]) -> None:
    made = FIELD_TYPES[name](FIELD_TYPES[name].Options.model_validate(options))
    assert made.options.model_fields_set


def test_a_number_of_the_file_keeps_its_digits() -> None:
    options = FIELD_TYPES["decimal"].Options.model_validate({"min": 0.1, "max": Decimal("0.1000000000000000055")})
    assert options.model_dump() == {"precision": 2, "min": Decimal("0.1"), "max": Decimal("0.1000000000000000055")}
