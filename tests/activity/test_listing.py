"""Lists of the activity log: who may have them, what is in them, and how they are paged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.activity_actions import ACTIONS
from tests.support.auth import Browser, Site, site
from tests.support.serving import serving

LOG = "/api/activity"
NOTES = "/api/tables/notes/records"
TABLES = [
    {"id": 1, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]},
    {"id": 2, "name": "tasks", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]},
]


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Site]:
    auth = {"strategies": [{"type": "emailAndPassword"}], "apiKeys": {"enabled": True}, "roles": [{"name": "editor"}]}
    with site(tmp_path, database_url, auth, tables=TABLES) as opened:
        yield opened


@pytest.fixture
def root(crm: Site) -> Browser:
    return crm.admin()


def listed(caller: Browser, **query: Any) -> Any:
    answer = caller("GET", LOG, query=query)
    assert answer.status == 200, answer.body
    return answer.json()


def actions(caller: Browser, **query: Any) -> list[str]:
    return [each["action"] for each in listed(caller, **query)["activities"]]


def refused(caller: Browser, **query: Any) -> list[tuple[str, str]]:
    answer = caller("GET", LOG, query=query)
    assert answer.status == 400, answer.body
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


# Who may ---------------------------------------------------------------------------------------------------------------


def test_somebody_who_is_not_signed_in_is_turned_away_whatever_they_ask(crm: Site, root: Browser) -> None:
    entry = listed(root, category="all")["activities"][0]["id"]
    for path in (LOG, f"{LOG}?category=none", f"{LOG}/{entry}", f"{LOG}/none"):
        assert crm.browser()("GET", path).status == 401


@pytest.mark.parametrize("role", ["member", "viewer", "editor", "member,editor"])
def test_who_is_no_administrator_is_refused_whatever_they_ask(crm: Site, root: Browser, role: str) -> None:
    entry = listed(root, category="all")["activities"][0]["id"]
    ada = crm.browser()
    ada.sign_up()
    crm.sql('UPDATE "user" SET role = ?1 WHERE email = ?2', role, "ada@example.com")
    answers = [ada("GET", path) for path in (LOG, f"{LOG}?category=none", f"{LOG}/{entry}", f"{LOG}/none")]
    assert [answer.status for answer in answers] == [403] * 4
    assert len({answer.json()["message"] for answer in answers}) == 1, "nobody learns which entries there are"


def test_a_key_may_do_what_its_owner_may(crm: Site, root: Browser) -> None:
    ada = crm.browser()
    ada.sign_up()
    for owner, status in ((root, 200), (ada, 403)):
        key = owner.post("/api-key/create").json()["key"]
        assert crm.browser()("GET", LOG, headers={"x-api-key": key}).status == status
    assert crm.browser()("GET", LOG, headers={"x-api-key": "unknown"}).status == 401
    assert crm.browser()("GET", LOG, headers={"authorization": "Bearer unknown"}).status == 401


def test_an_administrator_who_acts_as_somebody_else_has_their_rights(crm: Site, root: Browser) -> None:
    ada = crm.browser().sign_up()
    assert root.post("/admin/impersonate-user", userId=ada["id"]).status == 200
    assert root("GET", LOG).status == 403
    assert root.post("/admin/stop-impersonating").status == 200
    assert root("GET", LOG).status == 200


def test_a_banned_or_demoted_administrator_reads_no_more(crm: Site, root: Browser) -> None:
    other = crm.browser()
    other.sign_up("other@example.com")
    crm.promote("other@example.com")
    assert other("GET", LOG).status == 200
    user = other.session["user"]["id"]
    root.post("/admin/set-role", userId=user, role="member")
    assert other("GET", LOG).status == 403
    root.post("/admin/ban-user", userId=user)
    assert other("GET", LOG).status == 401


def test_without_accounts_nobody_administers(tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"name": "crm", "tables": TABLES}), "utf-8")
    with serving(file, database_url) as api:
        for path in (LOG, f"{LOG}?category=none", f"{LOG}/none"):
            answer = api("GET", path)
            assert (answer.status, answer.json()["code"]) == (403, "FORBIDDEN")


# What is in them -------------------------------------------------------------------------------------------------------


def test_an_entry_says_who_did_what_to_which_record_by_which_request(crm: Site, root: Browser) -> None:
    made = root("POST", NOTES, {"title": "a"}, headers={"x-request-id": "my-request"})
    (entry,) = listed(root)["activities"]
    user = root.session["user"]
    assert entry == {
        "id": entry["id"],
        "createdAt": "2026-03-01T09:00:00.000Z",
        "category": "records",
        "action": "create",
        "userId": user["id"],
        "user": {"id": user["id"], "name": "Ada", "email": "root@example.com"},
        "tableName": "notes",
        "tableId": "1",
        "recordId": made.json()["id"],
        "requestId": "my-request",
    }


def test_what_does_not_exist_is_left_out(crm: Site, root: Browser) -> None:
    crm.browser().sign_in("nobody@example.com")
    (entry,) = listed(root, action="user.sign_in_failed")["activities"]
    assert entry.keys() == {"id", "createdAt", "category", "action", "user", "tableName", "requestId"}
    assert (entry["user"], entry["tableName"]) == (None, "_auth")
    (entry,) = listed(root, category="system")["activities"]
    assert entry.keys() == {"id", "createdAt", "category", "action", "user", "tableName"}
    assert (entry["user"], entry["tableName"], entry["action"]) == (None, "_system", "config.migrated")


def test_what_an_administrator_does_as_somebody_else_names_both(crm: Site, root: Browser) -> None:
    admin = root.session["user"]["id"]
    ada = crm.browser().sign_up()
    root.post("/admin/impersonate-user", userId=ada["id"])
    root("POST", NOTES, {"title": "a"})
    root.post("/admin/stop-impersonating")
    (entry,) = listed(root)["activities"]
    assert (entry["userId"], entry["impersonatedBy"]) == (ada["id"], admin)
    stopped = listed(root, action="impersonation.stopped")["activities"][0]
    assert (stopped["impersonatedBy"], stopped["recordId"]) == (admin, ada["id"])


def test_the_entries_of_one_request_share_its_id(crm: Site, root: Browser) -> None:
    root("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "abc"]})
    ids = {each["requestId"] for each in listed(root)["activities"]}
    assert len(ids) == 1
    assert actions(root) == ["create"] * 3


# Filters ---------------------------------------------------------------------------------------------------------------


def test_without_a_category_the_list_is_of_records_and_beside_an_action_or_a_table_of_all(
    crm: Site, root: Browser
) -> None:
    user = root.session["user"]["id"]
    root("POST", NOTES, {"title": "a"})
    assert actions(root) == ["create"]
    assert actions(root, userId=user) == ["create"]
    assert actions(root, action="user.signed_in") == ["user.signed_in"]
    assert actions(root, table="_auth") == ["user.signed_in", "user.created"]
    assert actions(root, tableName="_system") == ["config.migrated"]
    assert actions(root, tableId="1") == ["create"]
    assert actions(root, category="all") == ["create", "user.signed_in", "user.created", "config.migrated"]
    assert actions(root, category="auth") == ["user.signed_in", "user.created"]
    assert actions(root, category="auth", tableId="1") == []


def test_a_table_has_one_filter_by_two_names_and_one_by_its_id(crm: Site, root: Browser) -> None:
    root("POST", NOTES, {"title": "a"})
    root("POST", "/api/tables/tasks/records", {"title": "b"})
    for query in ({"table": "tasks"}, {"tableName": "tasks"}, {"tableId": "2"}, {"tableName": "tasks", "tableId": "2"}):
        assert [each["tableName"] for each in listed(root, **query)["activities"]] == ["tasks"]
    assert listed(root, tableName="tasks", tableId="1")["activities"] == []
    assert refused(root, table="tasks", tableName="tasks") == [("table", "conflicting")]


def test_a_record_is_found_with_its_table_only(crm: Site, root: Browser) -> None:
    user = root.session["user"]["id"]
    for _ in range(2):
        root("POST", NOTES, {"title": "a"})
    root("PATCH", f"{NOTES}/2", {"title": "b"})
    for table in ({"table": "notes"}, {"tableId": "1"}):
        assert actions(root, recordId="2", **table) == ["update", "create"]
    assert actions(root, recordId=user, table="_auth") == ["user.signed_in", "user.created"]
    assert refused(root, recordId="2") == [("recordId", "required")]


@pytest.mark.parametrize("name", ["table", "tableName", "tableId", "userId"])
def test_what_no_longer_exists_or_never_did_is_no_error(crm: Site, root: Browser, name: str) -> None:
    answer = listed(root, **{name: "never"})
    assert answer["activities"] == []
    assert answer["pagination"] == {
        "page": 1,
        "limit": 50,
        "pageSize": 50,
        "offset": 0,
        "total": 0,
        "totalPages": 0,
        "hasNextPage": False,
        "hasPreviousPage": False,
        "nextCursor": None,
    }


def test_every_action_may_be_asked_for(crm: Site, root: Browser) -> None:
    for action in sorted({each for names in ACTIONS.values() for each in names}):
        assert set(actions(root, action=action)) <= {action}
    assert refused(root, action="read") == [("action", "invalid_value")]


def test_dates_are_whole_days_and_times_are_themselves(crm: Site, root: Browser) -> None:
    for day in range(4):
        crm.clock.pass_by(days=0 if day == 0 else 1)
        root.sign_in("root@example.com")
        root("POST", NOTES, {"title": str(day)})

    def found(**query: str) -> list[str]:
        return [each["createdAt"][8:10] for each in listed(root, **query)["activities"]]

    assert found() == ["04", "03", "02", "01"]
    assert found(startDate="2026-03-02", endDate="2026-03-03") == ["03", "02"]
    assert found(startDate="2026-03-02", endDate="2026-03-02") == ["02"]
    assert found(startDate="2026-03-02T09:00:00Z", endDate="2026-03-03T10:00:00+01:00") == ["03", "02"]
    assert found(startDate="2026-03-02T09:00:00.001Z", endDate="2026-03-03T08:59:59.999Z") == []
    moment = "2026-03-02T09:00:00.0000009Z"
    assert found(startDate=moment, endDate=moment) == found(startDate=moment, endDate="2026-03-03T08:59:59Z") == []
    assert found(startDate="2026-03-02T09:00:00Z", endDate=moment) == ["02"]
    assert found(startDate="9999-12-31T23:59:59.9999Z") == []
    assert found(endDate="9999-12-31T23:59:59.9999Z") == found()
    assert found(endDate="2026-03-01") == ["01"]
    assert found(startDate="2027-01-01") == []


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-03-01T09:00:00", "yesterday..", "2026-03-01T09:00:00 01:00", "2026-W09-5"]
)
def test_what_is_no_date_and_no_time_with_an_offset_is_refused(root: Browser, text: str) -> None:
    assert refused(root, startDate=text) == [("startDate", "invalid_date")]
    assert refused(root, endDate=text) == [("endDate", "invalid_date")]


def test_an_end_before_the_start_is_refused(root: Browser) -> None:
    assert refused(root, startDate="2026-03-02", endDate="2026-03-01") == [("endDate", "invalid_value")]
    late = {"startDate": "2026-03-01T12:00:00Z", "endDate": "2026-03-01T11:00:00Z"}
    assert refused(root, **late) == [("endDate", "invalid_value")]
    close = {"startDate": "2026-03-01T12:00:00.0002Z", "endDate": "2026-03-01T13:00:00.0001+01:00"}
    assert refused(root, **close) == [("endDate", "invalid_value")]


# Pages -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"page": "0"}, "page", "out_of_range"),
        ({"page": "90071992547410"}, "page", "out_of_range"),
        ({"pageSize": "0"}, "pageSize", "out_of_range"),
        ({"pageSize": "101"}, "pageSize", "out_of_range"),
        ({"limit": "10"}, "limit", "unknown_parameter"),
        ({"offset": "10"}, "offset", "unknown_parameter"),
        ({"category": "none"}, "category", "invalid_value"),
        ({"count": "some"}, "count", "invalid_value"),
        ({"cursor": "bm9ib2R5IGV2ZXIgZ290IHRoaXM"}, "cursor", "invalid_cursor"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(root: Browser, query: dict[str, str], field: str, code: str) -> None:
    assert (field, code) in refused(root, **query)


def test_the_envelope_says_where_a_page_is(crm: Site, root: Browser) -> None:
    root("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "abcde"]})
    first = listed(root, pageSize=2)["pagination"]
    cursor = first.pop("nextCursor")
    assert first == {
        "page": 1,
        "limit": 2,
        "pageSize": 2,
        "offset": 0,
        "total": 5,
        "totalPages": 3,
        "hasNextPage": True,
        "hasPreviousPage": False,
    }
    last = listed(root, pageSize=2, page=3)["pagination"]
    assert (last["page"], last["offset"], last["hasNextPage"], last["nextCursor"]) == (3, 4, False, None)
    following = listed(root, pageSize=2, cursor=cursor)["pagination"]
    assert following.keys() == {"limit", "pageSize", "total", "totalPages", "hasNextPage", "nextCursor"}
    beyond = listed(root, pageSize=2, page=90071992547409)
    assert (beyond["activities"], beyond["pagination"]["hasPreviousPage"]) == ([], True)
    assert refused(root, page=1, cursor=cursor) == [("cursor", "conflicting")]
    without = listed(root, pageSize=2, count="none")["pagination"]
    assert not {"total", "totalPages"} & without.keys()


def test_an_estimate_is_exact_up_to_its_bound_and_says_so_beyond(
    crm: Site, root: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tabularium.activity import reading
    from tabularium.query import pagination

    root("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "abc"]})
    for most, expected in ((3, {"total": 3, "totalPages": 1}), (2, {"total": 2, "totalIsEstimate": True})):
        for module in (reading, pagination):
            monkeypatch.setattr(module, "MOST_ESTIMATED", most)
        found = listed(root)["pagination"]
        assert {name: value for name, value in found.items() if name.startswith("total")} == expected
        assert listed(root, count="exact")["pagination"]["total"] == 3


def test_a_cursor_is_bound_to_what_was_asked_and_not_to_the_size_of_a_page(crm: Site, root: Browser) -> None:
    root("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "abcde"]})
    cursor = listed(root, pageSize=2)["pagination"]["nextCursor"]
    assert len(listed(root, pageSize=100, cursor=cursor, count="none")["activities"]) == 3
    assert len(listed(root, category="records", cursor=cursor)["activities"]) == 3, "it is the same list"
    for query in (
        {"category": "all"},
        {"table": "notes"},
        {"action": "create"},
        {"userId": "u"},
        {"startDate": "2026-01-01"},
    ):
        assert refused(root, cursor=cursor, **query) == [("cursor", "invalid_cursor")]
    altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert refused(root, cursor=altered) == [("cursor", "invalid_cursor")]
    history = root("GET", f"{NOTES}/1/history?limit=1").json()
    assert history["pagination"]["nextCursor"] is None
    records = root("GET", f"{NOTES}?limit=1").json()["pagination"]["nextCursor"]
    assert refused(root, cursor=records) == [("cursor", "invalid_cursor")]


def test_entries_added_meanwhile_make_no_other_appear_twice(crm: Site, root: Browser) -> None:
    root("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "abcd"]})
    first = listed(root, pageSize=2)
    root("POST", NOTES, {"title": "e"})
    second = listed(root, pageSize=2, cursor=first["pagination"]["nextCursor"])
    ids = [each["recordId"] for each in first["activities"] + second["activities"]]
    assert ids == ["4", "3", "2", "1"]
