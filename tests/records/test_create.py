"""Creating records: what is stored, what is refused, and with which words."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.support.asgi import Client

PEOPLE = "/api/tables/people/records"


def test_a_record_comes_back_whole_with_its_address(api: Client) -> None:
    answer = api("POST", PEOPLE, {"fields": {"name": "Ada", "height": "1.6", "seen": "2026-01-02T03:04:05+01:00"}})
    assert answer.status == 201
    assert answer.headers["location"] == "/api/tables/people/records/1"
    record = answer.json()
    assert (record["id"], record["revision"], record["createdAt"]) == ("1", 1, record["updatedAt"])
    assert list(record["fields"].values()) == [
        "Ada", None, None, "1.60", True, "good", None, "2026-01-02T02:04:05.000Z", None, None, None, record["createdAt"], None,
    ]  # fmt: skip
    assert api("GET", answer.headers["location"]).body == answer.body


def test_the_flat_form_stores_the_same_as_the_nested_one(api: Client) -> None:
    nested, flat = api("POST", PEOPLE, {"fields": {"name": "Ada"}}).json(), api("POST", PEOPLE, {"name": "Ada"}).json()
    for record in (nested, flat):
        assert record["fields"].pop("made")
    assert nested["fields"] == flat["fields"]


def test_the_table_may_be_named_by_its_id(api: Client) -> None:
    assert api("POST", "/api/tables/1/records", {"name": "Ada"}).status == 201
    assert api("POST", "/api/tables/Order%20Lines/records", {"number": 1, "line": 1}).status == 201


def test_every_failure_of_a_record_is_reported_at_once(api: Client) -> None:
    answer = api(
        "POST",
        PEOPLE,
        {
            "fields": {
                "name": " ", "email": "nobody", "age": 151, "height": "1.234", "active": "yes", "mood": "glad",
                "born": "2026-02-29", "home": "nowhere", "made": None, "shoe": 44, "id": "7",
            }
        },
    )  # fmt: skip
    assert answer.status == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"
    assert answer.codes == {
        "fields.name": "required",
        "fields.email": "invalid_email",
        "fields.age": "out_of_range",
        "fields.height": "too_precise",
        "fields.active": "wrong_type",
        "fields.mood": "not_an_option",
        "fields.born": "invalid_date",
        "fields.home": "not_found",
        "fields.made": "read_only",
        "fields.shoe": "unknown_field",
        "fields.id": "read_only",
    }
    assert api("GET", PEOPLE).json()["records"] == []


def test_of_unknown_fields_the_first_says_which_there_are(api: Client) -> None:
    errors = api("POST", PEOPLE, {"name": "Ada", "shoe": 44, "coat": "x"}).json()["errors"]
    allowed = "name, email, age, height, active, mood, born, seen, site, notes, home, boss"
    assert [(error["field"], error["message"]) for error in errors] == [
        ("fields.shoe", f"There is no such field in this table. Allowed are: {allowed}."),
        ("fields.coat", "There is no such field in this table."),
    ]


def test_an_explicit_null_stays_null_where_a_default_would_stand(api: Client) -> None:
    record = api("POST", PEOPLE, {"name": "Ada", "active": None, "mood": None}).json()
    assert (record["fields"]["active"], record["fields"]["mood"]) == (None, None)


def test_zero_and_false_and_empty_text_are_values(api: Client) -> None:
    record = api("POST", PEOPLE, {"name": "0", "age": 0, "active": False, "notes": ""}).json()
    assert (record["fields"]["age"], record["fields"]["active"], record["fields"]["notes"]) == (0, False, "")


def test_a_unique_value_that_is_taken_names_its_field(api: Client) -> None:
    assert api("POST", PEOPLE, {"name": "Ada", "email": "Ada@Example.com"}).status == 201
    answer = api("POST", PEOPLE, {"name": "Eve", "email": "ada@example.COM"})
    assert (answer.status, answer.json()["code"], answer.codes) == (409, "CONFLICT", {"fields.email": "not_unique"})


def test_a_unique_value_of_a_deleted_record_is_free(api: Client) -> None:
    first = api("POST", PEOPLE, {"name": "Ada", "email": "ada@example.com"}).headers["location"]
    assert api("DELETE", first).status == 204
    assert api("POST", PEOPLE, {"name": "Eve", "email": "ada@example.com"}).status == 201


def test_a_composite_key_is_unique_and_required(api: Client) -> None:
    lines = "/api/tables/Order Lines/records".replace(" ", "%20")
    assert api("POST", lines, {"number": 1, "line": 1, "select": "x"}).status == 201
    assert api("POST", lines, {"number": 1, "line": 2}).status == 201
    taken = api("POST", lines, {"number": 1, "line": 1})
    assert (taken.status, taken.codes) == (409, {"fields.number": "not_unique", "fields.line": "not_unique"})
    assert api("POST", lines, {"number": 1}).codes == {"fields.line": "required"}


def test_a_broken_constraint_names_its_fields(api: Client) -> None:
    answer = api("POST", PEOPLE, {"name": "Ada", "age": 36})
    assert (answer.status, answer.codes) == (400, {"fields.age": "check_failed", "fields.email": "check_failed"})
    assert "adults_have_a_mail" in answer.json()["errors"][0]["message"]
    assert api("POST", PEOPLE, {"name": "Ada", "age": 17}).status == 201


def test_a_link_needs_a_live_record(api: Client) -> None:
    place = api("POST", "/api/tables/places/records", {"id": "london", "label": "London"}).headers["location"]
    assert api("POST", PEOPLE, {"name": "Ada", "home": "london"}).json()["fields"]["home"] == "london"
    api("DELETE", place)
    refused = api("POST", PEOPLE, {"name": "Eve", "home": "london", "boss": "99"})
    assert (refused.status, refused.codes) == (400, {"fields.home": "not_found", "fields.boss": "not_found"})
    assert [error["message"] for error in refused.json()["errors"]] == [
        'There is no such record "london" to link to.',
        'There is no such record "99" to link to.',
    ]
    assert api("POST", PEOPLE, {"name": "Eve", "boss": 1}).json()["fields"]["boss"] == "1"


@pytest.mark.parametrize(
    ("sent", "code"),
    [({}, "required"), ({"id": None}, "required"), ({"id": 5}, "wrong_type"), ({"id": "a b"}, "invalid_id"), ({"id": ".."}, "invalid_id"), ({"id": "batch"}, "invalid_id"), ({"id": "upsert"}, "invalid_id")],
)  # fmt: skip
def test_a_text_key_must_be_sent_and_fit(api: Client, sent: dict[str, object], code: str) -> None:
    answer = api("POST", "/api/tables/places/records", {"label": "x", **sent})
    assert (answer.status, answer.codes) == (400, {"fields.id": code})


def test_a_text_key_is_never_used_again(api: Client) -> None:
    where = api("POST", "/api/tables/places/records", {"id": "rome"}).headers["location"]
    assert api("POST", "/api/tables/places/records", {"id": "rome"}).codes == {"fields.id": "not_unique"}
    api("DELETE", where)
    answer = api("POST", "/api/tables/places/records", {"id": "rome"})
    assert (answer.status, answer.codes) == (409, {"fields.id": "not_unique"})


def test_the_server_makes_uuid_keys_that_are_ordered(api: Client) -> None:
    made = [api("POST", "/api/tables/tokens/records", {"note": str(n)}).json()["id"] for n in range(5)]
    assert made == sorted(made)
    assert {UUID(each).version for each in made} == {7}
    assert [record["id"] for record in api("GET", "/api/tables/tokens/records").json()["records"]] == made


def test_the_current_date_is_a_default(api: Client) -> None:
    record = api("POST", "/api/tables/places/records", {"id": "oslo"}).json()
    assert record["fields"]["opened"] == "2026-03-01"


@pytest.mark.parametrize("number", ["9007199254740993", "9223372036854775807", "-9223372036854775808"])
def test_an_integer_keeps_its_digits(api: Client, number: str) -> None:
    path = "/api/tables/Order%20Lines/records"
    answer = api("POST", path, raw=b'{"number": %s, "line": 1}' % number.encode())
    assert answer.status == 201
    assert b'"number":%s,' % number.encode() in api("GET", answer.headers["location"]).body


def test_an_integer_that_does_not_fit_is_refused(api: Client) -> None:
    path = "/api/tables/Order%20Lines/records"
    for number in (b"9223372036854775808", b"1e400", b"5.5", b"1e999999999"):
        assert api("POST", path, raw=b'{"number": %s, "line": 1}' % number).status == 400
    assert api("POST", path, raw=b'{"number": 5.0, "line": 1}').json()["fields"]["number"] == 5


def test_one_of_many_simultaneous_creates_of_a_unique_value_wins(api: Client) -> None:
    answers = api.together(*[("POST", PEOPLE, {"name": f"n{n}", "email": "one@example.com"}) for n in range(8)])
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert {code for answer in answers if answer.status == 409 for code in answer.codes.values()} == {"not_unique"}
    assert api("GET", PEOPLE).json()["pagination"]["total"] == 1


def test_one_of_many_simultaneous_creates_of_a_key_wins_and_the_others_name_it(api: Client) -> None:
    answers = api.together(*[("POST", "/api/tables/places/records", {"id": "rome"})] * 8)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert [answer.codes for answer in answers if answer.status == 409] == [{"fields.id": "not_unique"}] * 7


def test_a_text_of_half_a_surrogate_pair_is_no_text(api: Client) -> None:
    answer = api("POST", PEOPLE, raw=b'{"fields": {"name": "Ada", "notes": "\\ud800", "age": 1}}')
    assert (answer.status, answer.codes) == (400, {"fields.notes": "invalid_text"})
    assert api("POST", PEOPLE, raw=b'{"\\ud800": 1}').json()["code"] == "BAD_REQUEST"
