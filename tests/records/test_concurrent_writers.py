"""Sixteen writers at once on a few records: nothing is lost, nothing is there twice, and no caller hears of a deadlock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.options import DatabaseOptions
from tests.support.asgi import Answer
from tests.support.effort import NIGHTLY
from tests.support.fleet import Fleet, fleet_of

APPLICATION = Path(__file__).with_name("proofs.yaml")
WRITERS = 16
ROUNDS = 40 if NIGHTLY else 4


@pytest.fixture
def fleet(database_url: str) -> Iterator[Fleet]:
    """Two servers on one database, patient enough for a slow machine; PostgreSQL finds deadlocks at once."""
    url = database_url
    if url.startswith("postgresql"):
        url += f"{'&' if '?' in url else '?'}deadlock_timeout=50ms"
    with fleet_of(APPLICATION, url, options=DatabaseOptions(wait=25)) as found:
        yield found


def make(fleet: Fleet, table: str, *records: dict[str, Any]) -> list[str]:
    """Create records and return their ids."""
    body = {"records": [{"fields": each} for each in records], "returnRecords": True}
    answer = fleet("POST", f"{table}/records/batch", body)
    assert answer.status == 201, answer.body
    return [each["id"] for each in answer.json()["records"]]


def flat(results: list[list[Any]]) -> list[Any]:
    """Return what all writers have found."""
    return [each for some in results for each in some]


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(each.status for each in answers)


def codes_of(answers: list[Answer]) -> set[str]:
    """Return the codes of all errors."""
    return {code for each in answers if each.status >= 400 for code in each.codes.values()}


def live(fleet: Fleet, table: str) -> list[dict[str, Any]]:
    """Return the live records of a table."""
    records: list[dict[str, Any]] = fleet("GET", f"{table}/records", limit=1000).json()["records"]
    return records


def test_no_update_is_lost_where_each_names_the_state_that_it_has_seen(fleet: Fleet) -> None:
    ids = make(fleet, "people", {"name": "a", "age": 0}, {"name": "b", "age": 0})

    async def count_up(number: int) -> int:
        path, done, refused = f"people/records/{ids[number % 2]}", 0, 0
        while done < 4:
            record = (await fleet.send(number, "GET", path)).json()
            body = {"fields": {"age": record["fields"]["age"] + 1}, "updatedAt": record["updatedAt"]}
            answer = await fleet.send(number, "PATCH", path, body)
            assert answer.status == 200 or answer.codes == {"updatedAt": "stale"}, answer.body
            done += answer.status == 200
            refused += answer.status == 409
        return refused

    assert sum(fleet.together(count_up, WRITERS)) > 0
    assert [(each["fields"]["age"], each["revision"]) for each in live(fleet, "people")] == [(32, 33)] * 2
    fleet.check()


def test_batches_in_opposite_orders_are_all_done(fleet: Fleet) -> None:
    ids = make(fleet, "people", *({"name": f"n{number}"} for number in range(6)))

    async def change_all(number: int) -> list[int]:
        found = []
        for turn in range(ROUNDS):
            order = ids if number % 2 else ids[::-1]
            entries = [{"id": each, "fields": {"age": (number * ROUNDS + turn) % 150}} for each in order]
            found.append((await fleet.send(number, "PATCH", "people/records/batch", {"records": entries})).status)
        return found

    assert flat(fleet.together(change_all, WRITERS)) == [200] * (WRITERS * ROUNDS)
    assert len({each["fields"]["age"] for each in live(fleet, "people")}) == 1
    assert len({each["revision"] for each in live(fleet, "people")}) == 1
    fleet.check()


def test_deletes_and_restores_in_opposite_orders_are_done_or_find_that_others_were_first(fleet: Fleet) -> None:
    places = [{"id": f"p{number}"} for number in range(4)]
    make(fleet, "places", *places)
    people = make(fleet, "people", *({"name": "a", "home": each["id"]} for each in places))
    make(fleet, "people", *({"name": "b", "boss": each} for each in people))

    async def move(number: int) -> list[Answer]:
        found = []
        for turn in range(ROUNDS):
            table, ids = [("places", [each["id"] for each in places]), ("people", people)][(number + turn) % 2]
            order = ids if number % 4 < 2 else ids[::-1]
            method, path = [("DELETE", "batch"), ("POST", "batch/restore")][(number // 2 + turn) % 2]
            found.append(await fleet.send(number, method, f"{table}/records/{path}", {"ids": order}))
        return found

    answers: list[Answer] = flat(fleet.together(move, WRITERS))
    assert statuses(answers).keys() <= {200, 400, 404, 409}, statuses(answers)
    assert codes_of(answers) <= {"not_found", "not_deleted", "parent_deleted"}
    fleet.check()


@pytest.mark.parametrize("field", ["code", "name"])
def test_upserts_of_the_same_values_never_make_two_records(fleet: Fleet, field: str) -> None:
    """`code` is unique, and `name` is not: then nothing but the upsert keeps two apart."""
    values = [f"v{number}" for number in range(5)]

    async def upsert(number: int) -> list[Any]:
        found = []
        for turn in range(ROUNDS):
            order = random.Random(number * 100 + turn).sample(values, 4)
            rows = [{"fields": {"name": each, "code": each, "age": number}} for each in order]
            body = {"records": rows, "fieldsToMergeOn": [field]}
            answer = await fleet.send(number, "POST", "people/records/upsert", body)
            assert answer.status == 200, answer.body
            found += [each["result"] for each in answer.json()["results"]]
        return found

    results = Counter(flat(fleet.together(upsert, WRITERS)))
    assert results["created"] == len(values)
    assert sorted(each["fields"]["name"] for each in live(fleet, "people")) == values
    assert sorted(each["fields"]["number"] for each in live(fleet, "people")) == [1, 2, 3, 4, 5]
    assert fleet.check().size == results["created"] + results["updated"]


def test_links_beside_deletes_of_their_targets_never_lead_to_nothing(fleet: Fleet) -> None:
    for place in ({"id": "p0"}, {"id": "p1", "inside": "p0"}, {"id": "p2", "inside": "p1"}):
        make(fleet, "places", place)
    people = make(fleet, "people", {"name": "a"}, {"name": "b"})
    tags = make(fleet, "tags", {"label": "x"}, {"label": "y"})

    async def link_or_delete(number: int) -> list[Answer]:
        choose, found = random.Random(number), []
        for _ in range(2 * ROUNDS):
            place = f"places/records/p{choose.randrange(3)}"
            links = {"home": place[-2:], "boss": choose.choice(people), "tags": [choose.choice(tags)]}
            if choose.random() < 0.2:
                links["guard"] = place[-2:]
            requests: list[tuple[str, str, Any]] = [
                ("POST", "people/records", {"fields": {"name": "c", **links}}),
                ("PATCH", f"people/records/{choose.choice(people)}", {"fields": links}),
                ("DELETE", place, None),
                ("DELETE", f"people/records/{choose.choice(people)}", None),
                ("POST", f"{place}/restore", None),
                ("POST", f"people/records/{choose.choice(people)}/restore", None),
            ]
            found.append(await fleet.send(number, *choose.choice(requests)))
        return found

    answers: list[Answer] = flat(fleet.together(link_or_delete, WRITERS))
    assert statuses(answers).keys() <= {200, 201, 204, 400, 404, 409}, [
        each.body for each in answers if each.status > 499
    ]
    assert codes_of(answers) <= {"not_found", "not_deleted", "parent_deleted", "restricted"}
    fleet.check()


def test_permanent_deletes_beside_links_leave_nothing_that_leads_to_them(fleet: Fleet) -> None:
    async def make_and_remove(number: int) -> list[Answer]:
        choose, found = random.Random(number), []
        for _ in range(2 * ROUNDS):
            key = f"p{choose.randrange(2)}"
            field = choose.choice(["home", "home", "guard"])
            requests: list[tuple[str, str, Any, dict[str, Any]]] = [
                ("POST", "places/records", {"fields": {"id": key}}, {}),
                ("POST", "people/records", {"fields": {"name": "c", field: key}}, {}),
                ("DELETE", f"places/records/{key}", None, {"permanent": "true"}),
                ("DELETE", f"places/records/{key}", None, {}),
            ]
            method, path, body, query = choose.choice(requests)
            found.append(await fleet.send(number, method, path, body, **query))
        return found

    answers: list[Answer] = flat(fleet.together(make_and_remove, WRITERS))
    assert statuses(answers).keys() <= {201, 204, 400, 404, 409}, [each.body for each in answers if each.status > 499]
    fleet.check()


@pytest.mark.parametrize("way", ["create", "batch", "update", "restore", "key"])
def test_of_those_who_take_a_unique_value_at_once_exactly_one_has_it(fleet: Fleet, way: str) -> None:
    people = make(fleet, "people", *({"name": "a", "code": f"c{number}"} for number in range(WRITERS)))

    async def take(number: int) -> Answer:
        fields = {"name": "b", "code": "wanted"}
        requests = {
            "create": ("POST", "people/records", {"fields": fields}),
            "batch": ("POST", "people/records/batch", {"records": [{"fields": {"name": "x"}}, {"fields": fields}]}),
            "update": ("PATCH", f"people/records/{people[number]}", {"fields": {"code": "wanted"}}),
            "restore": ("POST", f"people/records/{people[number]}/restore", None),
            "key": ("POST", "places/records", {"fields": {"id": "wanted"}}),
        }
        return await fleet.send(number, *requests[way])

    if way == "restore":
        for each in people:
            assert fleet("PATCH", f"people/records/{each}", {"fields": {"code": "wanted"}}).status == 200
            assert fleet("DELETE", f"people/records/{each}").status == 204
    answers: list[Answer] = fleet.together(take, WRITERS)
    won = [each for each in answers if each.status < 300]
    assert len(won) == 1
    assert statuses([each for each in answers if each not in won]) == {409: WRITERS - 1}
    assert codes_of(answers) == {"not_unique"}
    fleet.check()
