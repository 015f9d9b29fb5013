"""What rules for rows cost: the same list with and without one, by people who are signed in."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg

from benchmarks.accounts import APPLICATION as WITH_ACCOUNTS
from benchmarks.accounts import sign_up_all
from benchmarks.data import APPLICATION as WITHOUT_ACCOUNTS
from benchmarks.data import PAGE, Scenario, get
from benchmarks.measuring import Target

AIM: Final = 1.3
"""The most that a list may cost under a rule, as a multiple of the same list without."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table with the rows of all, an owner for each, and a rule."""

    name: str
    when: str
    is_indexed: bool


_MINE: Final = "{ field: owner, value: $currentUser.id, operator: eq }"
_EITHER: Final = f"{{ logic: or, conditions: [{_MINE}, {{ field: newsletter, operator: eq, value: true }}] }}"
HALF: Final = Ruled("half", _EITHER, is_indexed=False)
"""Half of the rows pass: those that are for everybody, and a few that are one's own."""
OWNED: Final = Ruled("owned", _MINE, is_indexed=True)
"""An eighth of the rows pass, and an index has them together."""
FREE: Final = "free"
"""The table without a rule."""
_COUNTS: Final = {"none": "no count", "exact": "exact count"}
"""Counting has no aim: without a condition an index alone is counted, and a condition is asked of each of its rows."""
TABLES: Final = (FREE, HALF.name, OWNED.name)


def _table(name: str, number: int, ruled: Ruled | None) -> str:
    fields = WITHOUT_ACCOUNTS.partition("    fields:\n")[2].rstrip()
    indexed = str(ruled is not None and ruled.is_indexed).lower()
    rule = f"    rowLevelPermissions: {{ read: {{ when: {ruled.when} }} }}\n" if ruled else ""
    return (
        f"  - id: {number}\n    name: {name}\n    fields:\n{fields}\n"
        f"      - {{ id: 13, name: owner, type: user, indexed: {indexed} }}\n{rule}"
    )


APPLICATION: Final = (
    WITH_ACCOUNTS.partition("tables:\n")[0]
    + "tables:\n"
    + _table(FREE, 1, None)
    + "".join(_table(each.name, number, each) for number, each in enumerate((HALF, OWNED), 2))
    + "auth:\n"
    + WITH_ACCOUNTS.partition("auth:\n")[2]
)


def scenarios(target: Target) -> tuple[Scenario, ...]:
    """Sign users up at a server, give each of them rows, and return what is measured there."""
    cookies = sign_up_all(target.port)
    give_owners(target.database_url)

    def lists(table: str, count: str) -> list[str]:
        path = f"/api/tables/{table}/records?limit={PAGE}&count={count}"
        return [get(path, {"Cookie": cookie}) for cookie in cookies]

    return tuple(scenario for count, words in _COUNTS.items() for scenario in _compared(lists, count, words))


def _compared(lists: Callable[[str, str], list[str]], count: str, words: str) -> Iterator[Scenario]:
    free = Scenario(f"list 50, {words}, without a rule", partial(lists, FREE, count), {})
    yield free
    for ruled in (HALF, OWNED):
        yield Scenario(
            f"list 50, {words}, under the rule {ruled.name!r}",
            partial(lists, ruled.name, count),
            {},
            compared_with=free.name,
            at_most=AIM if count == "none" else None,
        )


def _statements() -> list[str]:
    """Deal the rows out, as no import can: the users have no ids before the server runs."""
    users = 'SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM "user"'
    mine = f'SELECT id FROM ({users}) AS dealt WHERE place = {{0}}.id % (SELECT count(*) FROM "user")'
    return [f"UPDATE {name} SET owner = ({mine.format(name)})" for name in TABLES]


def give_owners(url: str) -> None:
    """Give every row to one of the users, as many to each."""
    if url.startswith("sqlite:"):
        with sqlite3.connect(url.removeprefix("sqlite:"), timeout=60) as database:
            for statement in _statements():
                database.execute(statement)
        database.close()
    else:
        asyncio.run(_run(url, [*_statements(), "VACUUM ANALYZE"]))


async def _run(url: str, statements: Sequence[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
