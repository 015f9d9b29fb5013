"""An application in which records hang together in every way, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: house
tables:
  - id: 1
    name: owners
    fields: [{ id: 1, name: name, type: single-line-text, unique: true }]
    permissions: { permanentDelete: authenticated }
  - id: 2
    name: houses
    fields:
      - { id: 1, name: street, type: single-line-text }
      - { id: 2, name: owner, type: relationship, relatedTable: owners, onDelete: cascade }
      - { id: 3, name: architect, type: relationship, relatedTable: owners }
      - { id: 4, name: tags, type: relationship, relatedTable: tags, relationType: many-to-many }
    permissions: { permanentDelete: authenticated }
  - id: 3
    name: rooms
    primaryKey: { type: uuid }
    fields:
      - { id: 1, name: label, type: single-line-text, unique: true }
      - { id: 2, name: house, type: relationship, relatedTable: houses, onDelete: cascade }
      - { id: 3, name: inside, type: relationship, relatedTable: rooms, onDelete: cascade }
  - id: 4
    name: contracts
    fields:
      - { id: 1, name: owner, type: relationship, relatedTable: owners, onDelete: restrict }
      - { id: 2, name: room, type: relationship, relatedTable: rooms, onDelete: no-action }
  - id: 5
    name: tags
    primaryKey: { type: text }
    fields: [{ id: 1, name: label, type: single-line-text }]
  - id: 6
    name: keys
    fields:
      - { id: 1, name: house, type: relationship, relatedTable: houses }
      - { id: 2, name: copy, type: relationship, relatedTable: houses }
      - { id: 3, name: spare, type: checkbox, default: false }
    constraints:
      - { name: a_spare_key_has_a_house, check: "NOT spare OR house IS NOT NULL" }
"""


class House:
    """A client with short words for what the tests do."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def make(self, table: str, **fields: Any) -> str:
        """Create a record and return its id."""
        answer = self.client("POST", f"/api/tables/{table}/records", {"fields": fields})
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    def delete(self, table: str, record_id: str, *, permanent: bool = False) -> Any:
        query = {"permanent": "true"} if permanent else None
        return self.client("DELETE", f"/api/tables/{table}/records/{record_id}", query=query)

    def restore(self, table: str, record_id: str) -> Any:
        return self.client("POST", f"/api/tables/{table}/records/{record_id}/restore")

    def get(self, table: str, record_id: str) -> Any:
        """Return a record, from the trash too."""
        path = f"/api/tables/{table}/records/{record_id}"
        return self.client("GET", path, query={"includeDeleted": "true"}).json()

    def live(self, table: str) -> list[str]:
        """Return the ids of live records."""
        records = self.client("GET", f"/api/tables/{table}/records").json()["records"]
        return [record["id"] for record in records]

    def trashed(self, table: str) -> set[str]:
        """Return the ids of records in the trash."""
        records = self.client("GET", f"/api/tables/{table}/trash").json()["records"]
        return {record["id"] for record in records}


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        yield House(client)
