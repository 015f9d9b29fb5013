"""Random tables of every type, random rows and random queries: both databases answer as a plain evaluation does.

What a type takes, in ascending order, stands in the table of edge values (`tests.schema.fields.cases`). So a value is
known by its place there, and the evaluation needs nothing of the types themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.schema import CreateTable

from tabularium import json_text
from tabularium.query import ListParameters, plan_list
from tabularium.schema.model import Field, Schema, Table
from tabularium.schema.tables import database_tables, table_layout
from tests.query.people import Store
from tests.schema.fields.cases import CASES, Case
from tests.support.effort import examples

USABLE = [case for case in CASES if case.type_name not in ("relationship", "user") and case.accepted]
COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "greaterThan": int.__gt__,
    "greaterThanOrEqual": int.__ge__,
    "lessThan": int.__lt__,
    "lessThanOrEqual": int.__le__,
}
LISTS = ("hasAny", "hasAll", "hasNone")

numbers = itertools.count()

Rows = Sequence[tuple[int | None, ...]]
"""For each field the place of its value among those of its case, or `None`."""


@dataclass(frozen=True)
class Leaf:
    """A condition on one field. `value` holds places, and for lists of items the items as they are sent."""

    place: int
    operator: str
    value: Any


@dataclass(frozen=True)
class Question:
    """A table, its rows, and what is asked of it."""

    cases: tuple[Case, ...]
    rows: Rows
    filter: Any
    sort: tuple[tuple[int, bool], ...]
    limit: int


def name(place: int) -> str:
    return f"f{place}"


def places(case: Case) -> st.SearchStrategy[int]:
    return st.integers(0, len(case.accepted) - 1)


def items(case: Case) -> list[tuple[Any, Any]]:
    """Return the items of a case's lists, as they are sent and as they are answered."""
    return [pair for sent, answer in case.accepted for pair in zip(sent, answer, strict=True)]


def leaves(place: int, case: Case) -> st.SearchStrategy[Leaf]:
    groups = case.type.groups
    made = [st.sampled_from(["isNull", "isNotNull", "isEmpty", "isNotEmpty"]).map(lambda word: Leaf(place, word, True))]
    if groups & {"E", "C", "B"}:
        some = st.none() | places(case)
        made.append(st.builds(Leaf, st.just(place), st.sampled_from(["equals", "notEquals"]), some))
        made.append(st.builds(Leaf, st.just(place), st.sampled_from(["in", "notIn"]), st.lists(some, max_size=3)))
    if groups & {"O", "D"}:
        made.append(st.builds(Leaf, st.just(place), st.sampled_from(list(COMPARE)), places(case)))
    if "A" in groups and items(case):
        wanted = st.lists(st.sampled_from(range(len(items(case)))), max_size=3)
        made.append(st.builds(Leaf, st.just(place), st.sampled_from(LISTS), wanted))
    return st.one_of(made)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    cases = tuple(draw(st.lists(st.sampled_from(USABLE), min_size=1, max_size=4)))
    row = st.tuples(*(st.none() | places(case) for case in cases))
    leaf = st.one_of([leaves(place, case) for place, case in enumerate(cases)])
    node = st.recursive(
        leaf,
        lambda inner: (
            st.fixed_dictionaries({"not": inner})
            | st.fixed_dictionaries({"and": st.lists(inner, max_size=3)})
            | st.fixed_dictionaries({"or": st.lists(inner, max_size=3)})
        ),
        max_leaves=5,
    )
    sortable = [place for place, case in enumerate(cases) if case.type.is_sortable]
    keys = st.lists(st.tuples(st.sampled_from(sortable), st.booleans()), max_size=2, unique_by=lambda key: key[0])
    return Question(
        cases,
        draw(st.lists(row, max_size=12)),
        draw(node),
        tuple(draw(keys)) if sortable else (),
        draw(st.integers(1, 15)),
    )


# The evaluation ------------------------------------------------------------------------------------------------------


def matches(node: Any, row: tuple[int | None, ...], cases: Sequence[Case]) -> bool:
    if isinstance(node, Leaf):
        return holds(node, row[node.place], cases[node.place])
    ((word, inner),) = node.items()
    if word == "not":
        return not matches(inner, row, cases)
    return (all if word == "and" else any)(matches(each, row, cases) for each in inner)


