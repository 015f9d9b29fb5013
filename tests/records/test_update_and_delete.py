"""Changing and deleting records."""

from __future__ import annotations

import pytest

from tests.support.asgi import Client

PEOPLE = "/api/tables/people/records"


@pytest.fixture
def ada(api: Client) -> str:
    """The path of a record."""
    return api("POST", PEOPLE, {"name": "Ada", "email": "ada@example.com", "age": 36, "height": "1.6"}).headers[
        "location"
    ]


def test_only_the_sent_fields_change(api: Client, ada: str) -> None:
    before = api("GET", ada).json()
    after = api("PATCH", ada, {"fields": {"age": 37, "notes": "Poet's daughter"}}).json()
    assert after["revision"] == 2
    assert after["updatedAt"] > before["updatedAt"]
    assert after["createdAt"] == before["createdAt"]
    assert after["fields"] == {**before["fields"], "age": 37, "notes": "Poet's daughter"}
    assert api("GET", ada).json() == after


def test_null_empties_a_field(api: Client, ada: str) -> None:
    assert api("PATCH", ada, {"height": None}).json()["fields"]["height"] is None


def test_a_write_that_changes_nothing_makes_no_revision(api: Client, ada: str) -> None:
    before = api("GET", ada)
    same = {"name": "Ada", "email": "ada@example.com", "age": 36, "height": 1.60, "notes": None}
    for body in (same, {}, {"fields": {}}):
        assert api("PATCH", ada, body).body == before.body
    assert api("GET", ada).body == before.body


def test_true_does_not_equal_one(api: Client, ada: str) -> None:
    assert api("PATCH", ada, {"active": 1}).codes == {"fields.active": "wrong_type"}
    assert api("PATCH", ada, {"age": True}).codes == {"fields.age": "wrong_type"}


def test_an_unknown_field_is_told_before_a_missing_record_and_a_bad_value_after(api: Client) -> None:
    assert api("PATCH", f"{PEOPLE}/99", {"shoe": 1}).codes == {"fields.shoe": "unknown_field"}
    assert api("PATCH", f"{PEOPLE}/99", {"age": "old"}).status == 404


@pytest.mark.parametrize("name", ["updatedAt", "createdAt", "deletedAt", "id", "created_at", "made"])
def test_what_the_server_sets_cannot_be_sent_among_the_fields(api: Client, ada: str, name: str) -> None:
    before = api("GET", ada)
    refused = api("PATCH", ada, {"fields": {name: before.json()["updatedAt"], "age": 40}})
    assert (refused.status, refused.codes) == (400, {f"fields.{name}": "read_only"})
    assert api("GET", ada).body == before.body


def test_a_broken_rule_is_told_beside_the_unfit_value_of_another_field(api: Client) -> None:
    path = api("POST", PEOPLE, {"name": "Eve", "age": 17}).headers["location"]
    both = {"fields.age": "check_failed", "fields.email": "check_failed", "fields.height": "wrong_type"}
    assert api("PATCH", path, {"age": 18, "height": "tall"}).codes == both
    assert api("PATCH", path, {"age": 18, "email": "none"}).codes == {"fields.email": "invalid_email"}


def test_required_fields_cannot_be_emptied(api: Client, ada: str) -> None:
    for empty in (None, "", "  "):
        assert api("PATCH", ada, {"name": empty}).codes == {"fields.name": "required"}


def test_a_constraint_sees_the_record_as_it_would_become(api: Client, ada: str) -> None:
    refused = api("PATCH", ada, {"email": None})
    assert (refused.status, set(refused.codes.values())) == (400, {"check_failed"})
    assert api("PATCH", ada, {"email": None, "age": 17}).status == 200


def test_a_taken_value_is_refused_and_ones_own_is_not(api: Client, ada: str) -> None:
    api("POST", PEOPLE, {"name": "Eve", "email": "eve@example.com"})
    assert api("PATCH", ada, {"email": "EVE@example.com"}).codes == {"fields.email": "not_unique"}
    assert api("PATCH", ada, {"email": "ADA@example.com"}).json()["fields"]["email"] == "ADA@example.com"


