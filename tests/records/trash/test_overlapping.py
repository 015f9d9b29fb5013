"""Deletes, restores and links at the same time: nobody waits in a circle, and nothing live points into the trash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.database import Database, Session
from tabularium.db.dialect import Dialect
from tests.records.trash.conftest import APPLICATION, House
from tests.support.serving import serving

ROUNDS = 8


class Attempts:
    """A database that counts the transactions which had to be run again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect: Dialect = database.dialect
        self.repeated = 0

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        runs = 0

        async def counted(session: Session) -> Any:
            nonlocal runs
            runs += 1
            self.repeated += runs > 1
            return await work(session)

        return await self._database.write(counted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


@pytest.fixture
def watched(database_url: str, tmp_path: Path) -> Iterator[tuple[House, list[Attempts]]]:
    file, databases = tmp_path / "app.yaml", list[Attempts]()
    file.write_text(APPLICATION)

    def watch(database: Database) -> Database:
        databases.append(Attempts(database))
        return databases[0]

    with serving(file, database_url, watch=watch) as client:
        yield House(client), databases


def path(table: str, key: str, rest: str = "") -> str:
    return f"/api/tables/{table}/records/{key}{rest}"


def assert_no_orphans(house: House) -> None:
    """Hold every link of every live record to the live records."""
    for table, field, target in (
        ("houses", "owner", "owners"),
        ("rooms", "house", "houses"),
        ("rooms", "inside", "rooms"),
        ("keys", "house", "houses"),
    ):
        records = house.client("GET", f"/api/tables/{table}/records").json()["records"]
        assert {record["fields"][field] for record in records} - {None} <= set(house.live(target)), (table, field)


def test_two_deletes_and_a_link_leave_no_orphan_and_need_no_second_try(watched: tuple[House, list[Attempts]]) -> None:
    house, (database,) = watched[0], watched[1]
    for _ in range(ROUNDS):
        owner = house.make("owners")
        place = house.make("houses", owner=owner)
        wing = house.make("rooms", house=place)
        room = house.make("rooms", house=place, inside=wing)
        key = house.make("keys", house=place)
        answers = house.client.together(
            ("DELETE", path("houses", place)),
            ("POST", "/api/tables/rooms/records", {"house": place}),
            ("DELETE", path("owners", owner)),
            ("POST", "/api/tables/houses/records", {"owner": owner}),
            ("PATCH", path("keys", key), {"copy": place}),
            ("DELETE", path("rooms", room)),
            ("POST", "/api/tables/rooms/records", {"inside": wing}),
        )
        allowed = ({204, 404}, {201, 400}, {204, 404}, {201, 400}, {200, 400}, {204, 404}, {201, 400})
        assert all(answer.status in each for answer, each in zip(answers, allowed, strict=True)), answers
        assert answers[2].status == 204
        assert_no_orphans(house)
    assert database.repeated == 0


def test_records_that_point_at_one_another_are_deleted_from_both_ends_at_once(
    watched: tuple[House, list[Attempts]],
) -> None:
    house, (database,) = watched[0], watched[1]
    for _ in range(ROUNDS):
        first = house.make("rooms")
        second = house.make("rooms", inside=first)
        house.client("PATCH", path("rooms", first), {"inside": second})
        answers = house.client.together(("DELETE", path("rooms", second)), ("DELETE", path("rooms", first)))
        assert sorted(answer.status for answer in answers) == [204, 404]
        back = house.client.together(
            ("POST", path("rooms", first, "/restore")), ("POST", path("rooms", second, "/restore"))
        )
        assert sorted(answer.status for answer in back) == [200, 400]
        assert {first, second} <= set(house.live("rooms"))
    assert database.repeated == 0


def test_a_parent_that_goes_while_its_child_comes_back_leaves_no_orphan(watched: tuple[House, list[Attempts]]) -> None:
    house, (database,) = watched[0], watched[1]
    for _ in range(ROUNDS):
        owner = house.make("owners")
        place = house.make("houses", owner=owner)
        house.delete("houses", place)
        answers = house.client.together(("POST", path("houses", place, "/restore")), ("DELETE", path("owners", owner)))
        assert answers[0].status in (200, 409)
        assert answers[1].status == 204
        assert_no_orphans(house)
    assert database.repeated == 0


def test_of_two_restores_with_one_unique_value_one_is_refused(watched: tuple[House, list[Attempts]]) -> None:
    house, _ = watched
    for number in range(ROUNDS):
        keys = []
        for _ in range(2):
            keys.append(house.make("owners", name=f"n{number}"))
            house.delete("owners", keys[-1])
        answers = house.client.together(*(("POST", path("owners", key, "/restore")) for key in keys))
        assert sorted(answer.status for answer in answers) == [200, 409]
        refused = next(answer for answer in answers if answer.status == 409)
        assert refused.codes == {"name": "not_unique"}
