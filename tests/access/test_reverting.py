"""Who may put back which values of a former revision; what comes of it stands in `tests/records/test_reverting.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tabularium.db.kept_changes import changes_by_name
from tabularium.records.rules import Broken
from tests.access.rows import ME, any_of, is_, opened, text
from tests.support.asgi import Answer
from tests.support.callers import Callers

EDITORS = ["editor"]
EVERYBODY = {"read": "all", "create": "authenticated", "update": "all", "delete": "authenticated"}
NOTES: dict[str, Any] = {
    "id": 1,
    "name": "notes",
    "fields": [
        text("title"),
        text("secret"),
        text("fixed"),
        text("firm"),
        {"name": "owner", "type": "user"},
        {"name": "public", "type": "checkbox"},
        {"name": "state", "type": "single-select", "options": ["open", "done"]},
        {"name": "tags", "type": "relationship", "relatedTable": "tags", "relationType": "many-to-many"},
        {"name": "place", "type": "relationship", "relatedTable": "places"},
        {"name": "editor", "type": "updated-by"},
    ],
    "permissions": {
        **EVERYBODY,
        "fields": [
            {"field": "secret", "read": EDITORS},
            {"field": "fixed", "write": EDITORS},
            {"field": "firm", "write": EDITORS},
        ],
    },
    "rowLevelPermissions": {
        "read": {"when": any_of(is_("owner", ME), is_("public", True))},
        "write": {"when": any_of(is_("state", "done", "neq"), is_("state", None))},
    },
}
TAGS: dict[str, Any] = {
    "id": 2,
    "name": "tags",
    "fields": [text("label")],
    "permissions": {"read": "all"},
    "rowLevelPermissions": {"read": {"when": any_of(is_("label", "hidden", "neq"))}},
}
CLOSED: dict[str, Any] = {
    "id": 3,
    "name": "closed",
    "fields": [text("title")],
    "permissions": dict.fromkeys(("read", "create", "update", "delete", "comment", "restore"), EDITORS),
}
PLACES: dict[str, Any] = {"id": 4, "name": "places", "primaryKey": {"type": "text"}, "fields": [text("title")]}
PATHS = {each["name"]: f"/api/tables/{each['name']}/records" for each in (NOTES, TAGS, CLOSED, PLACES)}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(folder, url, [NOTES, TAGS, CLOSED, PLACES]) as found:
        yield Callers(found)


def created(desk: Callers, table: str = "notes", **fields: Any) -> str:
    answer = desk["admin"]("POST", PATHS[table], {"fields": fields})
    assert answer.status == 201, answer.body
    return f"{PATHS[table]}/{answer.json()['id']}"


def changed(desk: Callers, record: str, caller: str = "admin", **fields: Any) -> Any:
    answer = desk[caller]("PATCH", record, {"fields": fields})
    assert answer.status == 200, answer.body
    return answer.json()


def values(desk: Callers, record: str) -> Any:
    return desk["admin"]("GET", record).json()["fields"]


def revert(desk: Callers, caller: str, record: str, revision: int = 1) -> Answer:
    answer: Answer = desk[caller]("POST", f"{record}/history/{revision}/revert")
    return answer


def note(desk: Callers, **fields: Any) -> str:
    """Return a note that everybody sees."""
    return created(desk, **{"title": "a", "public": True, **fields})


def test_somebody_who_is_not_signed_in_reverts_nothing_even_where_everybody_may_update(desk: Callers) -> None:
    record = note(desk)
    changed(desk, record, "anonymous", title="b")
    for path in (record, f"{PATHS['notes']}/9999", f"{PATHS['closed']}/1", "/api/tables/none/records/1"):
        assert revert(desk, "anonymous", path).status == 401
    assert values(desk, record)["title"] == "b"


def test_a_table_that_the_caller_may_not_see_is_not_found(desk: Callers) -> None:
    record = created(desk, "closed", title="a")
    changed(desk, record, title="b")
    assert revert(desk, "member", record).status == 404
    assert revert(desk, "high", record).json()["fields"]["title"] == "a"


def test_who_may_read_and_not_update_may_not_revert(desk: Callers) -> None:
    record = created(desk, "places", id="here", title="a")
    changed(desk, record, title="b")
    for caller, status in (("anonymous", 401), ("viewer", 403), ("low", 403), ("stranger", 404)):
        assert revert(desk, caller, record).status == status, caller
    assert revert(desk, "member", record).status == 200


def test_fields_that_the_caller_may_not_read_are_left_alone(desk: Callers) -> None:
    record = note(desk, secret="s")
    changed(desk, record, title="b", secret="t")
    found = revert(desk, "member", record).json()["fields"]
    assert found["title"] == "a"
    assert "secret" not in found
    assert values(desk, record)["secret"] == "t"
    told = desk["admin"]("GET", f"{record}/history").json()["history"][-1]["changes"]
    assert told == {"title": {"from": "b", "to": "a"}}
    assert revert(desk, "high", record).json()["fields"]["secret"] == "s"


def test_fields_that_would_change_and_that_the_caller_may_not_set_are_all_named(desk: Callers) -> None:
    record = note(desk, fixed="1", firm="1")
    changed(desk, record, title="b", fixed="2", firm="2")
    refused = revert(desk, "member", record)
    assert (refused.status, refused.codes) == (403, {"fields.fixed": "forbidden", "fields.firm": "forbidden"})
    assert values(desk, record)["title"] == "b"
    changed(desk, record, fixed="1", firm="1")
    assert revert(desk, "member", record).json()["fields"]["title"] == "a"


def test_a_record_that_the_rule_hides_is_not_found(desk: Callers) -> None:
    record = created(desk, title="a", owner=desk.ids["high"])
    changed(desk, record, title="b")
    missing = revert(desk, "member", f"{PATHS['notes']}/9999")
    refused = revert(desk, "member", record)
    assert refused.status == missing.status == 404
    assert [refused.json() | {"requestId": ""}] == [missing.json() | {"requestId": ""}]
    assert revert(desk, "high", record).status == 200


def test_the_rule_for_writes_binds_the_stored_row_and_the_resulting_one(desk: Callers) -> None:
    record = note(desk, state="open")
    changed(desk, record, state="done", title="b")
    assert revert(desk, "member", record).status == 403
    changed(desk, record, state="open")
    refused = revert(desk, "member", record, 2)
    assert (refused.status, refused.codes) == (403, {})
    assert values(desk, record)["title"] == "b"
    assert revert(desk, "member", record).json()["fields"]["title"] == "a"
    assert revert(desk, "admin", record, 2).json()["fields"]["state"] == "done"


def test_of_a_record_that_the_caller_does_not_see_any_more_the_envelope_is_shown(desk: Callers) -> None:
    record = created(desk, title="a")
    changed(desk, record, public=True)
    answer = revert(desk, "member", record)
    assert (answer.status, answer.json()["fields"], answer.json()["revision"]) == (200, {}, 3)
    assert desk["member"]("GET", record).status == 404


def test_the_revert_is_in_the_name_of_who_did_it(desk: Callers) -> None:
    record = note(desk)
    changed(desk, record, title="b")
    answer = revert(desk, "member", record).json()
    assert answer["updatedBy"] == answer["fields"]["editor"] == desk.ids["member"]
    entry = desk["member"]("GET", f"{record}/history").json()["history"][-1]
    assert (entry["action"], entry["userId"], entry["revertedTo"]) == ("revert", desk.ids["member"], 1)
    logged = desk.site.sql("SELECT action, changes FROM _activity WHERE category = 'records' ORDER BY id")[-1]
    assert logged[0] == "revert"
    assert changes_by_name(str(logged[1])) == {"title": {"from": "b", "to": "a"}}


def test_links_that_the_caller_does_not_see_stay_and_others_come_back(desk: Callers) -> None:
    seen, hidden, other = (
        created(desk, "tags", label=label).rpartition("/")[2] for label in ("seen", "hidden", "other")
    )
    record = note(desk, tags=[seen, hidden])
    changed(desk, record, tags=[hidden, other])
    assert revert(desk, "member", record).json()["fields"]["tags"] == [seen]
    assert values(desk, record)["tags"] == [seen, hidden]
    assert revert(desk, "member", record, 2).json()["fields"]["tags"] == [other]
    assert values(desk, record)["tags"] == [hidden, other]


def test_a_link_that_the_caller_does_not_see_is_not_set_again(desk: Callers) -> None:
    hidden = created(desk, "tags", label="hidden").rpartition("/")[2]
    record = note(desk, tags=[hidden])
    changed(desk, record, tags=[])
    refused = revert(desk, "member", record)
    assert (refused.status, refused.codes) == (409, {"fields.tags.0": "not_found"})
    assert revert(desk, "admin", record).status == 200


def test_a_revision_after_which_an_entry_is_missing_is_not_found(desk: Callers) -> None:
    record = note(desk)
    for title in "bcd":
        changed(desk, record, title=title)
    key = record.rpartition("/")[2]
    desk.site.sql("DELETE FROM _activity WHERE record_id = ?1 AND revision <= 2 AND table_id = '1'", key)
    assert [revert(desk, "member", record, number).status for number in (1, 2, 3)] == [404, 404, 200]
    desk.site.sql("DELETE FROM _activity WHERE record_id = ?1 AND revision = 4 AND table_id = '1'", key)
    assert [revert(desk, "member", record, number).status for number in (3, 4, 5)] == [404, 404, 200]


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_key_that_comes_again_has_the_revisions_of_its_own_record_alone(desk: Callers, minutes: int) -> None:
    record = created(desk, "places", id=f"again{minutes}", title="old")
    changed(desk, record, title="older")
    changed(desk, record, title="oldest")
    assert desk["admin"]("DELETE", f"{record}?permanent=true").status == 204
    desk.site.clock.pass_by(minutes=minutes)
    assert revert(desk, "member", record).status == 404
    created(desk, "places", id=f"again{minutes}", title="new")
    changed(desk, record, title="newer")
    assert [revert(desk, "member", record, number).status for number in (3, 4)] == [404, 404]
    answer = revert(desk, "member", record)
    assert (answer.json()["fields"]["title"], answer.json()["revision"]) == ("new", 3)


def test_what_another_writer_has_removed_meanwhile_is_a_conflict(
    desk: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = created(desk, "places", id="gone")
    record = note(desk, place="gone")
    changed(desk, record, place=None)
    assert desk["admin"]("DELETE", f"{place}?permanent=true").status == 204

    async def see_nothing(*_: Any) -> Broken:
        return Broken()

    assert revert(desk, "member", record).codes == {"fields.place": "not_found"}
    monkeypatch.setattr("tabularium.records.updating.judge", see_nothing)
    refused = revert(desk, "member", record)
    assert (refused.status, list(refused.codes.values())) == (409, ["not_found"])


def test_a_person_who_was_erased_does_not_come_back(desk: Callers) -> None:
    guest = desk.site.browser()
    gone = guest.sign_up("gone@example.com")["id"]
    record = note(desk, owner=gone)
    changed(desk, record, owner=desk.ids["high"], title="b")
    assert guest.post("/delete-user", password="correct-horse-1").status == 200
    found = revert(desk, "member", record).json()["fields"]
    assert (found["owner"], found["title"]) == (None, "a")
