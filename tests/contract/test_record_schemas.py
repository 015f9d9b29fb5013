"""What the schemas of records accept, and where they say that a body is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator as SecondOpinion
from jsonschema_rs import Draft202012Validator

ACCEPTED: list[tuple[str, object]] = [
    ("RecordCreate", {}),
    ("RecordCreate", {"name": "Ada", "tags": [1, {"deep": None}]}),
    ("RecordCreate", {"fields": {}}),
    ("RecordCreate", {"fields": {"name": None}}),
    ("RecordUpdate", {}),
    ("RecordUpdate", {"name": None}),
    ("RecordUpdate", {"fields": {"name": "Ada"}}),
    ("RecordUpdate", {"fields": {}, "updatedAt": "2026-03-02T10:30:00.125Z"}),
    ("RecordUpdate", {"name": "Ada", "updatedAt": "2026-03-02T12:30:00.125+02:00"}),
    ("FieldValues", {f"f{number}": 1 for number in range(501)}),
]

REFUSED: list[tuple[str, object, str]] = [
    ("RecordCreate", [], ""),
    ("RecordCreate", None, ""),
    ("RecordCreate", {"fields": None}, "fields"),
    ("RecordCreate", {"fields": [1]}, "fields"),
    ("RecordCreate", {"fields": {}, "name": "Ada"}, ""),
    ("RecordCreate", {"fields": {}, "updatedAt": "2026-03-02T10:30:00.125Z"}, ""),
    ("RecordUpdate", {"fields": {}, "name": "Ada"}, ""),
    ("RecordUpdate", {"fields": {}, "updatedAt": 7}, "updatedAt"),
    ("RecordUpdate", {"updatedAt": "yesterday"}, "updatedAt"),
    ("RecordUpdate", {"updatedAt": "2026-03-02T10:30:00"}, "updatedAt"),
    ("RecordUpdate", {"updatedAt": None}, "updatedAt"),
    ("RecordUpdate", "text", ""),
    ("FieldValues", {f"f{number}": 1 for number in range(502)}, ""),
]


def component(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


@pytest.mark.parametrize(("name", "body"), ACCEPTED)
def test_a_good_body_is_accepted(document: dict[str, Any], name: str, body: object) -> None:
    schema = component(document, name)
    assert Draft202012Validator(schema, validate_formats=True).is_valid(body)
    assert SecondOpinion(schema).is_valid(body)


@pytest.mark.parametrize(("name", "body", "path"), REFUSED)
def test_a_bad_body_has_one_error_at_its_place(document: dict[str, Any], name: str, body: object, path: str) -> None:
    errors = list(Draft202012Validator(component(document, name), validate_formats=True).iter_errors(body))
    assert [".".join(str(step) for step in error.instance_path) for error in errors] == [path]


@pytest.mark.parametrize("name", ["Sort", "Filter"])
def test_a_text_with_a_nul_is_refused(document: dict[str, Any], name: str) -> None:
    validator = Draft202012Validator(document["components"]["parameters"][name]["schema"])
    assert validator.is_valid("name:ümlaut\n'\"%")
    assert not validator.is_valid("name:\0")


def test_offset_and_page_of_the_last_page_are_integers_that_any_client_holds(document: dict[str, Any]) -> None:
    parameters = document["components"]["parameters"]
    last_page, largest = parameters["Page"]["schema"]["maximum"], parameters["Limit"]["schema"]["maximum"]
    assert last_page * largest <= parameters["Offset"]["schema"]["maximum"] == 2**53 - 2
