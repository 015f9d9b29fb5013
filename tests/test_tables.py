"""What callers are told about tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: shop
tables:
  - id: 7
    name: Order Lines
    description: What was ordered.
    primaryKey: { type: composite, fields: [number, line] }
    fields:
      - { id: 1, name: number, type: integer, description: The order., min: -9223372036854775808 }
      - { id: 2, name: line, type: integer }
      - { id: 3, name: price, type: decimal, min: 0.10, default: 1.50, indexed: true }
      - { id: 4, name: state, type: single-select, options: [{ value: a, label: A!, color: red }, b], default: b }
      - { id: 5, name: part_of, type: relationship, relatedTable: 7, displayField: state }
      - { id: 6, name: made, type: created-at }
  - name: empty
    fields: [{ name: a, type: checkbox, required: true }]
"""

PERMISSIONS = {
    "read": True,
    "create": True,
    "update": True,
    "delete": True,
    "comment": True,
    "restore": True,
    "permanentDelete": False,
}
PLAIN = {"required": False, "unique": False, "indexed": False, "readOnly": False}


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        yield client


def test_tables_are_listed_in_the_order_of_the_file_under_their_ids(api: Client) -> None:
    first, second = api("GET", "/api/tables").json()["tables"]
    assert list(first) == ["id", "name", "description", "fieldCount", "createdAt", "updatedAt"]
    assert (first["id"], first["name"], first["fieldCount"]) == ("7", "Order Lines", 6)
    assert list(second) == ["id", "name", "fieldCount", "createdAt", "updatedAt"]
    assert second["name"] == "empty"


def test_records_are_counted_where_that_is_asked_for_without_those_in_the_trash(api: Client) -> None:
    kept, gone = (api("POST", "/api/tables/empty/records", {"a": True}).headers["location"] for _ in range(2))
    assert api("DELETE", gone).status == 204
    assert api("GET", kept).status == 200
    counts = [table["recordCount"] for table in api("GET", "/api/tables?include=recordCount").json()["tables"]]
    assert counts == [0, 1]
    assert api("GET", "/api/tables/empty?include=recordCount").json()["recordCount"] == 1
    assert "recordCount" not in api("GET", "/api/tables/empty").json()


def test_a_table_is_described_with_its_key_its_fields_and_the_callers_rights(api: Client) -> None:
    answer = api("GET", "/api/tables/7")
    assert answer.body == api("GET", "/api/tables/Order%20Lines").body
    table = answer.json()
    assert table["primaryKey"] == {"type": "composite", "fields": ["number", "line"]}
    assert (table["views"], table["permissions"]) == ([], PERMISSIONS)
    number, line, price, state, part_of, made = table["fields"]
    assert number == {
        "id": "1", "name": "number", "type": "integer", "description": "The order.", **PLAIN, "required": True,
        "min": -9223372036854775808,
    }  # fmt: skip
    assert line["required"] is True
    assert b'"default":1.50,"min":0.10' in answer.body
    assert price["indexed"] is True
    assert (state["options"], state["default"]) == ([{"value": "a", "label": "A!", "color": "red"}, "b"], "b")
    assert part_of == {
        "id": "5", "name": "part_of", "type": "relationship", **PLAIN,
        "relatedTable": "Order Lines", "displayField": "state",
    }  # fmt: skip
    assert made["readOnly"] is True


def test_the_database_numbers_tables_and_fields_without_ids(api: Client) -> None:
    table = api("GET", "/api/tables/empty").json()
    assert api("GET", f"/api/tables/{table['id']}").json() == table
    assert table["fields"][0]["id"] == "1"


@pytest.mark.parametrize("reference", ["Empty", "order_lines", "07", "99", "empty%20", "%00", "%F0%9F%98%80"])
def test_a_table_that_is_not_there_is_not_found(api: Client, reference: str) -> None:
    for path in ("", "/records", "/records/1"):
        answer = api("GET", f"/api/tables/{reference}{path}")
        assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")


def test_another_thing_cannot_be_included(api: Client) -> None:
    assert api("GET", "/api/tables?include=views").codes == {"include": "invalid_value"}
    assert api("GET", "/api/tables/7?recordCount=true").codes == {"recordCount": "unknown_parameter"}


def test_no_description_tells_a_prompt_a_formula_or_a_filter(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(
        """
name: secrets
tables:
  - id: 1
    name: t
    fields:
      - { id: 1, name: a, type: integer }
      - { id: 2, name: f, type: formula, formula: "{a} + 47110815" }
      - { id: 3, name: s, type: ai-summary, prompt: "47110815", model: "47110815" }
      - { id: 4, name: p, type: relationship, relatedTable: t }
      - { id: 5, name: l, type: lookup, relationshipField: p, relatedField: a, filters: { a: 47110815 } }
      - { id: 6, name: c, type: count, relationshipField: p, filters: { a: 47110815 } }
      - { id: 7, name: r, type: rollup, relationshipField: p, relatedField: a, aggregation: SUM, filters: { a: 47110815 } }
"""
    )
    with serving(file, database_url) as client:
        body = client("GET", "/api/tables/t").body
    assert body.count(b'"readOnly"') == 7
    assert b"47110815" not in body
