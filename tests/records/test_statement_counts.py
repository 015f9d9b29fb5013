"""How many statements a request costs: as many for five records as for sixty, and never one a record.

A write costs one beside its own: the entries of history and activity log.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.database import Database, Row, Session, Statement
from tabularium.db.dialect import Dialect
from tests.support.asgi import Client
from tests.support.serving import serving

FEW, MANY = 5, 60


class CountingSession:
    """Notes the text of every statement that goes through it."""

    def __init__(self, session: Session, ran: list[str]) -> None:
        self._session = session
        self._ran = ran
        self.dialect: Dialect = session.dialect

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        self._ran.append(sql)
        return await self._session.fetch_all(sql, parameters, heavy=heavy)

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        self._ran.append(sql)
        return await self._session.fetch_one(sql, parameters, heavy=heavy)

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        self._ran.extend(sql for sql, _ in statements)
        return await self._session.fetch_many(statements, heavy=heavy)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._ran.append(sql)
        return await self._session.execute(sql, parameters)


class CountingDatabase:
    """A database whose statements are noted in `ran`."""

    def __init__(self, database: Database, ran: list[str]) -> None:
        self._database = database
        self._ran = ran
        self.dialect: Dialect = database.dialect

    async def read(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        return await self._database.read(lambda session: work(CountingSession(session, self._ran)))

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        return await self._database.write(lambda session: work(CountingSession(session, self._ran)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


APPLICATION = {
    "name": "counts",
    "tables": [
        {
            "id": 1,
            "name": "deals",
            "fields": [
                {"id": 1, "name": "title", "type": "single-line-text", "unique": True},
                {"id": 2, "name": "amount", "type": "decimal", "indexed": True},
                {"id": 3, "name": "owner", "type": "relationship", "relatedTable": "people", "displayField": "name"},
                {"id": 4, "name": "owner_name", "type": "lookup", "relationshipField": "owner", "relatedField": "name"},
                {"id": 5, "name": "tags", "type": "relationship", "relatedTable": "tags", "relationType": "many-to-many",
                 "displayField": "name"},
                {"id": 6, "name": "tag_names", "type": "lookup", "relationshipField": "tags", "relatedField": "name"},
                {"id": 7, "name": "tag_count", "type": "count", "relationshipField": "tags"},
                {"id": 8, "name": "double", "type": "formula", "formula": "{amount} * 2"},
                {"id": 9, "name": "n", "type": "autonumber"},
            ],
            "views": [{"id": "big", "name": "Big", "filters": {"amount": {"greaterThan": 0}}}],
        },
        {
            "id": 2,
            "name": "people",
            "fields": [
                {"id": 1, "name": "name", "type": "single-line-text"},
                {"id": 2, "name": "deals", "type": "relationship", "relatedTable": "deals",
                 "relationType": "one-to-many", "foreignKey": "owner"},
                {"id": 3, "name": "total", "type": "rollup", "relationshipField": "deals", "relatedField": "amount",
                 "aggregation": "SUM"},
            ],
        },
        {"id": 3, "name": "tags", "fields": [{"id": 1, "name": "name", "type": "single-line-text"}]},
    ],
}  # fmt: skip

DEALS, PEOPLE = "/api/tables/deals/records", "/api/tables/people/records"
LISTS: dict[str, tuple[str, dict[str, str], int]] = {
    "a list": (DEALS, {}, 2),
    "without a count": (DEALS, {"count": "none"}, 1),
    "filtered and sorted by what is worked out": (
        DEALS, {"filter": "tag_count:greaterThan:0", "sort": "owner_name,double:desc"}, 2
    ),
    "as people read it": (DEALS, {"format": "display"}, 2),
    "searched": (DEALS, {"q": "d"}, 2),
    "with sums and groups": (DEALS, {"aggregate": "sum:amount,count", "groupBy": "owner_name"}, 3),
    "the trash": (DEALS, {"deleted": "true"}, 2),
    "links to many and sums over them": (PEOPLE, {"fields": "name,deals,total"}, 2),
    "through a view": ("/api/tables/deals/views/big/records", {}, 2),
}  # fmt: skip
"""A request, and how many statements it costs at most. PostgreSQL counts in the statement of the page."""


@pytest.fixture
def counted(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Client, list[str]]]:
    """Serve the application, or the one that a test names in its place."""
    ran: list[str] = []
    path = tmp_path / "app.json"
    path.write_text(json.dumps(getattr(request, "param", APPLICATION)))
    with serving(path, database_url, watch=lambda database: CountingDatabase(database, ran)) as client:
        yield client, ran


def cost(counted: tuple[Client, list[str]], method: str, path: str, *arguments: Any, **options: Any) -> int:
    """Return how many statements a request costs, which must succeed."""
    client, ran = counted
    ran.clear()
    answer = client(method, path, *arguments, **options)
    assert 200 <= answer.status < 300, answer.body
    return len(ran)


def fill(client: Client, numbers: range) -> None:
    for number in numbers:
        client("POST", "/api/tables/tags/records", {"name": f"t{number}"})
        client("POST", PEOPLE, {"name": f"p{number % 7}"})
        tags = [str(tag) for tag in range(1, min(number, 10) + 1)]
        fields = {"title": f"d{number}", "amount": number, "owner": str(number), "tags": tags}
        assert client("POST", DEALS, fields).status == 201


def test_a_list_costs_as_many_statements_whatever_it_holds(counted: tuple[Client, list[str]]) -> None:
    client, _ = counted
    fill(client, range(1, FEW + 1))
    few = {name: cost(counted, "GET", path, query=query) for name, (path, query, _) in LISTS.items()}
    fill(client, range(FEW + 1, MANY + 1))
    many = {name: cost(counted, "GET", path, query=query) for name, (path, query, _) in LISTS.items()}
    assert few == many
    assert {name: number for name, number in many.items() if number > LISTS[name][2]} == {}


def test_a_single_record_costs_one_statement_to_read(counted: tuple[Client, list[str]]) -> None:
    fill(counted[0], range(1, FEW + 1))
    assert cost(counted, "GET", f"{DEALS}/5") == 1
    assert cost(counted, "GET", f"{PEOPLE}/5", query={"fields": "deals,total", "format": "display"}) == 1


RULE = {"when": {"logic": "or", "conditions": [
    {"field": "title", "operator": "neq", "value": "hidden"},
    {"field": "tags", "operator": "eq", "value": "1"},
]}}  # fmt: skip


def under_rules(*actions: str) -> dict[str, Any]:
    """Return the application with a rule for the rows of every table, for each of the actions."""
    names = {"when": {"field": "name", "operator": "neq", "value": "hidden"}}
    tables = [
        {**table, "rowLevelPermissions": dict.fromkeys(actions, RULE if table["name"] == "deals" else names)}
        for table in APPLICATION["tables"]
        if isinstance(table, dict)
    ]
    return {**APPLICATION, "tables": tables}


@pytest.mark.parametrize("counted", [under_rules("read")], indirect=True, ids=["ruled"])
def test_a_list_under_a_rule_for_rows_costs_no_further_statement(counted: tuple[Client, list[str]]) -> None:
    fill(counted[0], range(1, FEW + 1))
    costs = {name: cost(counted, "GET", path, query=query) for name, (path, query, _) in LISTS.items()}
    assert {name: number for name, number in costs.items() if number > LISTS[name][2]} == {}
    assert cost(counted, "GET", f"{DEALS}/5") == 1
    assert counted[1][0].count("hidden") > 1  # the rule for the record, and those for what its links lead to


def costs_of_writes(counted: tuple[Client, list[str]]) -> dict[str, list[int]]:
    """Return what writes cost, those of a table without fields that are worked out first."""
    fill(counted[0], range(1, FEW + 1))
    tags = "/api/tables/tags/records"
    return {
        "plain": [
            cost(counted, "POST", tags, {"name": "a"}),
            cost(counted, "PATCH", f"{tags}/1", {"name": "b"}),
            cost(counted, "PATCH", f"{tags}/1", {"name": "b"}),
            cost(counted, "DELETE", f"{tags}/5"),
        ],
        "worked out": [
            cost(counted, "POST", DEALS, {"title": "a", "owner": "1", "tags": ["1"]}),
            cost(counted, "PATCH", f"{DEALS}/1", {"amount": 7, "title": "b", "tags": ["2"]}),
            cost(counted, "DELETE", f"{DEALS}/1"),
        ],
    }


WRITES = (
    pytest.param(APPLICATION, [2, 3, 1, 3], [7, 8, 3], id="without rules"),
    # A table of plain values has no other rule that the database is asked for.
    pytest.param(under_rules("write", "create", "delete"), [3, 4, 1, 4], [7, 8, 4], id="with rules for writing"),
    # What was written is read back, as it is for fields that are worked out.
    pytest.param(under_rules("read"), [3, 4, 2, 4], [7, 9, 4], id="with a rule for reading"),
    pytest.param(under_rules("read", "write", "create", "delete"), [4, 5, 2, 4], [7, 9, 4], id="with rules for both"),
)
"""An application, what writes of a table with plain values cost, and what those of the other table do.

