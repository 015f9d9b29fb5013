from __future__ import annotations

from typing import Any

import pytest

from server.specification import InvalidContract, Spec31

OK = {"200": {"description": "Fine."}}
BASE: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}}


def test_references_above_schemas_are_resolved_and_those_inside_stay() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    spec = Spec31(
        {
            **BASE,
            "paths": {"/a/{id}": {"$ref": "#/components/pathItems/A"}},
            "components": {
                "schemas": {"Node": schema},
                "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
                "requestBodies": {"Body": {"content": {"application/json": {"schema": schema}}}},
                "responses": {"Fine": {"description": "Fine."}},
                "pathItems": {
                    "A": {
                        "parameters": [{"$ref": "#/components/parameters/Id"}],
                        "post": {
                            "requestBody": {"$ref": "#/components/requestBodies/Body"},
                            "responses": {"200": {"$ref": "#/components/responses/Fine"}},
                        },
                    }
                },
            },
        }
    )
    operation = spec.get_operation("/a/{id}", "post")
    assert [each["name"] for each in operation["parameters"]] == ["id"]
    assert operation["responses"] == OK
    resolved = operation["requestBody"]["content"]["application/json"]["schema"]
    assert resolved["properties"]["next"] == {"$ref": "#/components/schemas/Node"}


def test_a_parameter_of_an_operation_takes_the_place_of_the_paths() -> None:
    shared = {"name": "x", "in": "query", "schema": {"type": "string"}}
    own = {"name": "x", "in": "query", "schema": {"type": "integer"}}
    header = {"name": "x", "in": "header", "schema": {"type": "string"}}
    spec = Spec31(
        {**BASE, "paths": {"/a": {"parameters": [shared, header], "get": {"parameters": [own], "responses": OK}}}}
    )
    assert spec.get_operation("/a", "get")["parameters"] == [own, header]


@pytest.mark.parametrize("reference", ["#/components/schemas/Nothing", "other.yaml#/x", "#/components/parameters/Loop"])
def test_a_reference_that_leads_nowhere_is_refused(reference: str) -> None:
    loop = {"Loop": {"$ref": "#/components/parameters/Loop"}}
    contract = {
        **BASE,
        "paths": {"/a": {"get": {"parameters": [{"$ref": reference}], "responses": OK}}},
        "components": {"parameters": loop},
    }
    with pytest.raises(InvalidContract, match="the reference"):
        Spec31(contract)


def test_every_violation_of_the_meta_schema_is_reported() -> None:
    with pytest.raises(InvalidContract) as caught:
        Spec31({"openapi": "3.0.3", "info": {"title": "x"}, "paths": {"a": {}}})
    assert len(caught.value.problems) == 3