def test_a_record_may_point_at_itself_but_not_at_nobody(api: Client, ada: str) -> None:
    assert api("PATCH", ada, {"boss": "1"}).json()["fields"]["boss"] == "1"
    assert api("PATCH", ada, {"boss": "2"}).codes == {"fields.boss": "not_found"}


def test_a_stale_write_is_refused(api: Client, ada: str) -> None:
    seen = api("GET", ada).json()["updatedAt"]
    assert api("PATCH", ada, {"fields": {"age": 40}, "updatedAt": seen}).status == 200
    stale = api("PATCH", ada, {"age": 41, "updatedAt": seen})
    assert (stale.status, stale.codes) == (409, {"updatedAt": "stale"})
    now = api("GET", ada).json()["updatedAt"]
    with_offset = f"{now[:11]}{int(now[11:13]) + 2:02d}{now[13:-1]}+02:00"
    assert api("PATCH", ada, {"age": 41, "updatedAt": with_offset}).status == 200
    assert api("PATCH", ada, {"age": 42, "updatedAt": "9999-12-31T23:59:59-23:59"}).status == 409
    assert api("PATCH", ada, {"age": 41, "updatedAt": api("GET", ada).json()["updatedAt"].lower()}).status == 200


def test_a_value_that_does_not_fit_is_told_before_a_stale_time(api: Client, ada: str) -> None:
    assert api("PATCH", ada, {"age": -1, "updatedAt": "2020-01-01T00:00:00Z"}).status == 400


@pytest.mark.parametrize(
    "identifier", ["0", "01", "-1", "2", "x", "9223372036854775808", "1%20", "%2F", "1.0", "é" * 40]
)
def test_an_id_that_no_record_has_is_not_found(api: Client, ada: str, identifier: str) -> None:
    path = f"{PEOPLE}/{identifier}" if identifier.isascii() else f"{PEOPLE}/{'%C3%A9' * 40}"
    assert api("GET", path).status == 404
    assert api("PATCH", path, {"age": 1}).status == 404
    assert api("DELETE", path).status == 404


def test_a_deleted_record_is_gone_for_every_operation(api: Client, ada: str) -> None:
    deleted = api("DELETE", ada)
    assert (deleted.status, deleted.body) == (204, b"")
    assert api("GET", ada).status == 404
    assert api("PATCH", ada, {"age": 1}).status == 404
    assert api("DELETE", ada).status == 404
    assert api("GET", PEOPLE).json()["pagination"]["total"] == 0


def test_no_number_is_given_twice(api: Client, ada: str) -> None:
    api("DELETE", ada)
    assert api("POST", PEOPLE, {"name": "Eve"}).json()["id"] == "2"


def test_simultaneous_updates_all_count(api: Client, ada: str) -> None:
    answers = api.together(*[("PATCH", ada, {"notes": f"note {n}"}) for n in range(10)])
    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.json()["revision"] for answer in answers) == list(range(2, 12))
    assert len({answer.json()["updatedAt"] for answer in answers}) == 10


def test_records_that_link_to_each_other_can_be_changed_at_the_same_time(api: Client, ada: str) -> None:
    eve = api("POST", PEOPLE, {"name": "Eve"}).headers["location"]
    links = [("PATCH", ada, {"boss": "2"}), ("PATCH", eve, {"boss": "1"})]
    cuts = [("PATCH", ada, {"boss": None}), ("PATCH", eve, {"boss": None})]
    answers = api.together(*(links + cuts) * 8)
    assert [answer.status for answer in answers] == [200] * 32


def test_nothing_links_to_a_record_that_was_deleted_meanwhile(api: Client) -> None:
    for number in range(8):
        place = {"id": f"p{number}"}
        path = api("POST", "/api/tables/places/records", place).headers["location"]
        link = ("POST", PEOPLE, {"name": "Ada", "home": place["id"]})
        answers = api.together(link, link, ("DELETE", path), link, link)
        assert answers[2].status == 204
        assert {answer.status for answer in answers[:2] + answers[3:]} <= {201, 400}
        assert api(*link).codes == {"fields.home": "not_found"}
