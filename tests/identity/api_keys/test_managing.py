"""Making, listing, changing and deleting API keys."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.identity.secrets import hashed
from tests.identity.conftest import Open
from tests.support.auth import Browser, Site

DAY = 86_400
ALL = [
    *("id", "configId", "name", "start", "prefix", "referenceId", "enabled", "rateLimitEnabled"),
    *("rateLimitTimeWindow", "rateLimitMax", "requestCount", "remaining", "refillAmount", "refillInterval"),
    *("lastRefillAt", "lastRequest", "expiresAt", "permissions", "metadata", "createdAt", "updatedAt"),
]
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "create", {}),
    ("GET", "list", {}),
    ("GET", "get", {"id": "x"}),
    ("POST", "update", {"keyId": "x", "enabled": False}),
    ("POST", "delete", {"keyId": "x"}),
]


@pytest.fixture
def ada(crm: Site) -> Browser:
    browser = crm.browser()
    browser.sign_up()
    return browser


def call(browser: Browser, method: str, name: str, sent: dict[str, Any], **headers: str) -> Any:
    path = f"/api-key/{name}"
    if method == "GET":
        return browser(method, path, query=sent, headers=headers)
    return browser(method, path, sent, headers=headers)


def make(browser: Browser, **sent: Any) -> Any:
    answer = browser.post("/api-key/create", **sent)
    assert answer.status == 200, answer.body
    return answer.json()


def told(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def test_the_operations_are_not_there_where_keys_are_switched_off(opened: Open) -> None:
    site = opened({"strategies": [{"type": "emailAndPassword"}], "apiKeys": {"enabled": False}})
    browser = site.browser()
    browser.sign_up()
    assert {call(browser, *each).status for each in OPERATIONS} == {404}


def test_nobody_has_keys_who_is_not_signed_in(crm: Site) -> None:
    codes = {name: told(call(crm.browser(), method, name, sent)) for method, name, sent in OPERATIONS}
    assert codes == {
        "create": (401, "UNAUTHORIZED_SESSION"),
        "list": (401, "UNAUTHORIZED"),
        "get": (401, "UNAUTHORIZED"),
        "update": (401, "UNAUTHORIZED_SESSION"),
        "delete": (401, "UNAUTHORIZED"),
    }
    assert call(crm.browser(), "POST", "create", {}).json()["message"] == "Unauthorized or invalid session"


def test_keys_of_others_are_not_there(crm: Site, ada: Browser) -> None:
    key = make(ada)["id"]
    eve = crm.browser()
    eve.sign_up("eve@example.com")
    assert eve.get("/api-key/list").json() == {"apiKeys": [], "total": 0}
    for method, name, sent in OPERATIONS[2:]:
        ours = {**sent, "id": key} if method == "GET" else {**sent, "keyId": key}
        answers = [call(eve, method, name, each) for each in (ours, sent)]
        assert [told(answer) for answer in answers] == [(404, "KEY_NOT_FOUND")] * 2
        assert answers[0].json()["message"] == "API Key not found"
    assert ada.get("/api-key/get", id=key).status == 200


def test_a_key_is_shown_once_and_stored_as_its_hash(crm: Site, ada: Browser) -> None:
    made = make(ada)
    assert list(made) == [*ALL, "key"]
    key = made.pop("key")
    assert len(key) == 64
    assert key.isascii()
    assert key.isalpha()
    assert made == {
        **dict.fromkeys(ALL),
        "id": made["id"],
        "configId": "default",
        "start": key[:6],
        "referenceId": ada.session["user"]["id"],
        "enabled": True,
        "rateLimitEnabled": False,
        "requestCount": 0,
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
    }
    assert crm.sql("SELECT key FROM apikey") == [(hashed(key),)]
    assert ada.get("/api-key/get", id=made["id"]).json() == made
    assert ada.get("/api-key/list").json() == {"apiKeys": [made], "total": 1}
    assert crm.activities()[-1] == ("auth", "api_key.created", {"keyId": made["id"]})


def test_a_key_has_what_was_asked_for(ada: Browser) -> None:
    made = make(
        ada, name="in", prefix="crm_", expiresIn=30 * DAY, metadata={"a": [1, {"b": None}]}, configId="default", more=1
    )
    assert (made["name"], made["prefix"], made["metadata"]) == ("in", "crm_", {"a": [1, {"b": None}]})
    assert made["key"].startswith("crm_")
    assert len(made["key"]) == 68
    assert made["start"] == made["key"][:6]
    assert made["expiresAt"] == "2026-03-31T09:00:00.000Z"


def test_the_file_says_how_long_a_key_holds_unless_it_is_asked_for(opened: Open) -> None:
    site = opened({"strategies": [{"type": "emailAndPassword"}], "apiKeys": {"defaultExpiresIn": DAY}})
    ada = site.browser()
    ada.sign_up()
    assert make(ada)["expiresAt"] == "2026-03-02T09:00:00.000Z"
    assert make(ada, expiresIn=2 * DAY)["expiresAt"] == "2026-03-03T09:00:00.000Z"
    assert make(ada, expiresIn=None)["expiresAt"] is None


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "INVALID_NAME_LENGTH"),
    ({"name": "x" * 33}, "INVALID_NAME_LENGTH"),
    ({"expiresIn": DAY - 1}, "EXPIRES_IN_IS_TOO_SMALL"),
    ({"expiresIn": -1}, "EXPIRES_IN_IS_TOO_SMALL"),
    ({"expiresIn": 365 * DAY + 1}, "EXPIRES_IN_IS_TOO_LARGE"),
    ({"metadata": []}, "INVALID_METADATA_TYPE"),
    ({"metadata": "{}"}, "INVALID_METADATA_TYPE"),
    ({"metadata": {"a": "x" * 4096}}, "VALIDATION_ERROR"),
    ({"metadata": {"a": ["\0"]}}, "VALIDATION_ERROR"),
    ({"metadata": {"\0": 1}}, "VALIDATION_ERROR"),
    ({"remaining": 5}, "SERVER_ONLY_PROPERTY"),
    ({"refillAmount": 1}, "SERVER_ONLY_PROPERTY"),
    ({"refillInterval": None}, "SERVER_ONLY_PROPERTY"),
    ({"rateLimitEnabled": False}, "SERVER_ONLY_PROPERTY"),
    ({"rateLimitTimeWindow": 1}, "SERVER_ONLY_PROPERTY"),
    ({"rateLimitMax": 1}, "SERVER_ONLY_PROPERTY"),
    ({"permissions": {}}, "SERVER_ONLY_PROPERTY"),
    ({"name": 5}, "VALIDATION_ERROR"),
    ({"name": "a\0"}, "VALIDATION_ERROR"),
    ({"expiresIn": "1"}, "VALIDATION_ERROR"),
    ({"expiresIn": DAY + 0.5}, "VALIDATION_ERROR"),
    ({"configId": "other"}, "VALIDATION_ERROR"),
]


def test_what_does_not_fit_is_refused(crm: Site, ada: Browser) -> None:
    key = make(ada)["id"]
    before = crm.sql("SELECT * FROM apikey")
    for sent, code in REFUSED:
        for name, more in (("create", {}), ("update", {"keyId": key})):
            assert told(call(ada, "POST", name, {**sent, **more})) == (400, code), (name, sent)
    for sent, code in (
        ({"prefix": ""}, "INVALID_PREFIX_LENGTH"),
        ({"prefix": "x" * 33}, "INVALID_PREFIX_LENGTH"),
        ({"prefix": "a b"}, "VALIDATION_ERROR"),
        ({"prefix": "a\n"}, "VALIDATION_ERROR"),
    ):
        assert told(call(ada, "POST", "create", sent)) == (400, code), sent
    assert crm.sql("SELECT * FROM apikey") == before


def test_nobody_makes_or_changes_keys_for_somebody_else(ada: Browser) -> None:
    key, own_id = make(ada)["id"], ada.session["user"]["id"]
    for user_id in ("somebody", own_id, 5):
        assert told(ada.post("/api-key/create", userId=user_id)) == (401, "UNAUTHORIZED_SESSION")
        assert told(ada.post("/api-key/update", keyId=key, name="a", userId=user_id)) == (401, "UNAUTHORIZED_SESSION")
    assert make(ada, remaining=None, metadata=None, userId=None)["remaining"] is None


def test_a_key_is_changed(crm: Site, ada: Browser) -> None:
    made = make(ada, name="a", expiresIn=DAY, metadata={"a": 1})
    key = made.pop("key")
    crm.clock.pass_by(hours=1)
    answer = ada.post(
        "/api-key/update", keyId=made["id"], name="b", enabled=False, expiresIn=2 * DAY, metadata={"b": 2}
    )
    expected = {**made, "name": "b", "enabled": False, "metadata": {"b": 2}}
    expected |= {"expiresAt": "2026-03-03T10:00:00.000Z", "updatedAt": "2026-03-01T10:00:00.000Z"}
    assert (answer.status, answer.json()) == (200, expected)
    assert ada.get("/api-key/get", id=made["id"]).json() == expected
    assert crm.activities()[-1] == ("auth", "api_key.updated", {"keyId": made["id"]})
    refused = crm.browser()("GET", "/get-session", headers={"x-api-key": key})
    assert told(refused) == (401, "KEY_DISABLED")
    cleared = ada.post("/api-key/update", keyId=made["id"], enabled=True, expiresIn=None, metadata=None).json()
    assert (cleared["enabled"], cleared["expiresAt"], cleared["metadata"], cleared["name"]) == (True, None, None, "b")
    nothing = ada.post("/api-key/update", keyId=made["id"], prefix="x")
    assert (*told(nothing), nothing.json()["message"]) == (400, "NO_VALUES_TO_UPDATE", "No values to update.")


def test_a_deleted_key_stops_at_once(crm: Site, ada: Browser) -> None:
    made = make(ada)
    assert ada.post("/api-key/delete", keyId=made["id"], configId="default").json() == {"success": True}
    assert told(ada.post("/api-key/delete", keyId=made["id"])) == (404, "KEY_NOT_FOUND")
    assert told(crm.browser()("GET", "/get-session", headers={"x-api-key": made["key"]})) == (401, "INVALID_API_KEY")
    assert crm.activities()[-1] == ("auth", "api_key.deleted", {"keyId": made["id"]})


def test_a_list_is_sorted_and_cut(crm: Site, ada: Browser) -> None:
    for name in ("b", None, "a", "C"):
        make(ada, **({} if name is None else {"name": name}))
        crm.clock.pass_by(seconds=1)

    def names(**query: Any) -> list[str | None]:
        return [key["name"] for key in ada.get("/api-key/list", **query).json()["apiKeys"]]

    assert names() == ["b", None, "a", "C"]
    assert names(sortDirection="desc") == ["C", "a", None, "b"]
    assert names(sortBy="name") == [None, "C", "a", "b"]
    assert names(sortBy="name", sortDirection="desc") == ["b", "a", "C", None]
    assert len(names(sortBy="requestCount", limit=2)) == 2
    page = ada.get("/api-key/list", limit=2, offset=3, configId="default").json()
    assert ([key["name"] for key in page.pop("apiKeys")], page) == (["C"], {"total": 4, "limit": 2, "offset": 3})
    assert ada.get("/api-key/list", offset=0).json()["offset"] == 0


def test_a_list_that_cannot_be_is_refused(ada: Browser) -> None:
    wrong = [("limit", 0), ("limit", 1001), ("limit", "x"), ("offset", -1), ("sortBy", "key"), ("sortDirection", "up")]
    for name, value in (*wrong, ("configId", "other")):
        assert told(ada.get("/api-key/list", **{name: value})) == (400, "VALIDATION_ERROR"), name


def test_a_key_may_look_at_keys_and_make_none(crm: Site, ada: Browser) -> None:
    made = make(ada)
    stranger, key = crm.browser(), made.pop("key")
    codes = {name: call(stranger, method, name, sent, **{"x-api-key": key}).status for method, name, sent in OPERATIONS}
    assert codes == {"create": 401, "list": 200, "get": 404, "update": 401, "delete": 401}
    assert stranger("GET", "/api-key/list", headers={"x-api-key": key}).json()["total"] == 1
    shown = stranger("GET", "/api-key/get", query={"id": made["id"]}, headers={"x-api-key": key}).json()
    assert shown == {**made, "lastRequest": "2026-03-01T09:00:00.000Z"}


def test_keys_of_an_adopted_database_are_shown_as_they_are(crm: Site, ada: Browser) -> None:
    key = make(ada)["id"]
    crm.sql(
        'UPDATE apikey SET "configId" = NULL, enabled = NULL, "requestCount" = NULL, metadata = ?1, permissions = ?2, remaining = 7',
        '"{\\"a\\":1}"',
        "broken",
    )
    shown = ada.get("/api-key/get", id=key).json()
    assert (shown["configId"], shown["enabled"], shown["requestCount"], shown["remaining"]) == ("default", True, 0, 7)
    assert (shown["metadata"], shown["permissions"]) == ({"a": 1}, None)


def test_no_key_is_left_of_somebody_who_goes_at_the_same_time(crm: Site, ada: Browser) -> None:
    creations = [("POST", "/api/auth/api-key/create", {})] * 4
    deletion = ("POST", "/api/auth/delete-user", {})
    answers = ada.together(deletion, *creations)
    assert answers[0].status == 200
    assert {answer.status for answer in answers[1:]} <= {200, 401}
    assert crm.sql("SELECT count(*) FROM apikey") == [(0,)]
