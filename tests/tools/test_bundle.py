"""Split files become one document, or an error that says where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bundle import BundleError, bundle

ROOT = 'openapi: 3.1.0\npaths:\n  /things: {$ref: "paths/things.yaml#/things"}\n'
PATHS = 'things:\n  get:\n    responses:\n      "200": {$ref: "../shared/responses.yaml#/Thing"}\n'
RESPONSES = 'Thing:\n  schema: {$ref: "../schemas/things.yaml#/Thing"}\n'
SCHEMAS = (
    'Thing:\n  properties:\n    parent: {$ref: "#/Thing", description: "Its parent."}\n    at: {const: 2026-03-01}\n'
)


def folder(at: Path, **changed: str) -> Path:
    files = {"root": ROOT, "paths": PATHS, "responses": RESPONSES, "schemas": SCHEMAS, **changed}
    names = {
        "root": "openapi.yaml",
        "paths": "paths/things.yaml",
        "responses": "shared/responses.yaml",
        "schemas": "schemas/things.yaml",
    }
    for key, text in files.items():
        path = at / names.get(key, key)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return at


def test_references_to_files_become_components(tmp_path: Path) -> None:
    joined = bundle(folder(tmp_path))
    assert joined.document == {
        "openapi": "3.1.0",
        "paths": {"/things": {"get": {"responses": {"200": {"$ref": "#/components/responses/Thing"}}}}},
        "components": {
            "schemas": {
                "Thing": {
                    "properties": {
                        "parent": {"$ref": "#/components/schemas/Thing", "description": "Its parent."},
                        "at": {"const": "2026-03-01"},
                    }
                }
            },
            "responses": {"Thing": {"schema": {"$ref": "#/components/schemas/Thing"}}},
        },
    }
    assert joined.path_files == {"/things": "paths/things.yaml"}
    assert joined.component_files[("schemas", "Thing")] == "schemas/things.yaml"
    assert joined.unused == ()


def test_the_text_is_the_document(tmp_path: Path) -> None:
    joined = bundle(folder(tmp_path))
    assert json.loads(joined.text()) == joined.document
    assert joined.text() == bundle(tmp_path).text()


def test_what_nothing_refers_to_is_told(tmp_path: Path) -> None:
    joined = bundle(folder(tmp_path, schemas=SCHEMAS + "Other: {type: string}\n"))
    assert joined.unused == ("schemas/things.yaml#/Other",)
    assert "Other" not in joined.document["components"]["schemas"]


@pytest.mark.parametrize("text", ["no", "on", "2026-03-01", "12:30", "0o7", "~", "1_000"])
def test_only_the_types_of_json_exist(tmp_path: Path, text: str) -> None:
    joined = bundle(folder(tmp_path, schemas=f"Thing: {{const: {text}}}\n"))
    assert joined.document["components"]["schemas"]["Thing"]["const"] == text


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("-0.5", -0.5), ("1e3", 1000.0), ("true", True), ("null", None)])
def test_the_types_of_json_are_read(tmp_path: Path, text: str, value: object) -> None:
    joined = bundle(folder(tmp_path, schemas=f"Thing: {{const: {text}}}\n"))
    read = joined.document["components"]["schemas"]["Thing"]["const"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schemas": "Other: {}\n"}, "there is no Thing in schemas/things.yaml"),
        ({"responses": 'Thing: {$ref: "missing.yaml#/Thing"}\n'}, "missing.yaml"),
        ({"responses": 'Thing: {$ref: "../../outside.yaml#/Thing"}\n'}, "leaves the folder"),
        ({"responses": 'Thing: {$ref: "../schemas/things.yaml"}\n'}, "must end with #/ and one name"),
        ({"responses": 'Thing: {$ref: "#/a/b"}\n'}, "must end with #/ and one name"),
        ({"root": "paths: {/things: {get: {}}}\n"}, "paths./things must be one reference"),
        ({"schemas": "Thing: {}\nThing: {}\n"}, "Thing stands there twice"),
        ({"schemas": "- Thing\n"}, "must be a mapping"),
        ({"schemas": "Thing: {\n"}, "things.yaml"),
        (
            {
                "schemas": 'Thing: {$ref: "more.yaml#/Thing"}\n',
                "schemas/more.yaml": "Thing: {}\n",
            },
            "Thing stands in schemas/things.yaml too",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_file(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        bundle(folder(tmp_path, **changed))
    assert str(tmp_path) in str(caught.value)
