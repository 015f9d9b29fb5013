"""The export of all that is stored of somebody."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.validators import ValidatorFactory
from tests.support.auth import Browser, Site

EXPORT = "/api/account/export"
DOCUMENT = json.loads((Path(__file__).parents[2] / "generated" / "openapi.json").read_bytes())


@pytest.fixture
def ada(crm: Site) -> Browser:
    browser = crm.browser()
    browser.sign_up()
    return browser


def exported(browser: Browser) -> Any:
    """Return the export, which must fit the contract: a stream is not held to it by the server."""
    answer = browser.get(EXPORT)
    assert answer.status == 200, answer.body
    value = answer.json()
    validator = ValidatorFactory(DOCUMENT).compile({"$ref": "#/components/schemas/AccountExport"})
    assert validator.is_valid(value), [str(each) for each in validator.explain(value)]
    return value


def test_nobody_gets_an_export_without_a_session(crm: Site) -> None:
    answer = crm.browser().get(EXPORT)
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
    unknown = crm.client("GET", EXPORT, headers={"authorization": "Bearer unknown"})
    assert unknown.status == 401
    bad_key = crm.client("GET", EXPORT, headers={"x-api-key": "unknown"})
    assert (bad_key.status, bad_key.json()["code"]) == (401, "INVALID_API_KEY")


def test_it_is_a_file_that_nobody_stores(ada: Browser) -> None:
    answer = ada.get(EXPORT)
    assert answer.headers["content-disposition"] == 'attachment; filename="account-export.json"'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers, "it is streamed"
    compressed = ada("GET", EXPORT, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in compressed.headers


def test_head_sends_the_headers_alone(ada: Browser) -> None:
    answer = ada("HEAD", EXPORT)
    assert (answer.status, answer.body) == (200, b"")
    assert "content-disposition" in answer.headers


def test_other_methods_and_parameters_are_refused(ada: Browser) -> None:
    assert ada("POST", EXPORT, {}).status == 405
    assert ada.get(EXPORT, format="xml").status == 400


def test_it_holds_everything_in_order(crm: Site, ada: Browser) -> None:
    user = ada.session["user"]
    crm.clock.pass_by(minutes=5)
    found = exported(ada)
    assert list(found) == [
        *("exportedAt", "format", "schemaVersion", "profile", "sessions", "accounts"),
        *("authoredRecords", "comments", "apiKeys", "activities"),
    ]
    assert (found["exportedAt"], found["format"], found["schemaVersion"]) == ("2026-03-01T09:05:00.000Z", "json", "1.0")
    assert found["profile"] == {
        "id": user["id"],
        "email": "ada@example.com",
        "name": "Ada",
        "image": None,
        "emailVerified": False,
        "role": "member",
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
    }
    (session,), (account,) = found["sessions"], found["accounts"]
    assert (session["userId"], session["ipAddress"], session["userAgent"]) == (user["id"], "127.0.0.1", None)
    assert (account["userId"], account["providerId"], account["scope"]) == (user["id"], "credential", None)
    assert (found["authoredRecords"], found["comments"], found["apiKeys"]) == ([], [], [])
    assert [each["action"] for each in found["activities"]] == ["user.created", "user.signed_in"]


def test_it_holds_no_secret(crm: Site, ada: Browser) -> None:
    secrets = {ada.token, *(row[0] for row in crm.sql("SELECT password FROM account"))}
    crm.sql("UPDATE account SET \"accessToken\" = 'access-secret', \"refreshToken\" = 'refresh-secret'")
    user_id = ada.session["user"]["id"]
    crm.sql(
        'INSERT INTO apikey (id, "referenceId", key, start, "createdAt", "updatedAt") '
        "VALUES ('k', ?1, 'key-hash', 'GkXrWp', '2026-03-01T09:00:00.000Z', '2026-03-01T09:00:00.000Z')",
        user_id,
    )
    text = json.dumps(exported(ada))
    assert "GkXrWp" in text
    for secret in (*secrets, "access-secret", "refresh-secret", "key-hash"):
        assert secret not in text


def test_it_tells_of_nobody_else(crm: Site, ada: Browser) -> None:
    eve = crm.browser()
    other = eve.sign_up("eve@example.com", name_of="Eve")
    crm.sql(
        'INSERT INTO session (id, token, "userId", "impersonatedBy", "expiresAt", "createdAt", "updatedAt", "ipAddress") '
        "VALUES ('i', 'i', ?1, ?2, ?3, ?3, ?3, '198.51.100.9')",
        ada.session["user"]["id"],
        other["id"],
        "2026-03-02T09:00:00.000Z",
    )
    text = json.dumps(exported(ada))
    assert other["id"] not in text
    assert "eve@example.com" not in text
    assert "198.51.100.9" not in text


def test_an_administrator_sees_the_true_role(crm: Site) -> None:
    assert exported(crm.admin())["profile"]["role"] == "admin"


def test_many_activities_come_in_pages(crm: Site, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.identity.account_export._ENTRIES_AT_ONCE", 2)
    for number in range(5):
        ada.post("/update-user", name=f"Ada {number}")
    expected = [row[0] for row in crm.sql("SELECT id FROM _activity ORDER BY id")]
    assert [each["id"] for each in exported(ada)["activities"]] == expected


def test_records_come_from_the_tables(crm: Site, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = ada.session["user"]["id"]
    times = {"createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z"}
    records = [{"tableSlug": "notes", "recordId": str(n), "fields": {"title": f"é{n}"}, **times} for n in range(3)]

    async def pages(self: Any, database: Any, author: Any, now: str) -> AsyncIterator[list[dict[str, Any]]]:
        assert (author.user_id, author.roles) == (user_id, {"member"})
        yield records[:2]
        yield records[2:]

    monkeypatch.setattr(type(crm.auth.authored), "pages", pages)
    assert exported(ada)["authoredRecords"] == records
