"""How rules for rows are read from the file; what is wrong with them stands among the golden errors of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.query.conditions import CallerValue, Comparison, Condition, Conjunction, Disjunction
from tabularium.query.rows import planned
from tabularium.schema.model import Table
from tests.access.rows import AUTH, ME, is_, text

WRITTEN_OUT = {"kind": "currentUser", "path": {"kind": "scalar", "name": "id"}}


def table_with(folder: Path, rules: dict[str, Any], **more: Any) -> Table:
    """Return a table of a file with these rules for its rows, as everybody but an administrator sees it."""
    first = {
        "id": 1,
        "name": "notes",
        "fields": [text("title"), {"name": "owner", "type": "user"}, {"name": "hours", "type": "integer"}],
        "rowLevelPermissions": rules,
    }
    heir = {"id": 2, "name": "heirs", "fields": [text("title")], "permissions": {"inherit": "notes"}}
    file = folder / "app.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": [{**first, **more}, heir]}), encoding="utf-8")
    return load_schema(file).schema.table("notes")


def condition_of(folder: Path, when: dict[str, Any]) -> Condition:
    return planned(table_with(folder, {"read": {"when": when}}).row_rules["read"].condition)


def comparison_of(folder: Path, when: dict[str, Any]) -> Comparison:
    found = condition_of(folder, when)
    assert isinstance(found, Comparison)
    return found


def test_a_table_has_the_rules_that_are_given_and_the_fields_that_each_names(tmp_path: Path) -> None:
    when = {"conditions": [is_("owner", ME), {"logic": "or", "conditions": [is_("hours", 1), is_("id", "7", "neq")]}]}
    rules = table_with(tmp_path, {"read": {"when": is_("title", "a")}, "write": {"when": when}}).row_rules
    assert {action: rule.fields for action, rule in rules.items()} == {
        "read": frozenset({"title"}),
        "write": frozenset({"owner", "hours", "id"}),
    }


def test_conditions_all_hold_unless_the_file_says_that_any_does(tmp_path: Path) -> None:
    both = [is_("owner", ME), is_("hours", 1)]
    assert isinstance(condition_of(tmp_path, {"conditions": both}), Conjunction)
    assert isinstance(condition_of(tmp_path, {"logic": "and", "conditions": both}), Conjunction)
    assert isinstance(condition_of(tmp_path, {"logic": "or", "conditions": both}), Disjunction)


def test_the_current_user_is_the_same_in_short_and_written_out(tmp_path: Path) -> None:
    short, long = (comparison_of(tmp_path, is_("owner", value)) for value in (ME, WRITTEN_OUT))
    assert (short.predicate, short.values) == (long.predicate, long.values) == ("same", (CallerValue("id", False),))


@pytest.mark.parametrize(
    ("operator", "value", "predicate", "is_list"),
    [
        ("eq", "$currentUser.email", "same", False),
        ("neq", "$currentUser.email", "other", False),
        ("in", "$currentUser.email", "one_of", True),
        ("eq", "$currentUser.role", "one_of", True),
        ("in", "$currentUser.role", "one_of", True),
        ("neq", "$currentUser.role", "outside", True),
    ],
)
def test_roles_are_several_values_whatever_the_operator(
    tmp_path: Path, operator: str, value: str, predicate: str, is_list: bool
) -> None:
    found = comparison_of(tmp_path, is_("title", value, operator))
    assert found.predicate == predicate
    assert [each.is_list for each in found.values] == [is_list]


def test_rules_for_rows_are_not_inherited_and_bind_no_administrator(tmp_path: Path) -> None:
    table = table_with(tmp_path, {"read": {"when": is_("title", "a")}})
    assert table.row_rules
    assert not table.sibling("heirs").row_rules
    assert not table.unruled.row_rules
    assert table.unruled.sibling("notes") is table.unruled


def test_a_table_without_rules_is_the_same_for_everybody(tmp_path: Path) -> None:
    table = table_with(tmp_path, {})
    assert not table.row_rules
    assert table.unruled is table
