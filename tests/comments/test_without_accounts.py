"""Comments in an application without authentication: everybody is a guest, and nobody an author or administrator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comments.conftest import table
from tests.support.asgi import Client
from tests.support.serving import serving


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Client]:
    file = tmp_path / "app.json"
    tables = [
        table(1, "notes"),
        table(2, "tracked", comments={"readTracking": True, "guestEmailRequired": True}),
        table(3, "closed", permissions={"comment": ["admin"]}),
    ]
    file.write_text(json.dumps({"name": "crm", "tables": tables}), "utf-8")
    with serving(file, database_url) as client:
        for each in tables:
            assert client("POST", f"/api/tables/{each['name']}/records", {"title": "a"}).status == 201
        yield client


def thread(name: str) -> str:
    return f"/api/tables/{name}/records/1/comments"


def test_everybody_reads_and_writes(api: Client) -> None:
    answer = api("POST", thread("notes"), {"content": "a", "guestName": "Ada", "guestEmail": "a@example.org"})
    comment = answer.json()["comment"]
    assert (answer.status, comment["userId"], comment["guestName"]) == (201, None, "Ada")
    assert api("POST", thread("notes"), {"content": "b", "parentCommentId": comment["id"]}).status == 201
    listed = api("GET", thread("notes"))
    assert [each["content"] for each in listed.json()["comments"]] == ["b", "a"]
    assert "example.org" not in listed.body.decode()


def test_what_needs_an_author_or_an_administrator_is_forbidden(api: Client) -> None:
    place = api("POST", thread("notes"), {"content": "a"}).headers["location"]
    for method, body in (("PATCH", {"content": "b"}), ("PATCH", {"status": "rejected"}), ("DELETE", None)):
        assert api(method, place, body).status == 403


def test_a_mark_needs_a_session(api: Client) -> None:
    for name in ("notes", "tracked"):
        assert api("POST", f"{thread(name)}/read").status == 401
        assert "unreadCount" not in api("GET", thread(name)).json()


def test_the_rules_for_guests_hold(api: Client) -> None:
    assert api("POST", thread("tracked"), {"content": "a"}).codes == {"guestEmail": "required"}
    assert api("POST", thread("notes"), {"content": "a", "mentions": ["x"]}).codes == {"mentions": "invalid_value"}
    many = api("POST", thread("notes"), {"content": "www.a www.b www.c"})
    assert many.json()["comment"]["status"] == "pending"
    assert api("GET", many.headers["location"]).status == 404
    discarded = api("POST", thread("notes"), {"content": "a", "honeypot": "x"})
    assert (discarded.status, discarded.json()["discarded"]) == (200, True)
    assert api("POST", thread("closed"), {"content": "a"}).status == 403
