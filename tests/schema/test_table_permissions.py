"""How the rules of a table come about: its own, those above and below, and what is built in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import ANONYMOUS, GUEST, Identity
from tabularium.access.policy import access, permitted
from tabularium.application import load_schema
from tabularium.schema.model import Schema
from tabularium.schema.permissions import ACTIONS, EVERYONE, SIGNED_IN

AUTH = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "high", "level": 100}, {"name": "low", "level": 39}, {"name": "usual"}],
}
FIELDS = [{"name": name, "type": "integer"} for name in ("x", "y", "z")]


def schema_of(folder: Path, *permissions: Any, auth: Any = AUTH, fields: Any = FIELDS) -> Schema:
    """Return an application with a table for each of the blocks: `t0`, `t1`, …"""
    tables = [
        {"name": f"t{number}", "fields": fields, **({} if block is None else {"permissions": block})}
        for number, block in enumerate(permissions)
    ]
    file = folder / "app.json"
    file.write_text(json.dumps({"name": "crm", "tables": tables, **({"auth": auth} if auth else {})}))
    return load_schema(file).schema


def somebody(*roles: str) -> Identity:
    return Identity("u", frozenset(roles))


def names(schema: Schema, identity: Identity, table: int = 0) -> str:
    actions = permitted(identity, schema.tables[table])
    return " ".join(action for action in ACTIONS if action in actions)


MEMBERS = "read create update delete comment restore"


@pytest.mark.parametrize("block", [None, {}, {"permanentDelete": ["admin"]}])
def test_what_is_not_named_is_built_in(tmp_path: Path, block: Any) -> None:
    schema = schema_of(tmp_path, block)
    assert names(schema, somebody("admin")) == f"{MEMBERS} permanentDelete"
    for role in ("member", "high", "usual"):
        assert names(schema, somebody(role)) == MEMBERS
    for role in ("viewer", "low"):
        assert names(schema, somebody(role)) == "read"
    for nobody in (ANONYMOUS, somebody(), somebody("unknown")):
        assert names(schema, nobody) == ""
    assert names(schema, somebody("viewer", "unknown", "usual")) == MEMBERS


def test_without_authentication_the_guest_passes_what_is_open_and_is_a_member(tmp_path: Path) -> None:
    block = {"create": "authenticated", "update": ["viewer"], "delete": "all", "permanentDelete": ["member"]}
    schema = schema_of(tmp_path, block, auth=None)
    assert names(schema, GUEST) == "read create delete comment restore permanentDelete"


def test_names_of_roles_are_taken_literally_and_administrators_always_pass(tmp_path: Path) -> None:
    schema = schema_of(tmp_path, {action: ["low"] for action in ACTIONS})
    assert names(schema, somebody("high")) == ""
    assert names(schema, somebody("high", "low")) == names(schema, somebody("admin")) == f"{MEMBERS} permanentDelete"


def test_every_action_but_create_needs_read(tmp_path: Path) -> None:
    schema = schema_of(tmp_path, {"read": ["low"], "create": "all", "update": "all"})
    assert names(schema, ANONYMOUS) == "create"
    assert names(schema, somebody("member")) == "create"
    assert names(schema, somebody("low")) == "read create update"


def test_rules_stand_in_the_order_of_override_own_parent_and_built_in(tmp_path: Path) -> None:
    grandparent = {"read": "all", "create": "all", "comment": ["low"], "override": {"update": ["low"]}}
    parent = {"inherit": "t0", "create": ["high"], "update": "all"}
    child = {
        "inherit": "t1",
        "update": ["viewer"],
        "override": {"create": "authenticated", "admin": {"delete": ["admin"]}},
        "delete": "all",
    }
    schema = schema_of(tmp_path, grandparent, parent, child)
    rules = schema.tables[2].permissions.actions
    assert (rules["read"], rules["create"], rules["update"].roles) == (EVERYONE, SIGNED_IN, {"viewer"})
    assert (rules["comment"].roles, rules["delete"].roles) == ({"low"}, {"admin"})
    assert rules["restore"].roles == {"admin", "member", "high", "usual"}
    assert schema.tables[1].permissions.actions["update"] == EVERYONE


def test_entries_of_fields_are_inherited_by_what_they_say(tmp_path: Path) -> None:
    parent = {"fields": [{"field": "x", "read": ["low"], "write": ["high"]}, {"field": "y", "read": ["low"]}]}
    child = {
        "inherit": "t0",
        "fields": [{"field": "x", "write": "all"}, {"field": "y", "read": "all"}],
        "override": {"fields": [{"field": "y", "read": ["high"]}]},
    }
    schema = schema_of(tmp_path, parent, child)
    rules = schema.tables[1].permissions.fields
    assert (rules["x"].read and rules["x"].read.roles, rules["x"].write) == ({"low"}, EVERYONE)
    assert (rules["y"].read and rules["y"].read.roles, rules["y"].write) == ({"high"}, None)


def test_what_a_parent_says_of_fields_that_the_child_lacks_is_left_out(tmp_path: Path) -> None:
    tables = [
        {"name": "a", "fields": FIELDS, "permissions": {"fields": [{"field": "x", "read": ["low"]}]}},
        {"name": "b", "fields": FIELDS[1:], "permissions": {"inherit": "a"}},
    ]
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": tables}))
    assert load_schema(file).schema.tables[1].permissions.fields == {}


def test_callers_with_the_same_roles_share_what_was_worked_out(tmp_path: Path) -> None:
    (table,) = schema_of(tmp_path, None).tables
    first, second = (Identity(name, frozenset({"member"})) for name in ("ada", "eve"))
    assert access(first, table) is access(second, table)
    assert access(first, table) is not access(somebody("viewer"), table)
    assert access(ANONYMOUS, table) is not access(somebody(), table)


def test_a_computed_field_is_readable_where_all_that_it_reads_is(tmp_path: Path) -> None:
    fields = [
        *FIELDS,
        {"name": "one", "type": "formula", "formula": "x + y"},
        {"name": "two", "type": "formula", "formula": "one + z"},
        {"name": "own", "type": "formula", "formula": "two + 1"},
    ]
    rules = [{"field": "y", "read": ["low"]}, {"field": "own", "read": ["usual"]}]
    (table,) = schema_of(tmp_path, {"fields": rules}, fields=fields).tables
    assert access(somebody("low"), table).listed == ("x", "y", "z", "one", "two")
    assert access(somebody("viewer"), table).listed == ("x", "z")
    assert access(somebody("usual"), table).listed == ("x", "z", "own")
    assert access(somebody("usual"), table).writable == {"x", "z"}


def test_a_field_is_displayed_by_what_the_caller_may_read_however_many_links_away(tmp_path: Path) -> None:
    text = {"name": "name", "type": "single-line-text"}
    tables = [
        {"name": "a", "fields": [text], "permissions": {"fields": [{"field": "name", "read": ["low"]}]}},
        {"name": "b", "fields": [{"name": "a", "type": "relationship", "relatedTable": "a", "displayField": "name"}]},
        {
            "name": "c",
            "fields": [
                {"name": "b", "type": "relationship", "relatedTable": "b"},
                {"name": "far", "type": "lookup", "relationshipField": "b", "relatedField": "a"},
            ],
        },
    ]
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": tables}))
    _, near, far = load_schema(file).schema.tables
    assert (access(somebody("viewer"), near).plain, access(somebody("viewer"), far).plain) == ({"a"}, {"far"})
    assert (access(somebody("low"), near).plain, access(somebody("low"), far).plain) == (set(), set())
    assert access(somebody("viewer"), far).listed == ("b", "far")


def test_what_follows_a_link_needs_the_right_to_read_the_other_table(tmp_path: Path) -> None:
    tables = [
        {
            "name": "a",
            "fields": [{"name": "of", "type": "relationship", "relatedTable": "b"}, *FIELDS],
            "permissions": {"read": ["low", "usual"], "fields": [{"field": "x", "read": ["low"]}]},
        },
        {
            "name": "b",
            "fields": [
                {"name": "many", "type": "relationship", "relatedTable": "a", "relationType": "many-to-many"},
                {"name": "back", "type": "relationship", "relatedTable": "a", "relationType": "one-to-many"}
                | {"foreignKey": "of"},
                {"name": "number", "type": "count", "relationshipField": "many"},
                {"name": "some", "type": "count", "relationshipField": "many", "filters": {"x": 1}},
                {"name": "total", "type": "rollup", "relationshipField": "back", "relatedField": "y"}
                | {"aggregation": "SUM"},
            ],
        },
    ]
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": tables}))
    table = load_schema(file).schema.tables[1]
    names = [each.name for each in table.fields]
    assert access(somebody("viewer"), table).readable == {"many"}
    assert access(somebody("usual"), table).readable == set(names) - {"some"}
    assert access(somebody("low"), table).readable == set(names)
