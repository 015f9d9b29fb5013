"""`ETag`, `If-None-Match` and `If-Match` of single records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Answer, Client, call
from tests.support.auth import Site, site

PEOPLE = "/api/tables/people/records"
NOTES = "/api/tables/notes/records"


@pytest.fixture
def ada(api: Client) -> Answer:
    return api("POST", PEOPLE, {"name": "Ada", "email": "ada@example.com", "age": 0})


@pytest.fixture
def path(ada: Answer) -> str:
    return ada.headers["location"]


@pytest.fixture
def crm(database_url: str, tmp_path: Path) -> Iterator[Site]:
    fields = [{"name": "title", "type": "single-line-text"}, {"name": "owner", "type": "user"}]
    mine = {"when": {"conditions": [{"field": "owner", "operator": "eq", "value": "$currentUser.id"}]}}
    few = {"update": ["admin"], "delete": ["admin"]}
    rules = {"rowLevelPermissions": {"read": mine, "write": mine}}
    tables: list[dict[str, Any]] = [
        {"name": "notes", "fields": fields[:1], "permissions": {"read": "authenticated", **few}},
        {"name": "diary", "fields": fields, "permissions": {"read": "authenticated"}, **rules},
    ]
    with site(tmp_path, database_url, tables=tables) as found:
        yield found


# Who asks -------------------------------------------------------------------------------------------------------------


def test_who_may_not_do_it_learns_nothing_of_a_tag(crm: Site) -> None:
    admin, member, anonymous = crm.admin(), crm.browser(), crm.browser()
    member.sign_up("member@example.com")
    made = admin("POST", NOTES, {"title": "x"})
    location = made.headers["location"]
    for sent in ("*", '"1-9"', "rubbish"):
        for method, body in (("PATCH", {"title": "y"}), ("DELETE", None)):
            refused = anonymous(method, location, body, headers={"if-match": sent})
            assert (refused.status, "etag" in refused.headers) == (401, False)
            refused = member(method, location, body, headers={"if-match": sent})
            assert (refused.status, "etag" in refused.headers) == (403, False)
    assert anonymous("GET", location, headers={"if-none-match": "*"}).status == 401
    assert member("GET", location, headers={"if-none-match": made.headers["etag"]}).status == 304


def test_a_row_that_the_caller_may_not_see_is_not_found_whatever_the_tag(crm: Site) -> None:
    admin, member = crm.admin(), crm.browser()
    mine = member.sign_up("member@example.com")["id"]
    hidden = admin("POST", "/api/tables/diary/records", {"title": "x"}).headers["location"]
    own = admin("POST", "/api/tables/diary/records", {"title": "x", "owner": mine}).headers["location"]
    for sent in ("*", '"1-1"', '"1-9"'):
        assert member("PATCH", hidden, {"title": "y"}, headers={"if-match": sent}).status == 404
        assert member("GET", hidden, headers={"if-none-match": sent}).status == 404
    refused = member("PATCH", own, {"title": "y"}, headers={"if-match": '"2-9"'})
    assert (refused.status, refused.headers["etag"]) == (412, member("GET", own).headers["etag"])


# ETag and If-None-Match -----------------------------------------------------------------------------------------------


def test_create_get_and_update_answer_with_one_tag_for_one_content(api: Client, ada: Answer, path: str) -> None:
    tag = ada.headers["etag"]
    assert tag.startswith('"1-1-')
    assert api("GET", path).headers["etag"] == tag
    assert api("PATCH", path, {"name": "Ada"}).headers["etag"] == tag  # which changes nothing
    changed = api("PATCH", path, {"age": 1}).headers["etag"]
    assert changed.startswith('"1-2-')
    assert api("GET", path).headers["etag"] == changed
    assert "etag" not in api("GET", PEOPLE).headers
    assert "etag" not in api("DELETE", path).headers


def test_parameters_that_change_the_content_change_the_tag_and_not_the_revision(api: Client, path: str) -> None:
    tags = {api("GET", path, query=query).headers["etag"] for query in ({}, {"fields": "name"}, {"format": "display"})}
    assert len(tags) == 3
    assert all(tag.startswith('"1-1-') for tag in tags)
    some = api("GET", path, query={"fields": "name"}).headers["etag"]
    assert api("GET", path, headers={"if-none-match": some}).status == 200


def test_the_content_is_not_sent_to_who_has_it(api: Client, ada: Answer, path: str) -> None:
    tag = ada.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            answer = api(method, path, headers={"if-none-match": sent})
            assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    for sent in ('"1-1"', '"x"', tag[1:-1], "rubbish", 'W/"', "é"):
        assert api("GET", path, headers={"if-none-match": sent}).body == ada.body
    assert api("GET", f"{PEOPLE}/99", headers={"if-none-match": "*"}).status == 404
    api("PATCH", path, {"age": 1})
    assert api("GET", path, headers={"if-none-match": tag}).status == 200


def test_writes_have_no_if_none_match(api: Client, ada: Answer, path: str) -> None:
    changed = api("PATCH", path, {"age": 5}, headers={"if-none-match": "*"})
    assert (changed.status, changed.json()["revision"]) == (200, 2)


def test_a_tagged_answer_is_never_compressed(api: Client) -> None:
    path = api("POST", PEOPLE, {"name": "Ada", "notes": "x" * 5000}).headers["location"]
    answer = api("GET", path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == api("GET", path).headers["etag"]


def test_keys_of_every_kind_have_tags_that_can_be_sent_back(api: Client) -> None:
    for table, values in (
        ("places", {"id": "a-1.b_c~d-2"}),
        ("Order%20Lines", {"number": -3, "line": 4}),
        ("tokens", {"note": "x"}),
    ):
        made = api("POST", f"/api/tables/{table}/records", values)
        path, tag = made.headers["location"], made.headers["etag"]
        name = next(name for name in made.json()["fields"] if name in ("label", "select", "note"))
        changed = api("PATCH", path, {name: "new"}, headers={"if-match": tag})
        assert changed.status == 200, (table, tag, changed.body)
        assert api("DELETE", path, headers={"if-match": tag}).status == 412
        short = f'"{changed.headers["etag"][1:-1].rpartition("-")[0]}"'
        assert api("DELETE", path, headers={"if-match": short}).status == 204


# If-Match -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ['"1-1"', '"1-1-0000000000000000"', '"9-9", "1-1"', "*", "the whole tag"])
def test_a_write_goes_on_where_the_revision_is_the_expected_one(api: Client, ada: Answer, path: str, sent: str) -> None:
    headers = {"if-match": ada.headers["etag"] if sent == "the whole tag" else sent}
    changed = api("PATCH", path, {"age": 1}, headers=headers)
    assert (changed.status, changed.json()["revision"]) == (200, 2)
    assert api("DELETE", path, headers={"if-match": "*" if sent == "*" else '"1-2"'}).status == 204


def test_a_write_is_refused_where_the_revision_is_another(api: Client, ada: Answer, path: str) -> None:
    for sent in (
        '"1-2"',
        '"2-1"',
        '"1-10"',
        'W/"1-1"',
        "1-1",
        "rubbish",
        '"1-1',
        'x, "1-1"',
        "é",
        f"W/{ada.headers['etag']}",
    ):
        for method, body in (("PATCH", {"age": 1}), ("DELETE", None)):
            refused = api(method, path, body, headers={"if-match": sent})
            assert (refused.status, refused.json()["code"]) == (412, "PRECONDITION_FAILED"), sent
            assert refused.headers["etag"] == ada.headers["etag"]
    assert api("GET", path).body == ada.body


def test_if_match_is_refused_where_it_is_empty_or_far_too_long(api: Client, path: str) -> None:
    assert api("PATCH", path, {"age": 1}, headers={"if-match": ""}).codes == {"If-Match": "too_short"}
    assert api("DELETE", path, headers={"if-match": '"1-1",' * 2000}).codes == {"If-Match": "too_long"}


def test_values_are_judged_before_the_revision_and_the_revision_before_what_is_stale_or_taken(
    api: Client, path: str
) -> None:
    api("POST", PEOPLE, {"name": "Eve", "email": "eve@example.com"})
    stale = {"updatedAt": "2020-01-01T00:00:00Z", "email": "eve@example.com"}
    old = {"if-match": '"1-7"'}
    assert api("PATCH", path, {"age": -1}, headers=old).codes == {"fields.age": "out_of_range"}
    assert api("PATCH", path, stale, headers=old).status == 412
    assert api("PATCH", path, stale, headers={"if-match": '"1-1"'}).codes == {"updatedAt": "stale"}
    taken = api("PATCH", path, {"email": "eve@example.com"}, headers={"if-match": "*"})
    assert taken.codes == {"fields.email": "not_unique"}


def test_a_record_that_is_not_there_is_not_found_whatever_is_expected(api: Client, path: str) -> None:
    for sent in ("*", '"1-1"', "rubbish"):
        assert api("PATCH", f"{PEOPLE}/99", {"age": 1}, headers={"if-match": sent}).status == 404
    api("DELETE", path)
    for sent in ("*", '"1-2"'):
        assert api("DELETE", path, headers={"if-match": sent}).status == 404


def test_a_write_that_would_change_nothing_is_held_to_the_revision_too(api: Client, path: str) -> None:
    assert api("PATCH", path, {"name": "Ada"}, headers={"if-match": '"1-2"'}).status == 412
    assert api("PATCH", path, {"name": "Ada"}, headers={"if-match": '"1-1"'}).json()["revision"] == 1


def test_sixteen_writers_that_expect_what_they_have_seen_lose_no_update(api: Client, path: str) -> None:
    async def writer() -> int:
        tries = 0
        while True:
            tries += 1
            seen = await call(api.application, "GET", path)
            body = {"age": seen.json()["fields"]["age"] + 1}
            answer = await call(api.application, "PATCH", path, body, headers={"if-match": seen.headers["etag"]})
            assert answer.status in (200, 412)
            if answer.status == 200:
                return tries

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(writer() for _ in range(16)))

    tries = api.run(all_of_them())
    record = api("GET", path).json()
    assert (record["fields"]["age"], record["revision"]) == (16, 17)
    assert max(tries) > 1  # or they have not met
