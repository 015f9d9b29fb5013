"""The document is OpenAPI 3.1 in the eyes of validators that have nothing in common."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import openapi_core
import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tabularium import __version__
from tools.contract import Contract

DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base"


@cache
def official(package: str, *path: str) -> dict[str, Any]:
    """Return a schema as the OpenAPI Initiative publishes it; the packages ship copies."""
    content: dict[str, Any] = json.loads(files(package).joinpath(*path).read_text(encoding="utf-8"))
    return content


def document_schema() -> dict[str, Any]:
    return official("openapi_spec_validator", "resources", "schemas", "v3.1", "schema.json")


def strict_validator() -> jsonschema_rs.Draft202012Validator:
    """Return a validator of documents in which every schema must fit the dialect of OpenAPI 3.1."""
    schema = document_schema()
    dialect = official("openapi_schema_validator", "schemas", "oas3.1", "metaschema.json")
    vocabulary = official("openapi_schema_validator", "schemas", "oas3.1", "vocabularies", "base")
    registry = jsonschema_rs.Registry([(schema["$id"], schema), (DIALECT, dialect), (vocabulary["$id"], vocabulary)])
    # The published schema leaves open what a schema is, at an anchor that this fills in.
    whole = {
        "$id": "urn:whole",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": schema["$id"],
        "$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": DIALECT}},
    }
    return jsonschema_rs.Draft202012Validator(whole, registry=registry, validate_formats=True)


def test_openapi_spec_validator_finds_nothing(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_openapi_core_loads_it(document: dict[str, Any]) -> None:
    loaded = openapi_core.OpenAPI.from_dict(document)
    loaded.check_spec()
    assert loaded.version.major == "3"
    assert loaded.version.minor == "1"


def test_jsonschema_rs_finds_nothing(document: dict[str, Any]) -> None:
    assert [f"{error.instance_path}: {error.message}" for error in strict_validator().iter_errors(document)] == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("openapi",), "3.0.3"),
        (("info", "title"), 7),
        (("components", "schemas", "Record", "required"), "id"),
        (("components", "schemas", "Record", "properties", "revision", "minimum"), "1"),
        (("components", "parameters", "Limit", "in"), "somewhere"),
        (("components", "schemas", "Record", "discriminator"), {"mapping": {}}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_the_second_validator_is_strict(document: dict[str, Any], where: tuple[str, ...], wrong: object) -> None:
    broken = json.loads(json.dumps(document))
    node = broken
    for step in where[:-1]:
        node = node[step]
    node[where[-1]] = wrong
    assert not strict_validator().is_valid(broken)


def test_every_schema_fits_json_schema_2020_12(contract: Contract) -> None:
    for place, schema in contract.roots():
        assert jsonschema_rs.meta.is_valid({"$schema": Draft202012Validator.META_SCHEMA["$id"], **schema}), place
        OAS31Validator.check_schema(schema)


def test_the_document_says_the_version_of_the_package(document: dict[str, Any]) -> None:
    assert document["info"]["version"] == __version__