def holds(leaf: Leaf, stored: int | None, case: Case) -> bool:
    word, value = leaf.operator, leaf.value
    if word in COMPARE:
        return stored is not None and COMPARE[word](stored, value)
    if word in LISTS:
        return holds_of_list(word, stored, [items(case)[each][1] for each in value], case)
    return {
        "equals": lambda: stored == value,
        "notEquals": lambda: stored != value,
        "in": lambda: stored in value,
        "notIn": lambda: stored not in value,
        "isNull": lambda: stored is None,
        "isNotNull": lambda: stored is not None,
        "isEmpty": lambda: is_empty(stored, case),
        "isNotEmpty": lambda: not is_empty(stored, case),
    }[word]()


def holds_of_list(word: str, stored: int | None, wanted: Sequence[Any], case: Case) -> bool:
    present = [] if stored is None else case.accepted[stored][1]
    if word == "hasAny":
        return any(each in present for each in wanted)
    if word == "hasNone":
        return not any(each in present for each in wanted)
    return not wanted or (stored is not None and all(each in present for each in wanted))


def is_empty(stored: int | None, case: Case) -> bool:
    if stored is None:
        return True
    answer = case.accepted[stored][1]
    return (answer == "" and "T" in case.type.groups) or (answer == [] and bool(case.type.groups & {"A", "L"}))


def expected_ids(question: Question) -> list[int]:
    found = [key for key, row in enumerate(question.rows, 1) if matches(question.filter, row, question.cases)]
    for place, descending in reversed(question.sort):
        value = {key: question.rows[key - 1][place] for key in found}
        present = sorted(
            (key for key in found if value[key] is not None), key=lambda key: value[key], reverse=descending
        )  # type: ignore[arg-type,return-value]
        found = present + [key for key in found if value[key] is None]
    return found


# What is sent --------------------------------------------------------------------------------------------------------


def written(node: Any, cases: Sequence[Case]) -> Any:
    if not isinstance(node, Leaf):
        ((word, inner),) = node.items()
        return {word: written(inner, cases) if word == "not" else [written(each, cases) for each in inner]}
    return {name(node.place): {node.operator: sent_value(node, cases[node.place])}}


def sent_value(leaf: Leaf, case: Case) -> Any:
    def sent(place: int | None) -> Any:
        return None if place is None else case.accepted[place][0]

    if leaf.operator in LISTS:
        return [items(case)[each][0] for each in leaf.value]
    if isinstance(leaf.value, list):
        return [sent(each) for each in leaf.value]
    return leaf.value if leaf.value is True else sent(leaf.value)


def make_table(store: Store, table: Table, question: Question) -> None:
    schema = Schema("random", (table,))

    async def create(session: Any) -> None:
        metadata = database_tables([table_layout(table, schema, store.dialect)], store.dialect)
        for each in metadata.sorted_tables:
            await session.execute(str(CreateTable(each).compile(dialect=store.dialect.sqlalchemy)))

    store.write(create)
    stored = [
        {"id": key, **{name(place): parsed(case, row[place]) for place, case in enumerate(question.cases)}}
        for key, row in enumerate(question.rows, 1)
    ]
    store.fill(table, stored)


def parsed(case: Case, place: int | None) -> Any:
    return None if place is None else case.type.parse(case.accepted[place][0], "write")


@pytest.fixture(scope="module")
def both(stores: tuple[Store, Store]) -> tuple[Store, Store]:
    return stores


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(question=questions())
def test_a_random_question_to_a_random_table_has_one_answer(both: tuple[Store, Store], question: Question) -> None:
    title = f"random{next(numbers)}"
    fields = tuple(Field(None, name(place), case.type) for place, case in enumerate(question.cases))
    table = Table(None, title, title, fields)
    parameters = ListParameters(
        filter=json_text.dump(written(question.filter, question.cases)).decode(),
        sort=",".join(f"{name(place)}:{'desc' if descending else 'asc'}" for place, descending in question.sort)
        or None,
        limit=question.limit,
    )
    query = plan_list(table, tuple(table.by_name), parameters)
    expected = expected_ids(question)
    pages = []
    for store in both:
        make_table(store, table, question)
        pages.append(store.page(query))
        store.write(lambda session: session.execute(f'DROP TABLE "{title}"'))
    assert pages[0] == pages[1]
    assert [int(key) for key in ids_of(pages[0][0])] == expected[: question.limit]
    assert pages[0][1:] == (len(expected) > question.limit, len(expected))


def ids_of(records: bytes) -> list[str]:
    return [record["id"] for record in orjson.loads(b"[" + records + b"]")]
