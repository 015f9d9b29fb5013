"""`POST R/history/{revision}/revert`: the values of a former revision, without accounts.

Who may do it, and to what, stands in `tests/access/test_reverting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.records.test_history import FULL, PEOPLE, PLACES, TEXT, application, created, exactly, history, revised
from tests.support.asgi import Answer, Client
from tests.support.serving import serving

THINGS = "/api/tables/things/records"
TAGS = {"id": 3, "name": "tags", "type": "relationship", "relatedTable": "tags", "relationType": "many-to-many"}
TITLE, ONE = {"id": 1, "name": "title", "type": TEXT}, {"id": 2, "name": "one", "type": "relationship"}


def revert(api: Client, record: str, revision: Any) -> Answer:
    return api("POST", f"{record}/history/{revision}/revert")


def reverted(api: Client, record: str, revision: int) -> dict[str, Any]:
    answer = revert(api, record, revision)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def change(api: Client, record: str, **fields: Any) -> dict[str, Any]:
    answer = api("PATCH", record, {"fields": fields})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def test_a_revert_makes_a_new_revision_with_the_values_of_the_former_one(api: Client) -> None:
    record = created(api, **FULL)
    first = api("GET", record).json()
    change(api, record, age=37, notes=None, mood="good", born="1900-01-01")
    second = change(api, record, name="Bob", seen=None)
    found = reverted(api, record, 1)
    assert found["fields"] == first["fields"]
    assert (found["revision"], found["createdAt"]) == (4, first["createdAt"])
    assert found["updatedAt"] > second["updatedAt"]
    assert api("GET", record).json() == found
    assert reverted(api, record, 3)["fields"] == second["fields"]


def test_the_entry_of_a_revert_tells_the_revision_and_the_differences_alone(api: Client) -> None:
    record = created(api, age=1, notes="a", mood="bad")
    change(api, record, age=2, notes="b")
    change(api, record, age=1, mood="good")
    found = reverted(api, record, 1)
    entry = history(api, record)[-1]
    assert (entry["action"], entry["revision"], entry["revertedTo"]) == ("revert", 4, 1)
    assert entry["createdAt"] == found["updatedAt"]
    assert entry["changes"] == {"notes": {"from": "b", "to": "a"}, "mood": {"from": "good", "to": "bad"}}
    assert all("revertedTo" not in each for each in history(api, record)[:-1])


def test_a_field_that_no_later_revision_changed_keeps_its_value(api: Client) -> None:
    record = created(api, age=1, notes="a")
    change(api, record, notes="b")
    change(api, record, age=2)
    assert reverted(api, record, 2)["fields"] | {"made": 0} == {
        **api("GET", record).json()["fields"], "age": 1, "notes": "b", "made": 0,
    }  # fmt: skip


@pytest.mark.parametrize("revision", [2, 3, 1])
def test_where_nothing_differs_there_is_no_new_revision(api: Client, revision: int) -> None:
    record = created(api, age=1)
    change(api, record, age=2)
    before = change(api, record, age=1)
    if revision == 2:
        before = change(api, record, age=2)
    assert reverted(api, record, revision) == before
    assert [each["action"] for each in history(api, record)].count("revert") == 0


def test_reverts_can_be_reverted_and_deletes_lie_between(api: Client) -> None:
    record = created(api, age=1)
    change(api, record, age=2)
    reverted(api, record, 1)
    api("DELETE", record)
    api("POST", f"{record}/restore")
    change(api, record, age=3)
    assert [reverted(api, record, number)["fields"]["age"] for number in range(1, 8)] == [1, 2, 1, 1, 1, 3, 1]


@pytest.mark.parametrize("revision", [3, 4, 9007199254740991])
def test_a_revision_that_never_was_is_not_found(api: Client, revision: int) -> None:
    record = revised(api, 2)
    assert revert(api, record, revision).status == 404
    assert api("GET", record).json()["revision"] == 2


@pytest.mark.parametrize("revision", ["0", "-1", "x", "1.5", "9007199254740992"])
def test_what_is_no_number_of_a_revision_is_not_found(api: Client, revision: str) -> None:
    assert revert(api, created(api), revision).status == 404


def test_parameters_are_refused(api: Client) -> None:
    answer = api("POST", f"{created(api)}/history/1/revert?force=true")
    assert (answer.status, answer.codes) == (400, {"force": "unknown_parameter"})


@pytest.mark.parametrize("path", [f"{PEOPLE}/9", f"{PEOPLE}/nobody", f"{PLACES}/nowhere", "/api/tables/none/records/1"])
def test_a_record_that_was_never_there_is_not_found(api: Client, path: str) -> None:
    assert revert(api, path, 1).status == 404


def test_a_record_in_the_trash_is_not_found_until_it_is_restored(api: Client) -> None:
    record = revised(api, 2)
    api("DELETE", record)
    assert revert(api, record, 1).status == 404
    api("POST", f"{record}/restore")
    assert reverted(api, record, 1)["fields"]["age"] == 1


def test_no_longer_history_than_a_page_is_needed(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.records.reverting.PAGE", 2)
    record = revised(api, 6)
    assert [reverted(api, record, number)["fields"]["age"] for number in (6, 5, 4, 3, 2, 1)] == [6, 5, 4, 3, 2, 1]


# Values that do not fit any more --------------------------------------------------------------------------------------


def test_all_values_that_do_not_fit_any_more_are_named_together(api: Client) -> None:
    place = created(api, PLACES, id="home", label="home")
    record = created(api, email="ada@example.com", home="home")
    change(api, record, email=None, home=None, notes="x")
    created(api, email="ADA@example.com")
    api("DELETE", place)
    answer = revert(api, record, 1)
    assert (answer.status, answer.json()["code"]) == (409, "CONFLICT")
    assert answer.codes == {"fields.email": "not_unique", "fields.home": "not_found"}
    assert api("GET", record).json()["revision"] == 2
    assert "ada@" not in answer.json()["message"]


def test_a_constraint_that_the_result_would_break_is_a_conflict(api: Client) -> None:
    record = created(api, age=3)
    change(api, record, age=30, email="a@example.com")
    change(api, record, age=3)
    change(api, record, email=None)
    assert reverted(api, record, 2)["fields"]["age"] == 30
    change(api, record, age=3)
    change(api, record, email=None)
    created(api, email="a@example.com")
    assert revert(api, record, 2).codes == {"fields.email": "not_unique"}


@contextmanager
def serving_things(database_url: str, folder: Path, *fields: dict[str, Any], **more: Any) -> Iterator[Client]:
    with serving(application(folder, *fields, **more), database_url) as api:
        yield api


STRICTER: list[tuple[dict[str, Any], dict[str, Any], Any, Any, str]] = [
    ({"type": "single-select", "options": ["a", "b"]}, {"options": ["b"]}, "a", "b", "not_an_option"),
    ({"type": TEXT}, {"required": True}, None, "b", "required"),
    ({"type": "integer"}, {"max": 5}, 9, 1, "out_of_range"),
    ({"type": TEXT}, {"maxLength": 3}, "long text", "b", "too_long"),
]


@pytest.mark.parametrize(("before", "stricter", "old", "new", "code"), STRICTER, ids=[each[-1] for each in STRICTER])
def test_a_value_that_the_file_does_not_allow_any_more_is_a_conflict_with_its_code(
    database_url: str, tmp_path: Path, before: dict[str, Any], stricter: dict[str, Any], old: Any, new: Any, code: str
) -> None:
    field = {"id": 2, "name": "value", **before}
    with serving_things(database_url, tmp_path, TITLE, field) as api:
        record = created(api, THINGS, value=old)
        change(api, record, value=new, title="x")
    with serving_things(database_url, tmp_path, TITLE, field | stricter) as api:
        answer = revert(api, record, 1)
        assert (answer.status, answer.codes) == (409, {"fields.value": code})
        assert api("GET", record).json()["fields"] == {"title": "x", "value": new}
        change(api, record, title="y")
        assert reverted(api, record, 2)["fields"]["title"] == "x"


def test_a_value_that_does_not_fit_and_need_not_change_is_no_conflict(database_url: str, tmp_path: Path) -> None:
    field = {"id": 2, "name": "value", "type": TEXT}
    with serving_things(database_url, tmp_path, TITLE, field) as api:
        record = created(api, THINGS, value="long text", title="a")
        change(api, record, value="b", title="b")
        change(api, record, value="long text")
    with serving_things(database_url, tmp_path, TITLE, field | {"maxLength": 3}) as api:
        assert reverted(api, record, 1)["fields"] == {"title": "a", "value": "long text"}


def test_a_field_of_another_type_than_then_is_a_conflict(database_url: str, tmp_path: Path) -> None:
    field = {"id": 2, "name": "value", "type": TEXT}
    with serving_things(database_url, tmp_path, TITLE, field) as api:
        record = created(api, THINGS, value="5")
        change(api, record, value="6")
    with serving_things(database_url, tmp_path, TITLE, field | {"type": "integer"}) as api:
        assert revert(api, record, 1).codes == {"fields.value": "wrong_type"}


def test_links_to_what_is_gone_are_conflicts_and_others_come_back(database_url: str, tmp_path: Path) -> None:
    with serving_things(database_url, tmp_path, TITLE, ONE | {"relatedTable": "tags"}, TAGS) as api:
        first, second, third = (created(api, "/api/tables/tags/records", label=each) for each in "abc")
        record = created(api, THINGS, one="1", tags=["1", "2"])
        change(api, record, one="2", tags=["3"])
        assert reverted(api, record, 1)["fields"] == {"title": None, "one": "1", "tags": ["1", "2"]}
        assert history(api, record)[-1]["changes"]["tags"] == {"from": ["3"], "to": ["1", "2"]}
        change(api, record, one=None, tags=[])
        api("DELETE", first)
        assert revert(api, record, 1).codes == {"fields.one": "not_found", "fields.tags.0": "not_found"}
        assert api("GET", record).json()["fields"]["tags"] == []
        api("POST", f"{first}/restore")
        api("DELETE", third)
        assert reverted(api, record, 1)["fields"]["tags"] == ["1", "2"]
        assert second


# What the file says, and what it said before --------------------------------------------------------------------------


def test_renamed_fields_and_tables_can_be_reverted_and_what_has_left_the_file_is_left_alone(
    database_url: str, tmp_path: Path
) -> None:
    fields = [{"id": number, "name": name, "type": TEXT} for number, name in ((1, "a"), (2, "b"), (3, "c"))]
    with serving_things(database_url, tmp_path, *fields) as api:
        record = created(api, THINGS, a="1", b="2", c="3")
        change(api, record, a="x", b="y", c="z")
    swapped = [fields[0] | {"name": "b"}, fields[1] | {"name": "a"}, {"id": 4, "name": "d", "type": TEXT}]
    with serving_things(database_url, tmp_path, *swapped, name="goods") as api:
        record = record.replace("things", "goods")
        change(api, record, d="new")
        assert reverted(api, record, 1)["fields"] == {"b": "1", "a": "2", "d": None}
    with serving_things(database_url, tmp_path, {"id": 9, "name": "e", "type": TEXT}, name="goods") as api:
        assert reverted(api, record, 1)["revision"] == 4


def test_a_field_that_is_worked_out_by_now_is_left_alone(database_url: str, tmp_path: Path) -> None:
    number = {"id": 2, "name": "n", "type": "integer"}
    with serving_things(database_url, tmp_path, TITLE, number) as api:
        record = created(api, THINGS, title="a", n=1)
        change(api, record, title="b", n=None)
    formula = {"id": 2, "name": "n", "type": "formula", "formula": "title = 'a'"}
    with serving_things(database_url, tmp_path, TITLE, formula) as api:
        assert reverted(api, record, 1)["fields"] == {"title": "a", "n": True}


def test_numbers_and_json_come_back_with_their_digits(database_url: str, tmp_path: Path) -> None:
    fields = (
        {"id": 1, "name": "amount", "type": "decimal", "precision": 4},
        {"id": 2, "name": "data", "type": "json"},
        {"id": 5, "name": "number", "type": "number", "precision": 2},
    )
    with serving_things(database_url, tmp_path, *fields) as api:
        body = (
            b'{"amount": 12345678901.1250, "number": 7.25, '
            b'"data": {"b": 1.10, "a": [12345678901234567890, 1e30, "\\u00e9"]}}'
        )
        first = api("POST", THINGS, raw=body)
        record = f"{THINGS}/{first.json()['id']}"
        change(api, record, amount=1, number=None, data=[1])
        answer = revert(api, record, 1)
        assert exactly(answer.body)["fields"] == exactly(first.body)["fields"]
        assert revert(api, record, 3).json()["revision"] == 3


def test_a_record_that_a_value_locks_stays_as_it_is(database_url: str, tmp_path: Path) -> None:
    rule = {"when": "done", "then": {"readOnly": True}}
    state = {"id": 2, "name": "state", "type": "single-select", "options": ["open", "done"], "conditions": [rule]}
    with serving_things(database_url, tmp_path, TITLE, state) as api:
        record = created(api, THINGS, title="a", state="open")
        change(api, record, title="b", state="done")
        answer = revert(api, record, 1)
        assert (answer.status, answer.codes) == (409, {"fields.title": "read_only", "fields.state": "read_only"})
        assert reverted(api, record, 2)["revision"] == 2
