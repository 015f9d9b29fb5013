"""What goes with a record that is deleted, what loses its link, and what forbids it."""

from __future__ import annotations

import pytest

from tests.records.trash.conftest import House


def test_children_go_along_at_all_levels_each_as_a_revision(house: House) -> None:
    owner = house.make("owners", name="Ada")
    place = house.make("houses", street="Elm", owner=owner)
    room = house.make("rooms", label="hall", house=place)
    inner = house.make("rooms", label="closet", house=place, inside=room)
    beside = house.make("houses", street="Oak")
    assert house.delete("owners", owner).status == 204
    for table, key in (("owners", owner), ("houses", place), ("rooms", room), ("rooms", inner)):
        record = house.get(table, key)
        assert (record["revision"], record["deletedAt"]) == (2, record["updatedAt"])
    assert house.live("houses") == [beside]


def test_a_child_that_stays_loses_all_its_links_in_one_revision(house: House) -> None:
    owner = house.make("owners", name="Ada")
    place = house.make("houses", street="Elm", owner=owner)
    key, other = house.make("keys", house=place, copy=place), house.make("keys", copy=place)
    house.delete("owners", owner)
    for record in (house.get("keys", key), house.get("keys", other)):
        assert (record["fields"], record["revision"]) == ({"house": None, "copy": None, "spare": False}, 2)
        assert record["updatedAt"] > record["createdAt"]


def test_links_in_a_table_of_their_own_stay_with_a_trashed_record_and_end_with_one_that_is_gone(house: House) -> None:
    house.make("tags", id="old")
    place = house.make("houses", street="Elm", tags=["old"])
    house.delete("tags", "old")
    house.delete("houses", place)
    assert house.restore("houses", place).status == 200
    assert house.restore("tags", "old").status == 200
    assert house.get("houses", place)["fields"]["tags"] == ["old"]
    assert house.delete("houses", place, permanent=True).status == 204
    assert house.delete("tags", "old").status == 204


@pytest.mark.parametrize("permanent", [False, True])
def test_a_restriction_at_any_level_stops_everything(house: House, permanent: bool) -> None:
    owner = house.make("owners", name="Ada")
    place = house.make("houses", street="Elm", owner=owner)
    room = house.make("rooms", label="hall", house=place)
    house.make("keys", house=place)
    house.make("contracts", room=room)
    house.make("contracts", owner=owner)
    refused = house.delete("owners", owner, permanent=permanent)
    assert (refused.status, refused.json()["code"]) == (409, "CONFLICT")
    assert refused.codes == {"contracts.owner": "restricted", "contracts.room": "restricted"}
    assert (house.live("owners"), house.live("houses"), house.live("rooms")) == ([owner], [place], [room])
    assert house.get("keys", "1")["revision"] == 1


def test_what_is_in_the_trash_restricts_only_where_something_goes_for_good(house: House) -> None:
    owner = house.make("owners", name="Ada")
    contract = house.make("contracts", owner=owner)
    house.delete("contracts", contract)
    assert house.delete("owners", owner, permanent=True).codes == {"contracts.owner": "restricted"}
    assert house.delete("owners", owner).status == 204
    assert house.delete("owners", owner, permanent=True).codes == {"contracts.owner": "restricted"}


def test_a_record_goes_for_good_from_where_it_is_with_all_children(house: House) -> None:
    owner = house.make("owners", name="Ada")
    kept = house.make("houses", street="Oak", architect=owner)
    place = house.make("houses", street="Elm", owner=owner)
    room = house.make("rooms", label="hall", house=place, inside=house.make("rooms", label="wing", house=place))
    house.delete("rooms", room)
    house.delete("houses", place)
    house.delete("houses", kept)
    assert house.delete("owners", owner, permanent=True).status == 204
    assert house.client("GET", "/api/tables/owners/records?includeDeleted=true").json()["records"] == []
    assert (house.trashed("houses"), house.trashed("rooms")) == ({kept}, set())
    assert house.get("houses", kept)["fields"]["architect"] is None
    assert house.get("houses", kept)["revision"] == 3
    assert house.delete("owners", owner, permanent=True).status == 404


def test_records_that_point_at_one_another_go_for_good_together(house: House) -> None:
    first = house.make("rooms", label="a")
    second = house.make("rooms", label="b", inside=first)
    house.client("PATCH", f"/api/tables/rooms/records/{first}", {"inside": second})
    owner = house.make("owners", name="Ada")
    place = house.make("houses", owner=owner, architect=owner)
    house.client("PATCH", f"/api/tables/rooms/records/{first}", {"house": place})
    assert house.delete("owners", owner, permanent=True).status == 204
    assert house.live("rooms") == house.live("houses") == []


def test_a_constraint_that_needs_a_link_holds_the_record_as_a_restriction_would(house: House) -> None:
    place = house.make("houses", street="Elm")
    house.make("keys", house=place, spare=True)
    for permanent in (False, True):
        refused = house.delete("houses", place, permanent=permanent)
        assert (refused.status, refused.codes) == (409, {"keys.house": "restricted"})
    assert house.get("keys", "1")["fields"]["house"] == place


def test_an_unusable_switch_is_refused(house: House) -> None:
    owner = house.make("owners", name="Ada")
    for text in ("permanent=1", "permanent=TRUE", "permanent="):
        refused = house.client("DELETE", f"/api/tables/owners/records/{owner}?{text}")
        assert refused.codes == {"permanent": "invalid_value"}
    twice = house.client("DELETE", f"/api/tables/owners/records/{owner}?permanent=false&permanent=true")
    assert twice.codes == {"permanent": "duplicate"}
    assert house.live("owners") == [owner]
