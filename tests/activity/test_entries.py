"""Single entries of the activity log: what was changed and how, and nothing that is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth import PASSWORDS, TABLES, Browser, Site, site

LOG = "/api/activity"
NOTES = "/api/tables/notes/records"
UNKNOWN = "01955a3b-20fd-7c00-9d11-2b6d1e4a7c55"


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with site(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
def root(crm: Site) -> Browser:
    return crm.admin()


def listed(caller: Browser, **query: Any) -> list[Any]:
    answer = caller("GET", LOG, query={"category": "all", **query})
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json()["activities"]
    return found


def whole(caller: Browser, **query: Any) -> Any:
    """Return the newest entry of a list, whole."""
    answer = caller("GET", f"{LOG}/{listed(caller, **query)[0]['id']}")
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.mark.parametrize("text", [UNKNOWN, "1", "none", "01955a3b20fd7c009d112b6d1e4a7c55", "01955a3b%00"])
def test_what_is_not_there_and_what_no_entry_could_be_called_is_not_found(crm: Site, root: Browser, text: str) -> None:
    answer = root("GET", f"{LOG}/{text}")
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")


def test_an_id_is_found_in_either_case(crm: Site, root: Browser) -> None:
    entry = listed(root)[0]["id"]
    assert root("GET", f"{LOG}/{entry.upper()}").json()["id"] == entry


def test_parameters_are_refused(crm: Site, root: Browser) -> None:
    answer = root("GET", f"{LOG}/{listed(root)[0]['id']}?expand=all")
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "unknown_parameter")


def test_an_entry_is_that_of_the_list_with_its_changes(crm: Site, root: Browser) -> None:
    root("POST", NOTES, {"title": "a"})
    root("PATCH", f"{NOTES}/1", {"title": "b"})
    (newest, first) = listed(root, category="records")
    for entry, changes in ((newest, {"from": "a", "to": "b"}), (first, {"from": None, "to": "a"})):
        assert root("GET", f"{LOG}/{entry['id']}").json() == {**entry, "changes": {"title": changes}}


def test_a_delete_and_a_restore_have_no_changes(crm: Site, root: Browser) -> None:
    root("POST", NOTES, {"title": "a"})
    root("DELETE", f"{NOTES}/1")
    assert whole(root, action="delete")["changes"] is None
    root("POST", f"{NOTES}/1/restore")
    assert whole(root, action="restore")["changes"] is None


def test_what_was_removed_for_good_has_no_values_left(crm: Site, root: Browser) -> None:
    root("POST", NOTES, {"title": "a secret"})
    root("PATCH", f"{NOTES}/1", {"title": "another secret"})
    assert root("DELETE", f"{NOTES}/1?permanent=true").status == 204
    found = [root("GET", f"{LOG}/{each['id']}") for each in listed(root, table="notes")]
    assert [each.json()["action"] for each in found] == ["permanent_delete", "update", "create"]
    assert [each.json()["changes"] for each in found] == [None, None, None]
    assert all(b"secret" not in each.body for each in found)


def test_an_account_is_told_of_with_method_address_and_agent(crm: Site, root: Browser) -> None:
    crm.browser()(
        "POST",
        "/sign-in/email",
        {"email": "root@example.com", "password": "wrong-horse-1"},
        headers={"user-agent": "Firefox"},
    )
    entry = whole(root, action="user.sign_in_failed")
    assert (entry["changes"], entry["details"]) == (None, {"method": "password", "reason": "credentials"})
    assert (entry["userAgent"], bool(entry["ip"])) == ("Firefox", True)
    assert entry["user"]["email"] == "root@example.com"


def test_a_change_of_an_account_has_from_and_to(crm: Site, root: Browser) -> None:
    ada = crm.browser().sign_up()
    root.post("/admin/set-role", userId=ada["id"], role="viewer")
    entry = whole(root, action="role.changed")
    assert entry["changes"] == {"role": {"from": "member", "to": "viewer"}}
    assert (entry["category"], entry["recordId"]) == ("admin", ada["id"])
    root.post("/admin/ban-user", userId=ada["id"])
    assert whole(root, action="user.banned")["changes"] == {"banned": {"from": False, "to": True}}


def test_records_have_no_address(crm: Site, root: Browser) -> None:
    root("POST", NOTES, {"title": "a"})
    assert not {"ip", "userAgent", "details"} & whole(root, category="records").keys()


def test_a_migration_says_which_tables_it_has_changed(crm: Site, root: Browser) -> None:
    entry = whole(root, category="system")
    assert (entry["action"], entry["tableName"]) == ("config.migrated", "_system")
    assert entry["details"] == {"tables": ["notes"]}
    assert not {"userId", "tableId", "recordId", "requestId", "ip"} & entry.keys()


# Entries outlive what they name ----------------------------------------------------------------------------------------


def test_entries_of_a_table_that_is_gone_or_renamed_keep_its_name(tmp_path: Path, database_url: str) -> None:
    renamed = [{**TABLES[0], "name": "letters"}]
    other = [{"id": 9, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}]
    with site(tmp_path, database_url) as crm:
        crm.admin()("POST", NOTES, {"title": "a"})
    with site(tmp_path, database_url, tables=renamed) as crm:
        root = crm.browser()
        root.sign_in("root@example.com")
        root("POST", "/api/tables/letters/records", {"title": "b"})
        assert [each["tableName"] for each in listed(root, tableId="1")] == ["letters", "notes"]
        assert [each["recordId"] for each in listed(root, table="notes")] == ["1"]
    with site(tmp_path, database_url, tables=[*other, *renamed]) as crm:
        root = crm.browser()
        root.sign_in("root@example.com")
        root("POST", NOTES, {"title": "c"})
        assert [each["tableId"] for each in listed(root, table="notes")] == ["9", "1"]
        assert len(listed(root, table="notes", recordId="1")) == 2, "of both tables that have been called so"
        assert len(listed(root, tableId="1", recordId="1")) == 1
        assert [each["details"]["tables"] for each in migrations(root)][-1] == ["notes"]


def migrations(root: Browser) -> list[Any]:
    return [root("GET", f"{LOG}/{each['id']}").json() for each in reversed(listed(root, action="config.migrated"))]


def test_a_table_that_has_left_the_file_stays_in_the_log(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url) as crm:
        crm.admin()("POST", NOTES, {"title": "a"})
    other = [{"id": 2, "name": "tasks", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}]
    with site(tmp_path, database_url, tables=other) as crm:
        root = crm.browser()
        root.sign_in("root@example.com")
        for query in ({"table": "notes"}, {"tableId": "1"}, {"table": "notes", "recordId": "1"}):
            (entry,) = listed(root, **query)
            assert (entry["tableName"], entry["tableId"], entry["recordId"]) == ("notes", "1", "1")
        assert whole(root, table="notes")["changes"] == {"title": {"from": None, "to": "a"}}


def test_a_user_keeps_the_name_of_then_until_they_are_erased(crm: Site, root: Browser) -> None:
    ada = crm.browser()
    user = ada.sign_up()
    ada("POST", NOTES, {"title": "a"})
    ada.post("/update-user", name="Augusta")
    ada("POST", NOTES, {"title": "b"})
    assert [each["user"]["name"] for each in listed(root, table="notes", userId=user["id"])] == ["Augusta", "Ada"]
    assert root.post("/admin/remove-user", userId=user["id"]).status == 200
    assert listed(root, userId=user["id"]) == []
    assert listed(root, table="_auth", recordId=user["id"]) == []
    erased = {"id": None, "name": "Deleted user", "email": None}
    for entry in listed(root, table="notes"):
        assert entry["user"] == erased
        assert "userId" not in entry
    told = [root("GET", f"{LOG}/{each['id']}").json() for each in listed(root)]
    text = json.dumps(told)
    assert user["id"] not in text
    assert "ada@example.com" not in text
    gone = [each for each in told if each["user"] == erased]
    assert gone
    assert not any({"ip", "userAgent"} & each.keys() for each in gone)


def test_an_account_that_administered_first_leaves_no_id(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url, PASSWORDS) as crm:
        token = crm.opened["started"].bootstrap_token
        body = {"email": "first@example.com", "password": "correct-horse-1"}
        headers = {"authorization": f"Bearer {token}", "x-request-id": "claim"}
        made = crm.browser()("POST", "/api/admin/bootstrap/claim", body, headers=headers).json()
        root = crm.admin()
        (entry,) = listed(root, action="admin.bootstrapped")
        assert (entry["recordId"], entry["requestId"], entry["tableName"]) == (made["userId"], "claim", "_system")
        root.post("/admin/remove-user", userId=made["userId"])
        assert "recordId" not in listed(root, action="admin.bootstrapped")[0]
