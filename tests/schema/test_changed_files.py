"""What becomes of records when the file changes: renames, options, removals, seen through the API on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tabularium.schema.fields.registry import FIELD_TYPES
from tests.schema.fields.cases import NEEDED
from tests.schema.migrating import Bench, Run, integer, link, table, text
from tests.support.asgi import Client
from tests.support.auth import PASSWORDS
from tests.support.serving import serving

Serve = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def serve(database_url: str, tmp_path: Path) -> Serve:
    """Serve tables on the one database of the test: the safe part of the plan is applied at start."""

    @contextmanager
    def start(*tables: dict[str, Any]) -> Iterator[Client]:
        path = tmp_path / "served.json"
        path.write_text(json.dumps({"name": "test", "tables": tables}))
        with serving(path, database_url) as client:
            yield client

    return start


def create(api: Client, name: str, /, **fields: Any) -> str:
    answer = api("POST", f"/api/tables/{name}/records", {"fields": fields})
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def fields_of(api: Client, name: str, /, **query: str) -> list[dict[str, Any]]:
    answer = api("GET", f"/api/tables/{name}/records", query=query)
    assert answer.status == 200, answer.body
    return [record["fields"] for record in answer.json()["records"]]


# Renames -------------------------------------------------------------------------------------------------------------


def test_a_renamed_table_and_field_keep_their_values_rules_and_links(serve: Serve) -> None:
    mail = {"id": 2, "name": "mail", "type": "email", "unique": True}
    check = {"name": "not_x", "check": "code <> 'x'"}
    people = table(
        "people", text("code", id=1, indexed=True), mail, link("boss", "people", id=3), id=1, constraints=[check]
    )
    tasks = table("tasks", text("title", id=1), link("who", "people", id=2), id=2)
    with serve(people, tasks) as api:
        boss = create(api, "people", code="a", mail="Ada@example.org")
        worker = create(api, "people", code="b", boss=boss)
        create(api, "tasks", title="t", who=worker)
    check = {"name": "not_x", "check": "sign <> 'x'"}
    staff = table(
        "staff", text("sign", id=1, indexed=True), {**mail, "name": "address"}, link("chief", "staff", id=3), id=1,
        constraints=[check],
    )  # fmt: skip
    jobs = table("jobs", text("title", id=1), link("owner", "staff", id=2), id=2)
    with serve(staff, jobs) as api:
        assert fields_of(api, "staff") == [
            {"sign": "a", "address": "Ada@example.org", "chief": None},
            {"sign": "b", "address": None, "chief": boss},
        ]
        assert fields_of(api, "jobs") == [{"title": "t", "owner": worker}]
        assert fields_of(api, "staff", filter="address:ada@EXAMPLE.org")[0]["sign"] == "a"
        assert api("POST", "/api/tables/staff/records", {"address": "ADA@example.org"}).status == 409
        assert api("POST", "/api/tables/staff/records", {"chief": "99"}).codes == {"fields.chief": "not_found"}
        assert api("POST", "/api/tables/staff/records", {"sign": "x"}).codes == {"fields.sign": "check_failed"}
        assert api("GET", "/api/tables/people/records").status == 404
        assert create(api, "staff", sign="c") not in (boss, worker)
    with serve(people | {"constraints": []}, tasks) as api:
        assert [each["code"] for each in fields_of(api, "people")] == ["a", "b", "c"]


def test_names_are_swapped(serve: Serve) -> None:
    a = table("a", text("x", id=1, unique=True), text("y", id=2), link("other", "b", id=3), id=1)
    b = table("b", text("z", id=1), link("other", "a", id=2), id=2)
    with serve(a, b) as api:
        create(api, "b", z="in b")
        create(api, "a", x="x of a", y="y of a", other="1")
        api("PATCH", "/api/tables/b/records/1", {"other": "1"})
    a = table("b", text("y", id=1, unique=True), text("x", id=2), link("other", "a", id=3), id=1)
    b = table("a", text("z", id=1), link("other", "b", id=2), id=2)
    with serve(a, b) as api:
        assert fields_of(api, "b") == [{"y": "x of a", "x": "y of a", "other": "1"}]
        assert fields_of(api, "a") == [{"z": "in b", "other": "1"}]
        assert api("POST", "/api/tables/b/records", {"y": "x of a"}).codes == {"fields.y": "not_unique"}
        assert api("POST", "/api/tables/b/records", {"other": "7"}).codes == {"fields.other": "not_found"}
        create(api, "b", x="y of a")


def many(name: str, target: str, **options: Any) -> dict[str, Any]:
    return link(name, target, relationType="many-to-many", **options)


def test_links_to_many_go_with_the_names_of_both_ends(serve: Serve) -> None:
    def tables(first: str, second: str, there: str, back: str) -> list[dict[str, Any]]:
        return [
            table(first, text("title", id=1), many(there, second, id=2, reciprocalField=back), id=1),
            table(second, text("title", id=1), many(back, first, id=2, reciprocalField=there), id=2),
        ]

    with serve(*tables("posts", "tags", "tags", "posts")) as api:
        for name in ("x", "y"):
            create(api, "tags", title=name)
        create(api, "posts", title="p", tags=["1", "2"])
        create(api, "posts", title="q", tags=["2"])
    # Now the second table comes first in the alphabet, so the table of links is turned around.
    with serve(*tables("zettel", "marks", "labels", "on")) as api:
        assert [each["labels"] for each in fields_of(api, "zettel")] == [["1", "2"], ["2"]]
        assert [each["on"] for each in fields_of(api, "marks")] == [["1"], ["1", "2"]]
        api("PATCH", "/api/tables/marks/records/1", {"on": ["2"]})
        assert [each["labels"] for each in fields_of(api, "zettel")] == [["2"], ["1", "2"]]
    with serve(*tables("a", "b", "labels", "on")) as api:
        assert [each["labels"] for each in fields_of(api, "a")] == [["2"], ["1", "2"]]


def test_two_ends_that_part_keep_their_links_and_join_again(serve: Serve) -> None:
    def tables(**options: Any) -> list[dict[str, Any]]:
        there = {"reciprocalField": "posts"} if options else {}
        back = {"reciprocalField": "tags"} if options else {}
        return [
            table("posts", text("title", id=1), many("tags", "tags", id=2, **there), id=1),
            table("tags", text("title", id=1), many("posts", "posts", id=2, **back), id=2),
        ]

    with serve(*tables(both=True)) as api:
        create(api, "tags", title="x")
        create(api, "posts", title="p", tags=["1"])
    with serve(*tables()) as api:
        assert fields_of(api, "posts")[0]["tags"] == fields_of(api, "tags")[0]["posts"] == ["1"]
        create(api, "posts", title="q")
        api("PATCH", "/api/tables/tags/records/1", {"posts": ["1", "2"]})
        assert [each["tags"] for each in fields_of(api, "posts")] == [["1"], []]
    with serve(*tables(both=True)) as api:
        assert [each["tags"] for each in fields_of(api, "posts")] == [["1"], ["1"]]


def test_a_link_to_one_becomes_one_to_many_and_back(bench: Run, serve: Serve) -> None:
    def tables(kind: str, name: str, **options: Any) -> list[dict[str, Any]]:
        return [
            table("a", text("t", id=1), link(name, "b", id=2, relationType=kind, **options), id=1),
            table("b", text("t", id=1), id=2),
        ]

    with serve(*tables("many-to-one", "to")) as api:
        for name in ("x", "y"):
            create(api, "b", t=name)
        for target in ("1", "2", None):
            create(api, "a", to=target)
    with serve(*tables("many-to-many", "all")) as api:
        assert [each["all"] for each in fields_of(api, "a")] == [["1"], ["2"], []]
    with serve(*tables("one-to-one", "it")) as api:
        assert [each["it"] for each in fields_of(api, "a")] == ["1", "2", None]
        assert api("POST", "/api/tables/a/records", {"it": "1"}).codes == {"fields.it": "not_unique"}
        assert api("POST", "/api/tables/a/records", {"it": "9"}).codes == {"fields.it": "not_found"}
    with serve(*tables("many-to-many", "all")) as api:
        api("PATCH", "/api/tables/a/records/2", {"all": ["2", "1"]})
        assert [each["all"] for each in fields_of(api, "a")] == [["1"], ["1", "2"], []]

    async def work(bench: Bench) -> None:
        refusal = await bench.refusal(*tables("many-to-one", "to"))
        assert 'records of "a" with several links in "to": 1; --allow-destructive keeps the first' in refusal
        assert "without a link" in await bench.refusal(*tables("many-to-one", "to", required=True), destructive=True)
        assert "rows break the rule" in await bench.failure(*tables("one-to-one", "it"), destructive=True)
        await bench.migrate(*tables("many-to-one", "to"), destructive=True)
        assert (await bench.migrate(*tables("many-to-one", "to"))).steps == ()

    bench(work)
    with serve(*tables("many-to-one", "to")) as api:
        assert [each["to"] for each in fields_of(api, "a")] == ["1", "1", None]


def test_a_link_becomes_the_only_one_of_its_target_where_no_two_share_it(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        many_to_one = table("a", text("t"), link("to", "a"))
        one_to_one = table("a", text("t"), link("to", "a", relationType="one-to-one"))
        await bench.migrate(many_to_one)
        for to in (None, 1, 1):
            await bench.insert("a", to=to)
        assert 'records that share a value of "to" of "a": 2' in await bench.refusal(one_to_one)
        await bench.execute("UPDATE a SET deleted_at = created_at WHERE id = 3")
        await bench.migrate(one_to_one)
        await bench.migrate(many_to_one)

    bench(work)


def test_a_renamed_autonumber_counts_on(serve: Serve) -> None:
    def numbered(table_name: str, *names: str) -> dict[str, Any]:
        fields = [{"id": place, "name": name, "type": "autonumber"} for place, name in enumerate(names, 1)]
        return table(table_name, *fields, text("t", id=9), id=1)

    with serve(numbered("a", "n", "m")) as api:
        create(api, "a")
        create(api, "a")
    with serve(numbered("b", "m", "n")) as api:
        create(api, "b")
        assert [each["m"] for each in fields_of(api, "b")] == [1, 2, 3]
        assert [each["n"] for each in fields_of(api, "b")] == [1, 2, 3]


def test_without_ids_a_rename_is_a_removal_and_an_addition_and_the_plan_says_what_to_write(
    bench: Run, serve: Serve
) -> None:
    with serve(table("a", text("x"), integer("n"))) as api:
        create(api, "a", x="kept")
    with serve(table("a", text("y"), integer("n"))) as api:
        assert fields_of(api, "a") == [{"y": None, "n": None}]

    async def work(bench: Bench) -> None:
        inspection = await bench.inspect(table("a", text("z"), integer("n")))
        assert inspection.plan.notes[0] == (
            'If the field "z" of the table "a" is "y" under a new name, write id: 3 at it: '
            "then it is renamed and keeps its values."
        )

    bench(work)
    with serve(table("a", text("y"), text("z", id=1), integer("n"))) as api:
        assert fields_of(api, "a") == [{"y": None, "z": "kept", "n": None}]


def test_a_file_with_every_kind_of_field_is_done_after_the_first_time(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        bench.more = {"auth": PASSWORDS}
        stored = [
            {"name": kind.replace("-", "_"), "type": kind, **NEEDED.get(kind, {})}
            for kind in FIELD_TYPES
            if kind not in ("relationship", "formula", "lookup", "rollup", "count")
        ]
        worked_out = [
            link("up", "a"),
            many("several", "a"),
            link("down", "a", relationType="one-to-many", foreignKey="up"),
            {"name": "looked_up", "type": "lookup", "relationshipField": "up", "relatedField": "integer"},
            {
                "name": "rolled_up",
                "type": "rollup",
                "relationshipField": "down",
                "relatedField": "integer",
                "aggregation": "SUM",
            },
            {"name": "counted", "type": "count", "relationshipField": "several"},
            {"name": "formed", "type": "formula", "formula": "{integer} + 1"},
        ]
        await bench.migrate(table("a", *stored, *worked_out))
        assert (await bench.migrate(table("a", *stored, *worked_out))).steps == ()
        assert not (await bench.inspect(table("a", *stored, *worked_out), destructive=True)).plan.steps
        await bench.migrate(table("a"))
        await bench.migrate(table("a", *reversed(stored), *worked_out))
        assert (await bench.migrate(table("a", *reversed(stored), *worked_out))).steps == ()

    bench(work)


# What leaves the file -------------------------------------------------------------------------------------------------


def test_another_field_may_have_the_name_of_a_removed_one_which_still_returns(serve: Serve) -> None:
    first = table("a", text("x", id=1), {"id": 2, "name": "mail", "type": "email"}, id=1)
    with serve(first) as api:
        create(api, "a", x="first", mail="a@example.org")
    with serve(table("a", text("t", id=9), id=1)):
        pass
    second = table("a", integer("x", id=3), text("mail", id=4), text("t", id=9), id=1)
    with serve(second) as api:
        assert fields_of(api, "a") == [{"x": None, "mail": None, "t": None}]
        create(api, "a", x=5)
    both = table(
        "a", integer("x", id=3), text("mail", id=4), text("old", id=1), {"id": 2, "name": "e", "type": "email"}, id=1
    )
    with serve(both) as api:
        assert [(each["x"], each["old"], each["e"]) for each in fields_of(api, "a")] == [
            (None, "first", "a@example.org"),
            (5, None, None),
        ]
        assert len(fields_of(api, "a", filter="e:A@example.org")) == 1


def test_another_table_may_have_the_name_of_a_removed_one_which_still_returns(serve: Serve) -> None:
    with serve(table("Old Things", text("x", id=1), link("up", "Old Things", id=2), id=1)) as api:
        create(api, "Old%20Things", x="old")
        create(api, "Old%20Things", x="older", up="1")
    with serve(table("other", id=5)):
        pass
    with serve(table("old-things", text("y", id=1), id=2)) as api:
        create(api, "old-things", y="new")
        assert fields_of(api, "old-things") == [{"y": "new"}]
    with serve(
        table("old-things", text("y", id=1), id=2), table("was", text("x", id=1), link("up", "was", id=2), id=1)
    ) as api:
        assert fields_of(api, "was") == [{"x": "old", "up": None}, {"x": "older", "up": "1"}]
        assert fields_of(api, "old-things") == [{"y": "new"}]


def test_removed_links_to_many_are_kept_and_return(serve: Serve) -> None:
    full = table("a", text("t", id=1), many("to", "a", id=2), id=1)
    with serve(full) as api:
        create(api, "a", t="x")
        create(api, "a", t="y", to=["1"])
    with serve(table("a", text("t", id=1), id=1)):
        pass
    with serve(table("a", text("t", id=1), many("to", "a", id=3), id=1)) as api:
        assert [each["to"] for each in fields_of(api, "a")] == [[], []]
    with serve(table("a", text("t", id=1), many("to", "a", id=3), many("was", "a", id=2), id=1)) as api:
        assert [(each["to"], each["was"]) for each in fields_of(api, "a")] == [([], []), ([], ["1"])]


def test_a_destructive_migration_drops_what_has_left_the_file(bench: Run, serve: Serve) -> None:
    full = [
        table("p", text("x", id=1, indexed=True), {"id": 2, "name": "n", "type": "autonumber"}, text("t", id=4), id=1),
        table("c", link("p", "p", id=1), many("all", "p", id=2), text("t", id=3), id=2),
    ]
    with serve(*full) as api:
        create(api, "p", x="1")
        create(api, "c", p="1", all=["1"])
    left = [table("p", text("t", id=4), id=1)]

    async def work(bench: Bench) -> None:
        await bench.migrate(*left)
        inspection = await bench.inspect(*left)
        assert len(inspection.plan.notes) == 3
        assert (await bench.migrate(*left)).steps == ()
        steps = (await bench.migrate(*left, destructive=True)).steps
        assert {step.summary for step in steps if step.is_destructive} == {
            'drop the field "x" with its values', 'drop the field "n" with its values', "drop the table with its rows",
        }  # fmt: skip
        assert not (await bench.inspect(*left)).plan.notes
        names = await bench.names("table")
        assert "c" not in names
        assert not [name for name in names if name.startswith("_links")]
        assert await bench.rows('SELECT name FROM "_counter"') == []
        assert (await bench.migrate(*left, destructive=True)).steps == ()

    bench(work)
    with serve(*full) as api:
        assert [(each["x"], each["n"]) for each in fields_of(api, "p")] == [(None, 1)]
        assert fields_of(api, "c") == []


# Options --------------------------------------------------------------------------------------------------------------


def choices(kind: str, *options: Any, **others: Any) -> dict[str, Any]:
    return table("a", {"id": 1, "name": "s", "type": kind, "options": list(options), **others}, text("t", id=2), id=1)


@pytest.mark.parametrize("kind", ["single-select", "status"])
def test_a_renamed_option_takes_the_place_of_the_former_one(serve: Serve, kind: str) -> None:
    with serve(choices(kind, "it's", "b", "c")) as api:
        for value in ("it's", "b", "c", None):
            create(api, "a", s=value)
        api("DELETE", "/api/tables/a/records/1")
    renamed = choices(kind, {"value": "x", "renamedFrom": "it's"}, {"value": "c", "renamedFrom": "b"})
    for _ in range(2):  # a second start finds nothing to rename
        with serve(renamed) as api:
            assert [each["s"] for each in fields_of(api, "a")] == ["c", "c", None]
            assert fields_of(api, "a", deleted="true")[0]["s"] == "x"


def test_renamed_options_of_lists_stay_in_their_place_once_each(serve: Serve) -> None:
    lists = (["a", "b", "c"], ["c", "a"], ["b"], [], None)
    with serve(choices("multi-select", "a", "b", "c")) as api:
        for value in lists:
            create(api, "a", s=value)
    with serve(choices("multi-select", {"value": "ä", "renamedFrom": "a"}, {"value": "c", "renamedFrom": "b"})) as api:
        assert [each["s"] for each in fields_of(api, "a")] == [["ä", "c"], ["c", "ä"], ["c"], [], None]


@pytest.mark.parametrize("kind", ["single-select", "multi-select"])
def test_an_option_goes_only_where_no_record_holds_it_or_that_is_allowed(bench: Run, serve: Serve, kind: str) -> None:
    several = kind == "multi-select"
    with serve(choices(kind, "a", "b", "c")) as api:
        create(api, "a", s=["a", "b"] if several else "a")
        create(api, "a", s=["a"] if several else "a")
        create(api, "a", s=["b"] if several else "b")
        api("DELETE", "/api/tables/a/records/2")

    async def work(bench: Bench) -> None:
        await bench.migrate(choices(kind, "a", "b"))
        refusal = await bench.refusal(choices(kind, "b"))
        assert 'records of "a" that hold a removed option of "s": 2; say renamedFrom' in refusal
        assert "--allow-destructive" not in await bench.refusal(choices(kind, "b", required=True))
        await bench.migrate(choices(kind, "b"), destructive=True)

    bench(work)
    with serve(choices(kind, "b")) as api:
        assert [each["s"] for each in fields_of(api, "a")] == ([["b"], ["b"]] if several else [None, "b"])


def test_a_required_field_without_its_option_gets_its_default(bench: Run, serve: Serve) -> None:
    with serve(choices("single-select", "a", "b", required=True)) as api:
        create(api, "a", s="a")
    later = choices("single-select", "b", required=True, default="b")

    async def work(bench: Bench) -> None:
        await bench.migrate(later, destructive=True)

    bench(work)
    with serve(later) as api:
        assert fields_of(api, "a")[0]["s"] == "b"


# A long way -----------------------------------------------------------------------------------------------------------


def test_a_record_goes_through_a_long_chain_of_files(serve: Serve, bench: Run) -> None:
    """Each version changes several things at once; the record of the first is there in the last."""
    options = ["new", "done"]
    first = [
        table("books", text("title", id=1), text("pages", id=2), text("kind", id=3), id=1),
    ]
    with serve(*first) as api:
        create(api, "books", title="Emma", pages="474", kind="new")
        create(api, "books", title="Persuasion", pages="249", kind="done")
    second = [
        table("books", text("title", id=1, required=True, indexed=True), integer("pages", id=2, min=1),
              {"id": 3, "name": "kind", "type": "single-select", "options": options}, link("by", "writers", id=4), id=1),
        table("writers", text("name", id=1, unique=True), id=2),
    ]  # fmt: skip
    with serve(*second) as api:
        create(api, "writers", name="Austen")
        api("PATCH", "/api/tables/books/records/1", {"by": "1"})
        assert [each["pages"] for each in fields_of(api, "books", sort="pages")] == [249, 474]
    state = [{"value": "open", "renamedFrom": "new"}, "done"]
    third = [
        table("works", text("name", id=1, required=True), {"id": 2, "name": "size", "type": "decimal", "precision": 1},
              {"id": 3, "name": "state", "type": "single-select", "options": state}, link("author", "people", id=4),
              {"id": 5, "name": "n", "type": "autonumber", "prefix": "W-"}, id=1,
              constraints=[{"name": "has_size", "check": "size > 0"}]),
        table("people", text("name", id=1, unique=True), {"id": 2, "name": "works", "type": "relationship",
              "relatedTable": "works", "relationType": "one-to-many", "foreignKey": "author"}, id=2),
    ]  # fmt: skip
    with serve(*third) as api:
        assert fields_of(api, "works") == [
            {"name": "Emma", "size": "474.0", "state": "open", "author": "1", "n": "W-1"},
            {"name": "Persuasion", "size": "249.0", "state": "done", "author": None, "n": "W-2"},
        ]
        assert fields_of(api, "people", fields="works") == [{"works": ["1"]}]
        assert api("POST", "/api/tables/works/records", {"name": "x", "size": "0"}).codes == {
            "fields.size": "check_failed"
        }
        api("DELETE", "/api/tables/works/records/2")
    fourth = [
        table("works", text("name", id=1), text("size", id=2), {"id": 3, "name": "state", "type": "multi-select",
              "options": ["open", "done"]}, text("author", id=4), text("n", id=5), id=1),
    ]  # fmt: skip
    with serve(*fourth) as api:
        assert fields_of(api, "works") == [
            {"name": "Emma", "size": "474.0", "state": ["open"], "author": "1", "n": "W-1"}
        ]
        assert fields_of(api, "works", deleted="true")[0]["state"] == ["done"]

    async def refuse(bench: Bench) -> None:
        refusal = await bench.refusal(
            table("works", integer("name", id=1), text("size", id=2), text("state", id=3), text("author", id=4), id=1)
        )
        assert '2 values of "name" of "works" (records 1, 2) are no integer' in refusal

    bench(refuse)
