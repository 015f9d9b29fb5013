from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import rows
from benchmarks.measuring import Target
from tabularium.application import load_schema


def test_tables_differ_in_their_rules_alone(tmp_path: Path) -> None:
    file = tmp_path / "rows.yaml"
    file.write_text(rows.APPLICATION, encoding="utf-8")
    loaded = load_schema(file)
    free, half, owned = loaded.schema.tables
    assert [each.name for each in free.fields] == [each.name for each in half.fields] == [*owned.by_name]
    assert [table.row_rules.keys() for table in (free, half, owned)] == [set(), {"read"}, {"read"}]
    assert set(loaded.schema.api.rate_limits.values()) == {(1_000_000, 1)}


def test_a_list_under_a_rule_is_compared_with_the_same_list_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "sign_up_all", lambda port: ["session=1", "session=2"])
    monkeypatch.setattr(rows, "give_owners", lambda url: None)
    free, half, owned, *counted = rows.scenarios(Target("sqlite", 80, 1))
    for ruled in (half, owned):
        assert (ruled.compared_with, ruled.at_most) == (free.name, rows.AIM)
        assert [each.replace(rows.FREE, "", 1) for each in free.requests()] == [
            each.replace(ruled.name.split("'")[1], "", 1) for each in ruled.requests()
        ]
    assert {each.at_most for each in counted} == {None}
