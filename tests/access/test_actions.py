"""What each caller may do to each table, and that they are told the truth of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.conftest import TABLES
from tests.support.auth import Browser
from tests.support.callers import NAMES, Callers

OPEN = {
    "plain": {"anonymous": "", "viewer": "r", "member": "rcud", "low": "r", "high": "rcud", "both": "rcud"},
    "forum": {"anonymous": "r", "viewer": "rc", "member": "rcp", "low": "rcu", "high": "rcud", "both": "rcud"},
    "box": {"anonymous": "c", "viewer": "c", "member": "c", "low": "c", "high": "rcud", "both": "rcud"},
    "companies": {"anonymous": "", "viewer": "r", "member": "", "low": "", "high": "rcud", "both": "rcud"},
    "staff": {"anonymous": "r", "viewer": "r", "member": "rcud", "low": "r", "high": "rcud", "both": "rcud"},
    "heirs": {"anonymous": "r", "viewer": "r", "member": "rup", "low": "r", "high": "rc", "both": "rc"},
    "vault": {"anonymous": "", "viewer": "", "member": "", "low": "", "high": "", "both": ""},
}
"""The first letters of the actions that are open, by table and caller."""
STRANGERS = {"plain": "", "forum": "rc", "box": "c", "companies": "", "staff": "r", "heirs": "r", "vault": ""}
LETTERS = {"read": "r", "create": "c", "update": "u", "delete": "d", "permanentDelete": "p"}


def expected(table: str, name: str) -> str:
    if name == "admin":
        return "rcudp"
    return STRANGERS[table] if name == "stranger" else OPEN[table]["high" if name == "key" else name]


def body_of(table: str) -> dict[str, str]:
    return {"name" if table in ("companies", "staff") else "title": "x"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("table", OPEN)
def test_the_operations_do_what_the_permissions_say(callers: Callers, table: str, name: str) -> None:
    caller, path, opened = callers[name], f"/api/tables/{table}", expected(table, name)
    unseen = 401 if name == "anonymous" else 404
    told = caller("GET", f"{path}/permissions")
    assert told.status == (200 if opened else unseen)
    if opened:
        actions = told.json()["table"]
        assert {LETTERS[action] for action in LETTERS if actions[action]} == set(opened)
    record_id = callers["admin"]("POST", f"{path}/records", body_of(table)).json()["id"]
    refused = 403 if opened and name != "anonymous" else unseen
    record = f"{path}/records/{record_id}"
    for action, method, at, body, success in (
        ("read", "GET", path, None, 200),
        ("read", "GET", f"{path}/records", None, 200),
        ("read", "GET", record, None, 200),
        ("read", "GET", f"{path}/views", None, 200),
        ("create", "POST", f"{path}/records", body_of(table), 201),
        ("update", "PATCH", record, {}, 200),
        ("delete", "DELETE", record, None, 204),
    ):
        answer = caller(method, at, body)
        assert answer.status == (success if LETTERS[action] in opened else refused), (method, at)
    listed = caller("GET", "/api/tables").json().get("tables", [])
    assert ("r" in opened) == (table in [each["name"] for each in listed])


def test_a_table_that_is_closed_to_a_caller_is_as_one_that_is_not_there(callers: Callers) -> None:
    for name in NAMES:
        for table in OPEN:
            for method, rest, body in (("GET", "/records?limit=x", None), ("POST", "/records", {"no": 1})):
                closed, missing = (
                    callers[name](method, f"/api/tables/{each}{rest}", body) for each in (table, "nothing")
                )
                if not expected(table, name):
                    assert without_id(closed) == without_id(missing)


def without_id(answer: Any) -> Any:
    return answer.status, {key: value for key, value in answer.json().items() if key != "requestId"}


def test_who_creates_without_reading_gets_no_values_and_no_fields_of_others(callers: Callers) -> None:
    caller = callers["member"]
    answer = caller("POST", "/api/tables/box/records", {"title": "a"})
    assert (answer.status, answer.json()["fields"]) == (201, {})
    assert caller("GET", "/api/tables/box/permissions").json()["fields"] == {}
    refused = caller("POST", "/api/tables/box/records", {"title": "a", "note": "b"})
    assert [each["code"] for each in refused.json()["errors"]] == ["unknown_field"]
    assert "note" not in refused.json()["message"].partition("Allowed are")[2]
    stored = callers["high"]("GET", f"/api/tables/box/records/{answer.json()['id']}")
    assert stored.json()["fields"] == {"title": "a", "note": None}


def test_the_typed_contract_holds_what_is_open(callers: Callers, admin: Browser) -> None:
    paths = callers["anonymous"]("GET", "/docs/openapi.json?expand=tables").json()["paths"]
    assert {path: sorted(set(item) & {"get", "post"}) for path, item in paths.items() if path.endswith("/records")} == {
        "/api/tables/forum/records": ["get"],
        "/api/tables/box/records": ["post"],
        "/api/tables/staff/records": ["get"],
        "/api/tables/heirs/records": ["get"],
    } | {"/api/tables/staff/views/{viewId}/records": ["get"]}
    stranger = callers["stranger"]("GET", "/docs/openapi.json?expand=tables").json()["paths"]
    assert "post" in stranger["/api/tables/forum/records"]
    whole = admin("GET", "/docs/openapi.json?expand=tables").json()["paths"]
    assert {f"/api/tables/{each['name']}/permissions" for each in TABLES} <= whole.keys()


def test_the_trash_is_closed_to_anonymous_callers_even_where_all_may_read(callers: Callers, admin: Browser) -> None:
    records = "/api/tables/forum/records"
    record = f"{records}/{admin('POST', records, {'title': 'gone'}).json()['id']}"
    assert admin("DELETE", record).status == 204
    for path, query in (
        (records, {"includeDeleted": "true"}),
        (records, {"includeDeleted": "only"}),
        (records, {"deleted": "true"}),
        (record, {"includeDeleted": "true"}),
    ):
        assert callers["anonymous"]("GET", path, query=query).status == 401
        assert callers["stranger"]("GET", path, query=query).status == 200
    assert callers["anonymous"]("GET", records, query={"includeDeleted": "false"}).status == 200
