from __future__ import annotations

import pytest

from tabularium.errors import FieldError
from tabularium.query import ListParameters, plan_list
from tabularium.query.names import ReadableFields
from tabularium.query.sorting import plan_sort
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import Field, Table
from tests.query.people import ALL, PEOPLE, Store


def planned(sort: str | None, order: str | None = None) -> tuple[list[str], list[str]]:
    errors: list[FieldError] = []
    keys = plan_sort(sort, order, ReadableFields(PEOPLE, ALL), errors)
    return [f"{key.field.name}{' desc' * key.descending}" for key in keys], [error.code for error in errors]


@pytest.mark.parametrize(
    ("sort", "order", "keys"),
    [
        (None, None, []),
        ("age", None, ["age"]),
        ("age:DESC,name:Asc,code", None, ["age desc", "name", "code"]),
        ("age", "desc", ["age desc"]),
        ("age", "ASC", ["age"]),
        ("createdAt:desc", None, ["created_at desc"]),
        ("age,id:desc,name", None, ["age", "id desc"]),
        ("name,bio,email,site,age,code,price,vip,status,born", None, [*ALL[:10]]),
    ],
)
def test_a_sort_names_fields_and_directions(sort: str | None, order: str | None, keys: list[str]) -> None:
    assert planned(sort, order) == (keys, [])


@pytest.mark.parametrize(
    ("sort", "order", "codes"),
    [
        ("", None, ["invalid_value"]),
        ("age,", None, ["unknown_field"]),
        ("age:", None, ["invalid_value"]),
        ("age:up", None, ["invalid_value"]),
        ("age:asc:asc", None, ["invalid_value"]),
        ("Age", None, ["unknown_field"]),
        ("age,age:desc", None, ["duplicate"]),
        ("created_at,createdAt", None, ["duplicate"]),
        ("age", "up", ["invalid_value"]),
        ("age:asc", "desc", ["conflicting"]),
        ("age,name", "desc", ["conflicting"]),
        (None, "desc", ["conflicting"]),
        (",".join(ALL[:11]), None, ["out_of_range"]),
    ],
)
def test_a_wrong_sort_is_refused(sort: str | None, order: str | None, codes: list[str]) -> None:
    assert planned(sort, order)[1] == codes


def test_a_type_that_cannot_be_sorted_says_so() -> None:
    kind = FIELD_TYPES["single-line-text"]
    unsortable = type("Unsortable", (kind,), {"is_sortable": False})
    table = Table("1", "t", "t", (Field(None, "a", unsortable(kind.Options())),))
    errors: list[FieldError] = []
    plan_sort("a", None, ReadableFields(table, ["a"]), errors)
    assert [error.code for error in errors] == ["not_sortable"]


def sorted_ids(store: Store, sort: str) -> list[int]:
    return [int(key) for key in store.ids(plan_list(PEOPLE, ALL, ListParameters(sort=sort)))]


def test_null_comes_last_in_both_directions_and_the_key_decides_at_last(store: Store) -> None:
    ages = {5: 1, 4: None, 3: 2, 2: 1, 1: None}
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key, "age": age} for key, age in ages.items()])
    assert sorted_ids(store, "age") == [2, 5, 3, 1, 4]
    assert sorted_ids(store, "age:desc") == [3, 2, 5, 1, 4]
    assert sorted_ids(store, "name:desc,age:desc,id:desc") == [3, 5, 2, 4, 1]


def test_choices_sort_by_their_options_and_those_that_are_none_any_more_come_after(store: Store) -> None:
    states = {1: "old", 2: None, 3: "gone", 4: "new", 5: "done's"}
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key, "status": status} for key, status in states.items()])
    assert sorted_ids(store, "status") == [4, 5, 1, 3, 2]
    assert sorted_ids(store, "status:desc") == [3, 1, 5, 4, 2]


def test_text_sorts_by_code_point(store: Store) -> None:
    names = ["\U0001f600", "\uffff", "é", "e", "Z", "a b", "a", "", "ß"]
    store.fill(PEOPLE, [{"id": key, "name": name, "code": key} for key, name in enumerate(names, start=1)])
    expected = [names.index(name) + 1 for name in sorted(names)]
    assert sorted_ids(store, "name") == expected
    assert sorted_ids(store, "name:desc") == expected[::-1]


def test_false_sorts_first(store: Store) -> None:
    store.fill(
        PEOPLE, [{"id": key, "name": "n", "code": key, "vip": vip} for key, vip in ((1, True), (2, None), (3, False))]
    )
    assert sorted_ids(store, "vip") == [3, 1, 2]
    assert sorted_ids(store, "vip:desc") == [1, 3, 2]
