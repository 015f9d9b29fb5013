from __future__ import annotations

from typing import Any

import pytest

from tests.support.auth import Browser, Site

PEOPLE = [
    ("ada@example.com", "Ada 100%", "editor"),
    ("bea@example.org", "bea_x", "member"),
    ("cy@example.org", "Änne", "viewer"),
]
AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "description": "Writes", "level": 50}],
}


@pytest.fixture
def site(opened: Any) -> Site:
    made: Site = opened(AUTH)
    return made


@pytest.fixture
def admin(site: Site) -> Browser:
    browser = site.admin()
    for email, name, role in PEOPLE:
        site.clock.pass_by(seconds=1)
        answer = browser.post("/admin/create-user", email=email, name=name, role=role)
        assert answer.status == 200
    return browser


def names(browser: Browser, **query: Any) -> list[str]:
    answer = browser.get("/admin/list-users", **query)
    assert answer.status == 200, answer.body
    content = answer.json()
    return [user["email"].partition("@")[0] for user in content["users"]]


def test_users_are_listed_in_the_order_of_their_making(admin: Browser) -> None:
    answer = admin.get("/admin/list-users").json()
    assert [user["name"] for user in answer["users"]] == ["Ada", "Ada 100%", "bea_x", "Änne"]
    assert set(answer) == {"users", "total"}
    assert answer["total"] == 4
    assert set(answer["users"][0]) == {
        *("id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"),
        *("role", "banned", "banReason", "banExpires"),
    }


def test_pages_count_all_and_echo_what_was_sent(admin: Browser) -> None:
    page = admin.get("/admin/list-users", limit=2, offset=1).json()
    assert ([user["name"] for user in page["users"]], page["total"]) == (["Ada 100%", "bea_x"], 4)
    assert (page["limit"], page["offset"]) == (2, 1)
    first = admin.get("/admin/list-users", limit=1, offset=0).json()
    assert (first["limit"], "offset" in first, first["total"]) == (1, False, 4)
    assert admin.get("/admin/list-users", offset=9).json() == {"users": [], "total": 4, "offset": 9}


BAD: list[dict[str, Any]] = [
    {"limit": 0},
    {"limit": 1001},
    {"limit": "x"},
    {"limit": ""},
    {"limit": 1.5},
    {"offset": -1},
    {"searchField": "role"},
    {"searchOperator": "eq"},
    {"filterOperator": "like", "filterValue": "x"},
    {"sortDirection": "up"},
    {"filterField": "banned", "filterValue": "maybe"},
    {"filterField": "createdAt", "filterValue": "yesterday"},
    {"filterField": "createdAt", "filterOperator": "contains", "filterValue": "2026"},
    {"filterValue": ["a", "b"]},
]


def test_bad_values_are_refused(admin: Browser) -> None:
    for query in BAD:
        answer = admin.get("/admin/list-users", **query)
        assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR"), query
        assert answer.json()["message"].startswith("[query.")


SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({"searchValue": "EXAMPLE.org"}, ["bea", "cy"]),
    ({"searchValue": "ADA"}, ["ada"]),
    ({"searchValue": "BEA", "searchField": "name"}, ["bea"]),
    ({"searchValue": "äN", "searchField": "name", "searchOperator": "starts_with"}, ["cy"]),
    ({"searchValue": "0%", "searchField": "name", "searchOperator": "ends_with"}, ["ada"]),
    ({"searchValue": "%", "searchField": "name"}, ["ada"]),
    ({"searchValue": "_", "searchField": "name"}, ["bea"]),
    ({"searchValue": ""}, ["root", "ada", "bea", "cy"]),
    ({"searchValue": "nobody"}, []),
    ({"searchValue": "example.org", "filterField": "role", "filterValue": "viewer"}, ["cy"]),
]


def test_searches_ignore_case_and_take_signs_as_they_are(admin: Browser) -> None:
    for query, found in SEARCHES:
        assert names(admin, **query) == found, query


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"filterValue": "ADA@example.com"}, ["ada"]),
    ({"filterField": "role", "filterValue": "admin"}, ["root"]),
    ({"filterField": "role", "filterOperator": "ne", "filterValue": "admin"}, ["ada", "bea", "cy"]),
    ({"filterField": "role", "filterOperator": "in", "filterValue": ["admin", "viewer"]}, ["root", "cy"]),
    ({"filterField": "role", "filterOperator": "in", "filterValue": "viewer"}, ["cy"]),
    ({"filterField": "role", "filterOperator": "not_in", "filterValue": ["admin", "viewer"]}, ["ada", "bea"]),
    ({"filterField": "image", "filterOperator": "ne", "filterValue": "x"}, ["root", "ada", "bea", "cy"]),
    ({"filterField": "image", "filterOperator": "not_in", "filterValue": "x"}, ["root", "ada", "bea", "cy"]),
    ({"filterField": "image", "filterOperator": "lt", "filterValue": "x"}, []),
    ({"filterField": "banned", "filterValue": "true"}, []),
    ({"filterField": "banned", "filterValue": "false"}, ["root", "ada", "bea", "cy"]),
    (
        {"filterField": "createdAt", "filterOperator": "gt", "filterValue": "2026-03-01T09:00:01.000Z"},
        ["bea", "cy"],
    ),
    (
        {"filterField": "createdAt", "filterOperator": "lte", "filterValue": "2026-03-01T10:00:01+01:00"},
        ["root", "ada"],
    ),
    ({"filterField": "createdAt", "filterOperator": "gte", "filterValue": "2026-03-02"}, []),
    ({"filterField": "name", "filterOperator": "contains", "filterValue": "A 1"}, ["ada"]),
    ({"filterField": "name", "filterOperator": "starts_with", "filterValue": ""}, ["root", "ada", "bea", "cy"]),
    ({"filterField": "name", "filterOperator": "gte", "filterValue": "BEA"}, ["bea", "cy"]),
    ({"filterField": "email", "filterOperator": "ends_with", "filterValue": ".ORG"}, ["bea", "cy"]),
]


def test_filters_compare_with_the_type_of_the_property(admin: Browser) -> None:
    for query, found in FILTERS:
        assert names(admin, **query) == found, query


def test_a_property_that_users_do_not_have_leaves_nobody(admin: Browser) -> None:
    for query in ({"filterField": "password", "filterValue": "x"}, {"sortBy": "password"}, {"sortBy": ""}):
        assert admin.get("/admin/list-users", **query, limit=5).json() == {"users": [], "total": 0}
    # There is no second factor here.
    assert names(admin, filterField="twoFactorEnabled", filterValue="false") == []


def test_users_are_sorted_both_ways_with_nulls_first_or_last(admin: Browser, site: Site) -> None:
    assert names(admin, sortBy="email", sortDirection="desc") == ["root", "cy", "bea", "ada"]
    assert names(admin, sortBy="name") == ["root", "ada", "bea", "cy"]
    site.sql("UPDATE \"user\" SET image = 'a' WHERE email = 'bea@example.org'")
    assert names(admin, sortBy="image")[-1] == "bea"
    assert names(admin, sortBy="image", sortDirection="desc")[0] == "bea"


def test_who_has_no_role_counts_as_one_with_the_default_role(admin: Browser, site: Site) -> None:
    site.sql("UPDATE \"user\" SET role = NULL, banned = NULL WHERE email = 'cy@example.org'")
    assert names(admin, filterField="role", filterValue="member") == ["bea", "cy"]
    assert names(admin, filterField="role", filterOperator="ne", filterValue="admin") == ["ada", "bea", "cy"]
    assert names(admin, filterField="banned", filterValue="false", searchValue="cy") == ["cy"]
