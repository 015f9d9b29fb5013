"""Foreign keys of the file over values: they restrict, and what they point at must be live when a child comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.records.trash.conftest import House
from tests.support.serving import serving

APPLICATION = """
name: values
tables:
  - id: 1
    name: parents
    fields: [{ id: 1, name: code, type: single-line-text, unique: true }]
    permissions: { permanentDelete: authenticated }
  - id: 2
    name: children
    fields: [{ id: 1, name: parent_code, type: single-line-text }]
    foreignKeys:
      - { name: by_code, fields: [parent_code], referencedTable: parents, referencedFields: [code] }
"""


@pytest.fixture
def values(database_url: str, tmp_path: Path) -> Iterator[House]:
    file = tmp_path / "values.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        yield House(client)


def test_a_foreign_key_restricts(values: House) -> None:
    parent = values.make("parents", code="x")
    child = values.make("children", parent_code="x")
    assert values.delete("parents", parent).codes == {"children.parent_code": "restricted"}
    values.delete("children", child)
    assert values.delete("parents", parent, permanent=True).codes == {"children.parent_code": "restricted"}
    assert values.delete("parents", parent).status == 204


def test_a_child_comes_back_only_to_a_live_record_with_its_values(values: House) -> None:
    parent = values.make("parents", code="x")
    child = values.make("children", parent_code="x")
    values.delete("children", child)
    values.delete("parents", parent)
    assert values.restore("children", child).codes == {"parent_code": "parent_deleted"}
    values.make("parents", code="x")
    assert values.restore("children", child).status == 200


def test_a_record_in_the_trash_whose_values_another_one_has_goes_for_good(values: House) -> None:
    parent = values.make("parents", code="x")
    values.delete("parents", parent)
    live = values.make("parents", code="x")
    values.make("children", parent_code="x")
    assert values.delete("parents", parent, permanent=True).status == 204
    assert values.delete("parents", live, permanent=True).codes == {"children.parent_code": "restricted"}
