"""What comes back with a record from the trash, and what keeps it there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.trash.conftest import House


def change(house: House, table: str, key: str, **fields: Any) -> None:
    answer = house.client("PATCH", f"/api/tables/{table}/records/{key}", {"fields": fields})
    assert answer.status == 200, answer.body


def test_a_record_comes_back_as_it_was_with_a_new_revision(house: House) -> None:
    owner = house.make("owners", name="Ada")
    house.delete("owners", owner)
    answer = house.restore("owners", owner)
    assert (answer.status, answer.json()["success"]) == (200, True)
    record = answer.json()["record"]
    assert record == house.client("GET", f"/api/tables/owners/records/{owner}").json()
    assert (record["revision"], record["fields"], "deletedAt" in record) == (3, {"name": "Ada"}, False)
    assert house.trashed("owners") == set()


def test_the_children_of_the_very_same_delete_come_back_and_no_others(house: House) -> None:
    owner = house.make("owners", name="Ada")
    early = house.make("houses", street="Ash", owner=owner)
    place = house.make("houses", street="Elm", owner=owner)
    gone = house.make("houses", street="Fir", owner=owner)
    room = house.make("rooms", label="hall", house=place)
    inner = house.make("rooms", label="closet", inside=room)
    house.delete("houses", early)
    house.delete("owners", owner)
    house.delete("houses", gone, permanent=True)
    assert house.restore("owners", owner).status == 200
    assert house.live("houses") == [place]
    assert set(house.live("rooms")) == {room, inner}
    assert house.get("rooms", inner)["revision"] == 3
    assert house.trashed("houses") == {early}


def test_a_record_deleted_twice_brings_back_the_children_of_its_last_delete(house: House) -> None:
    owner = house.make("owners", name="Ada")
    first = house.make("houses", street="Elm", owner=owner)
    house.delete("owners", owner)
    house.restore("owners", owner)
    house.delete("houses", first)
    second = house.make("houses", street="Oak", owner=owner)
    house.delete("owners", owner)
    house.restore("owners", owner)
    assert (house.live("houses"), house.trashed("houses")) == ([second], {first})


def test_links_that_were_emptied_stay_empty(house: House) -> None:
    owner = house.make("owners", name="Ada")
    place = house.make("houses", architect=owner)
    house.delete("owners", owner)
    house.restore("owners", owner)
    assert house.get("houses", place)["fields"]["architect"] is None


def test_a_value_that_was_taken_meanwhile_keeps_it_there(house: House) -> None:
    owner = house.make("owners", name="Ada")
    place = house.make("houses", owner=owner)
    room = house.make("rooms", label="hall", house=place)
    house.delete("owners", owner)
    other, taken = house.make("owners", name="Ada"), house.make("rooms", label="hall")
    refused = house.restore("owners", owner)
    assert (refused.status, refused.json()["code"]) == (409, "CONFLICT")
    assert refused.codes == {"name": "not_unique", "rooms.label": "not_unique"}
    assert (house.trashed("owners"), house.trashed("rooms")) == ({owner}, {room})
    change(house, "owners", other, name="Eve")
    assert house.restore("owners", owner).codes == {"rooms.label": "not_unique"}
    house.delete("rooms", taken)
    assert house.restore("owners", owner).status == 200


def test_a_link_into_the_trash_becomes_empty_or_keeps_it_there(house: House) -> None:
    owner, architect = house.make("owners", name="Ada"), house.make("owners", name="Eve")
    place = house.make("houses", owner=owner, architect=architect)
    house.delete("houses", place)
    house.delete("owners", owner)
    house.delete("owners", architect)
    refused = house.restore("houses", place)
    assert (refused.status, refused.codes) == (409, {"owner": "parent_deleted"})
    house.restore("owners", owner)
    restored = house.restore("houses", place).json()["record"]
    assert restored["fields"] == {"street": None, "owner": owner, "architect": None, "tags": []}
    assert restored["revision"] == 3


def test_a_child_of_what_comes_back_keeps_it_there_too(house: House) -> None:
    ada, eve = house.make("rooms", label="a"), house.make("rooms", label="b")
    place = house.make("houses", street="Elm")
    house.client("PATCH", f"/api/tables/rooms/records/{ada}", {"house": place})
    inner = house.make("rooms", label="c", house=place, inside=eve)
    house.delete("houses", place)
    house.delete("rooms", eve)
    assert house.restore("houses", place).codes == {"rooms.inside": "parent_deleted"}
    assert house.restore("rooms", inner).codes == {"house": "parent_deleted", "inside": "parent_deleted"}


def test_a_constraint_that_needs_a_link_keeps_it_there(house: House) -> None:
    place = house.make("houses", street="Elm")
    key = house.make("keys", house=place, spare=True)
    house.delete("keys", key)
    house.delete("houses", place)
    assert house.restore("keys", key).codes == {"house": "parent_deleted"}


def test_a_live_record_cannot_be_restored_and_a_missing_one_is_not_found(house: House) -> None:
    owner = house.make("owners", name="Ada")
    refused = house.restore("owners", owner)
    assert (refused.status, refused.codes) == (400, {"recordId": "not_deleted"})
    for key in ("99", "x", "0"):
        assert house.restore("owners", key).status == 404
    assert house.client("POST", f"/api/tables/owners/records/{owner}/restore?x=1").codes == {"x": "unknown_parameter"}


def test_the_trash_lists_what_was_deleted_last_first(house: House) -> None:
    keys = [house.make("owners", name=name) for name in ("Ada", "Bob", "Cyd")]
    for key in (keys[1], keys[2], keys[0]):
        house.delete("owners", key)
    answer = house.client("GET", "/api/tables/owners/trash").json()
    assert [record["id"] for record in answer["records"]] == [keys[0], keys[2], keys[1]]
    assert answer["pagination"]["total"] == 3
    assert all("deletedAt" in record for record in answer["records"])
    for query in ("deleted=true", "includeDeleted=only", "deleted=true&includeDeleted=only"):
        assert house.client("GET", f"/api/tables/owners/trash?{query}").json() == answer
    same = house.client("GET", "/api/tables/owners/records?deleted=true").json()
    assert same["records"] == answer["records"]
    query = "limit=1&sort=name&filter=name:notEquals:Ada&aggregate=count&fields=name&format=display"
    page = house.client("GET", f"/api/tables/owners/trash?{query}").json()
    assert [record["fields"]["name"]["value"] for record in page["records"]] == ["Bob"]
    assert page["aggregations"] == {"count": 2}
    following = f"{query}&cursor={page['pagination']['nextCursor']}"
    assert house.client("GET", f"/api/tables/owners/trash?{following}").json()["records"][0]["id"] == keys[2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("deleted=false", "deleted"),
        ("includeDeleted=true", "includeDeleted"),
        ("includeDeleted=false", "includeDeleted"),
    ],
)
def test_the_trash_lists_nothing_else(house: House, query: str, field: str) -> None:
    assert house.client("GET", f"/api/tables/owners/trash?{query}").codes == {field: "invalid_value"}