One of each writes the entries of history and activity log. A delete asks for its rule once it holds what goes along; where
links may lead to rows that the caller does not see, a change of them asks which.
"""


@pytest.mark.parametrize(("counted", "plain", "worked_out"), WRITES, indirect=["counted"])
def test_rules_for_rows_are_asked_in_the_statements_that_a_write_has_anyway(
    counted: tuple[Client, list[str]], plain: list[int], worked_out: list[int]
) -> None:
    assert costs_of_writes(counted) == {"plain": plain, "worked out": worked_out}


def test_a_write_costs_as_many_statements_for_ten_links_as_for_one(counted: tuple[Client, list[str]]) -> None:
    fill(counted[0], range(1, 21))
    ids = [str(number) for number in range(1, 11)]
    one = cost(counted, "POST", DEALS, {"title": "a", "owner": "1", "tags": ids[:1]})
    ten = cost(counted, "POST", DEALS, {"title": "b", "owner": "1", "tags": ids})
    assert one == ten <= 10
    one = cost(counted, "PATCH", f"{DEALS}/1", {"amount": 7, "tags": ids[1:2]})
    ten = cost(counted, "PATCH", f"{DEALS}/1", {"amount": 8, "tags": ids})
    assert one == ten <= 10
    assert cost(counted, "DELETE", f"{DEALS}/1") <= 4
