"""An application whose typed contract is worth a look, and what tests ask of such a contract."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from server.typed_contract import expand_tables
from tabularium.access.identity import GUEST
from tabularium.application import load_schema
from tabularium.schema.model import Schema

HOME = Path(__file__).parents[2]
GENERIC = (HOME / "generated" / "openapi.json").read_bytes()

# Every type, names that are hard to use, and a table for each kind of key.
SHOP: dict[str, Any] = {
    "name": "shop",
    "version": "2.1",
    "api": {"defaultLimit": 5, "maxLimit": 20},
    "tables": [
        {
            "id": 1,
            "name": "Order Items",
            "primaryKey": {"type": "text"},
            "fields": [
                {"name": "select", "type": "single-line-text", "required": True, "minLength": 2, "maxLength": 9},
                {"name": "field", "type": "single-line-text", "description": "Any word."},
                {"name": "operator", "type": "integer", "min": 0, "max": 10},
                {"name": "price", "type": "decimal", "precision": 2, "min": 0, "default": 1.5},
                {"name": "parent", "type": "relationship", "relatedTable": "Order Items"},
                {"name": "day", "type": "date", "default": "CURRENT_DATE"},
                {"name": "at", "type": "datetime", "default": "NOW"},
                {"name": "created_at", "type": "created-at"},
                {"name": "updated_at", "type": "updated-at"},
            ],
        },
        {
            "id": 2,
            "name": "record",
            "primaryKey": {"type": "uuid"},
            "fields": [
                {"name": "kind", "type": "single-select", "options": ["a b", "ü"], "required": True, "default": "ü"},
                {"name": "ok", "type": "checkbox", "required": True},
                {"name": "mail", "type": "email"},
                {"name": "site", "type": "url"},
                {"name": "body", "type": "long-text", "maxLength": 50, "required": True},
            ],
        },
        {
            "id": 3,
            "name": "health",
            "primaryKey": {"type": "composite", "fields": ["a", "b"]},
            "fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "single-line-text"}],
            "views": [{"id": 1, "name": "Positive ones", "filters": {"a": {"greaterThan": 0}}, "fields": ["a"]}],
        },
    ],
}


def schema_of(application: dict[str, Any]) -> Schema:
    """Build a schema as the server does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "app.json"
        file.write_text(json.dumps(application), encoding="utf-8")
        return load_schema(file).schema


def expanded(application: dict[str, Any]) -> dict[str, Any]:
    return expand_tables(json.loads(GENERIC), schema_of(application), GUEST)


def fits(document: dict[str, Any], name: str, value: object) -> bool:
    """Say whether a value fits a schema of the document."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return Draft202012Validator(schema, validate_formats=True).is_valid(value)


def parameter(document: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator(document["components"]["parameters"][name]["schema"], validate_formats=True)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in document["paths"].values() for operation in item.values()]
