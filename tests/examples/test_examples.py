from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tabularium.application import load_schema
from tabularium.schema.model import Schema

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def read_rows(table: str) -> list[dict[str, str]]:
    with (EXAMPLES / "crm" / "demo" / f"{table}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def crm() -> Schema:
    return load_schema(EXAMPLES / "crm" / "app.yaml").schema


@pytest.mark.parametrize("name", ["crm", "flights"])
def test_an_example_has_ids_everywhere_and_no_warning(name: str) -> None:
    loaded = load_schema(EXAMPLES / name / "app.yaml")
    assert not loaded.warnings
    assert all(table.id and all(field.id for field in table.fields) for table in loaded.schema.tables)


COMMON_TYPES = {
    *("single-line-text", "long-text", "email", "url", "integer", "decimal", "checkbox", "single-select", "date"),
    *("datetime", "created-at", "updated-at", "relationship"),
}


def test_the_crm_shows_the_common_field_types(crm: Schema) -> None:
    used = {field.type.names[0] for table in crm.tables for field in table.fields}
    assert used >= COMMON_TYPES


def test_the_demo_data_fits_its_tables(crm: Schema) -> None:
    for table in crm.tables:
        rows = read_rows(table.name)
        writable = {field.name for field in table.fields if not field.type.is_read_only}
        assert rows
        assert all(set(row) == writable for row in rows)
        for field in table.fields:
            values = [row[field.name] for row in rows if row.get(field.name)]
            assert all(field.type.parse(field.type.from_text(value), "import") is not None for value in values)


def test_the_links_of_the_demo_data_lead_to_its_rows() -> None:
    links = {"contacts": ["company"], "deals": ["company", "contact"], "tasks": ["deal", "contact"]}
    targets = {"company": "companies", "contact": "contacts", "deal": "deals"}
    for table, fields in links.items():
        for field in fields:
            count = len(read_rows(targets[field]))
            assert all(1 <= int(row[field]) <= count for row in read_rows(table) if row[field])
