from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.schema.fields.cases import make_type

ANY = {"description": "Any JSON."}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize("mode", ["create", "update"])
def test_what_is_written_is_described_by_the_schema_of_the_file(mode: Any) -> None:
    assert make_type("json", {"schema": SCHEMA}).schema(mode) == {"allOf": [SCHEMA]}
    assert make_type("json", {"schema": False}).schema(mode) == {"allOf": [False]}
    assert make_type("json", {"schema": {"minimum": Decimal("1.5")}}).schema(mode) == {"allOf": [{"minimum": 1.5}]}
    assert make_type("json").schema(mode) == ANY


def test_a_record_may_be_older_than_the_schema() -> None:
    assert make_type("json", {"schema": SCHEMA}).schema("record") == ANY


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": True}},
        {"properties": {"a": {"prefixItems": [{"$dynamicRef": "#b"}]}}, "$defs": {"b": {"$dynamicAnchor": "b"}}},
        {"$id": "https://example.test/a", "type": "object"},
        {"allOf": [{"$anchor": "here"}]},
        {"xml": "anything"},
    ],
    ids=str,
)
def test_a_schema_that_means_something_else_elsewhere_is_not_carried_there(schema: dict[str, Any]) -> None:
    assert make_type("json", {"schema": schema}).schema("create") == ANY
