"""The operators of lists on null, on the empty list and on values, executed on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from tabularium.errors import ValidationFailed
from tabularium.query import ListParameters, plan_list
from tests.query.people import LISTS, Store

ROWS = [
    {"id": 1, "tags": None, "numbers": None, "files": None},
    {"id": 2, "tags": [], "numbers": [], "files": []},
    {"id": 3, "tags": ["a"], "numbers": [Decimal("1.5")], "files": [{"url": "http://x", "filename": "x"}]},
    {"id": 4, "tags": ['c "d"', "a"], "numbers": [2, Decimal("1.5"), 2], "files": None},
    {"id": 5, "tags": ["b"], "numbers": [-7], "files": None},
]
EVERY = {1, 2, 3, 4, 5}
TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"tags": {"hasAny": ["a", "b"]}}, {3, 4, 5}),
    ({"tags": {"hasAny": ['c "d"']}}, {4}),
    ({"tags": {"hasAny": []}}, set()),
    ({"tags": ["b"]}, {5}),
    ({"tags": {"hasAll": ["a", 'c "d"']}}, {4}),
    ({"tags": {"hasAll": ["a", "a"]}}, {3, 4}),
    ({"tags": {"hasAll": []}}, EVERY),
    ({"tags": {"hasNone": ["a"]}}, {1, 2, 5}),
    ({"tags": {"hasNone": []}}, EVERY),
    ({"tags": {"contains": "a"}}, {3, 4}),
    ({"not": {"tags": {"contains": "a"}}}, {1, 2, 5}),
    ({"tags": {"isNull": True}}, {1}),
    ({"tags": {"isNotNull": True}}, {2, 3, 4, 5}),
    ({"tags": {"isEmpty": True}}, {1, 2}),
    ({"tags": {"isNotEmpty": True}}, {3, 4, 5}),
    ({"numbers": {"hasAny": [1.5]}}, {3, 4}),
    ({"numbers": {"contains": 1.50}}, {3, 4}),
    ({"numbers": {"hasAll": [2, 1.5]}}, {4}),
    ({"numbers": {"hasNone": [2, -7]}}, {1, 2, 3}),
    ({"numbers": {"isEmpty": True}}, {1, 2}),
    ({"files": {"isEmpty": True}}, {1, 2, 4, 5}),
    ({"files": {"isNotEmpty": True}}, {3}),
    ({"files": {"isNull": True}}, {1, 4, 5}),
)

REFUSED: tuple[tuple[Any, str, str], ...] = (
    ({"tags": {"hasAny": "a"}}, "filter.tags.hasAny", "wrong_type"),
    ({"tags": {"hasAny": ["a", "z"]}}, "filter.tags.hasAny.1", "not_an_option"),
    ({"tags": {"contains": 5}}, "filter.tags.contains", "wrong_type"),
    ({"tags": {"contains": None}}, "filter.tags.contains", "wrong_type"),
    ({"tags": ["a", None]}, "filter.tags.1", "wrong_type"),
    ({"tags": "a"}, "filter.tags", "operator_not_allowed"),
    ({"tags": {"startsWith": "a"}}, "filter.tags.startsWith", "operator_not_allowed"),
    ({"numbers": {"hasAll": ["2"]}}, "filter.numbers.hasAll.0", "wrong_type"),
    ({"files": {"contains": "x"}}, "filter.files.contains", "operator_not_allowed"),
)


@pytest.fixture(scope="module")
def filled(stores: tuple[Store, Store]) -> tuple[Store, Store]:
    for store in stores:
        store.fill(LISTS, ROWS)
    return stores


@pytest.mark.parametrize(("written", "found"), TRUTH, ids=lambda each: str(each)[:60])
def test_a_condition_on_a_list_matches_what_it_says(filled: tuple[Store, Store], written: Any, found: set[int]) -> None:
    query = plan_list(LISTS, tuple(LISTS.by_name), ListParameters(filter=orjson.dumps(written).decode()))
    for store in filled:
        assert {int(key) for key in store.ids(query)} == found


def test_both_databases_write_lists_alike(filled: tuple[Store, Store]) -> None:
    query = plan_list(LISTS, tuple(LISTS.by_name), ListParameters())
    pages = [store.page(query) for store in filled]
    assert pages[0] == pages[1]
    assert b'"tags":["c \\"d\\"","a"],"numbers":[2,1.5,2]' in pages[0][0]


@pytest.mark.parametrize(("written", "path", "code"), REFUSED, ids=lambda each: str(each)[:60])
def test_an_unfit_value_is_told_at_its_place(written: Any, path: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        plan_list(LISTS, tuple(LISTS.by_name), ListParameters(filter=orjson.dumps(written).decode()))
    assert [(error.field, error.code) for error in caught.value.errors] == [(path, code)]


def test_the_text_form_takes_commas_between_items() -> None:
    query = plan_list(LISTS, tuple(LISTS.by_name), ListParameters(filter="tags:hasAll:a,b"))
    assert query.where.values == (("a", "b"),)  # type: ignore[union-attr]
