"""Who sees the trash, who brings back and who removes for good, and what they are told of records of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.conftest import AUTH, text
from tests.support.auth import Browser, Site, site
from tests.support.callers import NAMES, Callers


def link(table: str, **options: Any) -> dict[str, Any]:
    return {"name": "parent", "type": "relationship", "relatedTable": table, **options}


AUTHORS = [{"name": "editor", "type": "updated-by"}, {"name": "remover", "type": "deleted-by"}]
FEW = {action: ["editor"] for action in ("read", "create", "update", "delete", "restore")}
TABLES: list[dict[str, Any]] = [
    {"name": "parents", "fields": [text("title"), *AUTHORS], "permissions": {"read": "all", "restore": "all"}},
    {"name": "children", "fields": [link("parents", onDelete="cascade"), *AUTHORS]},
    {"name": "clients", "fields": [link("parents"), AUTHORS[0]]},
    {"name": "secrets", "fields": [link("parents", onDelete="restrict")], "permissions": FEW},
    {"name": "shreds", "fields": [text("title")], "permissions": {"delete": ["member"], "permanentDelete": ["editor"]}},
    {
        "name": "halves",
        "fields": [text("title"), link("parents", onDelete="restrict")],
        "permissions": {"fields": [{"field": "parent", "read": ["editor"]}]},
    },
]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, database_url, AUTH, tables=TABLES) as found:
        yield found


def signed_up(house: Site, name: str, role: str) -> tuple[Browser, str]:
    browser = house.browser()
    user = browser.sign_up(f"{name}@example.com")
    house.sql('UPDATE "user" SET role = ?1 WHERE id = ?2', role, user["id"])
    return browser, user["id"]


def made(browser: Browser, table: str, **fields: Any) -> str:
    answer = browser("POST", f"/api/tables/{table}/records", {"fields": fields})
    assert answer.status == 201, answer.body
    return f"/api/tables/{table}/records/{answer.json()['id']}"


def key(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.mark.parametrize("table", ["plain", "forum", "companies", "vault"])
@pytest.mark.parametrize("name", NAMES)
def test_the_trash_is_as_open_as_the_permissions_say(callers: Callers, table: str, name: str) -> None:
    caller, path = callers[name], f"/api/tables/{table}"
    field = "name" if table == "companies" else "title"
    record = f"{path}/records/{callers['admin']('POST', f'{path}/records', {field: 'x'}).json()['id']}"
    told = caller("GET", f"{path}/permissions")
    may = told.json()["table"] if told.status == 200 else {}
    refused = 401 if name == "anonymous" else 403 if may else 404
    sees = name != "anonymous"
    assert callers["admin"]("DELETE", record).status == 204
    assert caller("GET", f"{path}/trash").status == (200 if may.get("read") and sees else refused)
    back = caller("POST", f"{record}/restore")
    assert back.status == (200 if may.get("restore") and sees else refused)
    assert caller("GET", f"{path}/trash", query={"limit": "x"}).status == (400 if may.get("read") and sees else refused)
    gone = caller("DELETE", record, query={"permanent": "true"})
    assert gone.status == (204 if may.get("permanentDelete") else refused)
    for unclear in ("permanent=maybe", "permanent=%FF", "permanent=false&permanent=maybe"):
        assert caller("DELETE", f"{record}?{unclear}").status == (400 if may.get("delete") else refused)
    twice = caller("DELETE", f"{record}?permanent=false&permanent=true")
    assert twice.status == (400 if may.get("permanentDelete") else refused)


def test_a_batch_is_asked_for_the_one_permission_of_what_it_does_wherever_it_says_so(house: Site) -> None:
    (ada, _), (eve, _) = signed_up(house, "ada", "member"), signed_up(house, "eve", "editor")
    path = "/api/tables/shreds/records/batch"
    in_query = {"permanent": "true"}
    for browser, trashes, removes in ((ada, 200, 403), (eve, 403, 200)):
        for more, query, status in (
            ({}, None, trashes),
            ({"permanent": False}, None, trashes),
            ({"permanent": True}, None, removes),
            ({}, in_query, removes),
            ({"permanent": True}, in_query, removes),
            ({"permanent": False}, in_query, 400 if removes == 200 else 403),
        ):
            record = key(made(ada, "shreds"))
            assert browser("DELETE", path, {"ids": [record], **more}, query=query).status == status, (more, query)
    viewer = signed_up(house, "kit", "viewer")[0]
    for browser, status in ((viewer, 403), (house.browser(), 401)):
        assert browser("DELETE", path, {"ids": 5}).status == status
        assert browser("DELETE", path, {"ids": ["1"], "permanent": True}).status == status


def test_anonymous_callers_do_not_see_the_trash_where_everybody_may_read_and_restore(house: Site) -> None:
    ada, _ = signed_up(house, "ada", "member")
    parent = made(ada, "parents")
    ada("DELETE", parent)
    anonymous = house.browser()
    assert anonymous("GET", "/api/tables/parents/trash").status == 401
    for path in (parent, "/api/tables/parents/records/99"):
        assert anonymous("POST", f"{path}/restore").status == 401
        assert anonymous("DELETE", path, query={"permanent": "true"}).status == 401
    paths = anonymous("GET", "/docs/openapi.json?expand=tables").json()["paths"]
    assert not [path for path in paths if path.endswith(("/trash", "/restore"))]


def test_a_typed_contract_names_the_switch_only_to_those_who_may_use_it(house: Site) -> None:
    ada, eve = signed_up(house, "ada", "member")[0], signed_up(house, "eve", "admin")[0]
    for browser, is_named in ((ada, False), (eve, True)):
        paths = browser("GET", "/docs/openapi.json?expand=tables").json()["paths"]
        delete = paths["/api/tables/parents/records/{recordId}"]["delete"]
        named = [each.get("$ref", "").rpartition("/")[2] for each in delete["parameters"]]
        assert ("Permanent" in named) == is_named
        assert "get" in paths["/api/tables/parents/trash"]


def test_records_that_the_caller_may_not_see_forbid_it_without_a_name(house: Site) -> None:
    (ada, _), (eve, _) = signed_up(house, "ada", "member"), signed_up(house, "eve", "editor")
    parent = made(ada, "parents", title="held")
    made(eve, "secrets", parent=key(parent))
    made(eve, "halves", parent=key(parent))
    told = ada("DELETE", parent)
    assert (told.status, told.codes) == (409, {"recordId": "restricted"})
    assert b"secrets" not in told.body
    assert b"halves" not in told.body
    assert eve("DELETE", parent).codes == {"secrets.parent": "restricted", "halves.parent": "restricted"}


def test_all_that_is_touched_is_signed_by_the_caller(house: Site) -> None:
    (ada, ada_id), (eve, eve_id) = signed_up(house, "ada", "member"), signed_up(house, "eve", "member")
    parent = made(ada, "parents", title="p")
    child, client = made(ada, "children", parent=key(parent)), made(ada, "clients", parent=key(parent))
    assert eve("DELETE", parent).status == 204
    for path in (parent, child):
        record = ada("GET", path, query={"includeDeleted": "true"}).json()
        assert (record["updatedBy"], record["deletedBy"]) == (eve_id, eve_id)
    assert ada("GET", client).json()["updatedBy"] == eve_id
    assert ada("GET", "/api/tables/parents/trash").json()["records"][0]["deletedBy"] == eve_id
    record = ada("POST", f"{parent}/restore").json()["record"]
    assert (record["updatedBy"], "deletedBy" in record, record["fields"]["remover"]) == (ada_id, False, None)
    assert ada("GET", child).json()["fields"]["remover"] is None
