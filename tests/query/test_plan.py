from __future__ import annotations

import json
from typing import Any

import pytest

from tabularium.errors import NotFound, ValidationFailed
from tabularium.query import GetParameters, ListParameters, ListQuery, plan_get, plan_list
from tabularium.schema.model import ApiSettings, PrimaryKey, Table
from tests.query.people import ALL, PEOPLE, TAGS, UUIDS, field


def planned(**parameters: Any) -> ListQuery:
    return plan_list(PEOPLE, ALL, ListParameters(**parameters))


def failures(readable: Any = ALL, table: Table = PEOPLE, **parameters: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as caught:
        plan_list(table, readable, ListParameters(**parameters))
    return [(error.field, error.code) for error in caught.value.errors]


def filter_failures(written: Any, readable: Any = ALL) -> list[tuple[str, str]]:
    return failures(readable, filter=written if isinstance(written, str) else json.dumps(written))


def test_without_parameters_a_list_has_all_readable_fields_and_the_defaults() -> None:
    query = planned()
    assert (query.fields, query.sort, query.limit, query.offset, query.page, query.count) == (
        ALL,
        (),
        50,
        0,
        1,
        "exact",
    )
    assert plan_list(PEOPLE, {"age", "name"}, ListParameters()).fields == ("name", "age")


def test_every_failure_of_every_parameter_is_reported_at_once() -> None:
    assert failures(
        fields=["name", "x", "name"],
        sort="y,age:up,age",
        order="down",
        filter='{"and": [{"z": 1}, {"age": {"contains": 1, "equals": "x"}}], "or": []}',
        limit=0,
        offset=-1,
        page=0,
        count="guess",
    ) == [
        ("fields", "unknown_field"),
        ("fields", "duplicate"),
        ("order", "conflicting"),
        ("order", "invalid_value"),
        ("sort", "unknown_field"),
        ("sort", "invalid_value"),
        ("sort", "duplicate"),
        ("filter.or", "unknown_property"),
        ("filter.and.0.z", "unknown_field"),
        ("filter.and.1.age.contains", "operator_not_allowed"),
        ("filter.and.1.age.equals", "wrong_type"),
        ("limit", "out_of_range"),
        ("page", "conflicting"),
        ("offset", "out_of_range"),
        ("page", "out_of_range"),
        ("count", "invalid_value"),
    ]


def test_one_failure_gives_its_message_to_the_whole() -> None:
    with pytest.raises(ValidationFailed, match="Allowed are 1 to 1000"):
        planned(limit=1001)


def test_paging_stays_in_its_bounds() -> None:
    settings = ApiSettings(default_limit=7, max_limit=9)
    assert plan_list(PEOPLE, ALL, ListParameters(), settings).limit == 7
    with pytest.raises(ValidationFailed, match="9"):
        plan_list(PEOPLE, ALL, ListParameters(limit=10), settings)
    assert (planned(page=3, limit=20).offset, planned(page=3, limit=20).page) == (40, 3)
    assert (planned(offset=45, limit=20).offset, planned(offset=45, limit=20).page) == (45, 3)
    last = planned(offset=2**53 - 2, limit=1)
    assert (last.offset, last.page) == (2**53 - 2, 2**53 - 1)
    assert failures(offset=2**53 - 1) == [("offset", "out_of_range")]
    assert failures(page=2**53) == [("page", "out_of_range")]
    assert planned(page=(2**53 - 1) // 50 + 1).offset < 2**53
    assert failures(offset=0, page=1) == [("page", "conflicting")]


def test_system_columns_may_be_named_in_fields_and_add_nothing() -> None:
    assert planned(fields=["id", "createdAt", "updated_at", "deletedAt"]).fields == ()
    assert planned(fields=["age", "id", "name"]).fields == ("name", "age")
    assert failures(fields=["createdAt", "created_at"]) == [("fields", "duplicate")]
    assert planned(fields=[]).fields == ()
    assert failures(fields=["name", "", "age"]) == [("fields", "unknown_field")]
    assert failures(fields=["name", " age"]) == [("fields", "unknown_field")]


def test_a_declared_system_column_is_selected_only_if_it_is_readable() -> None:
    table = Table("1", "t", "t", (field("created_at", "created-at"), field("a", "integer")))
    assert plan_list(table, ["created_at", "a"], ListParameters(fields=["createdAt"])).fields == ("created_at",)
    assert plan_list(table, ["a"], ListParameters(fields=["created_at"])).fields == ()
    assert plan_list(table, ["a"], ListParameters(sort="created_at")).sort[0].field.name == "created_at"


def test_an_unreadable_field_is_as_good_as_none() -> None:
    written = {"not": {"age": {"nonsense": 1}}}
    for parameters in (
        ListParameters(fields=["age"]),
        ListParameters(sort="age"),
        ListParameters(filter=json.dumps(written)),
        ListParameters(filter="age:1"),
    ):
        with pytest.raises(ValidationFailed) as unreadable:
            plan_list(PEOPLE, ["name"], parameters)
        without = Table("1", "people", "people", (PEOPLE.by_name["name"],))
        with pytest.raises(ValidationFailed) as missing:
            plan_list(without, ["name"], parameters)
        assert unreadable.value.errors == missing.value.errors
        assert "age" not in unreadable.value.errors[0].message.partition("Allowed are")[2]


@pytest.mark.parametrize(
    ("written", "errors"),
    [
        ({"x": 1}, [("filter.x", "unknown_field")]),
        ({"x": {}}, [("filter.x", "unknown_field")]),
        ({"field": "x", "operator": "y"}, [("filter.field", "unknown_field")]),
        ({"field": "age", "operator": "y"}, [("filter.operator", "unknown_operator")]),
        ({"age": {"today": True}}, [("filter.age.today", "operator_not_allowed")]),
        ("name:today", [("filter", "operator_not_allowed")]),
        ({"seen": {"pastDays": "7"}}, [("filter.seen.pastDays", "wrong_type")]),
        ({"seen": {"pastDays": 1.5}}, [("filter.seen.pastDays", "wrong_type")]),
        ({"seen": {"pastDays": True}}, [("filter.seen.pastDays", "wrong_type")]),
        ({"seen": {"nextDays": 0}}, [("filter.seen.nextDays", "out_of_range")]),
        ({"born": {"nextDays": 3651}}, [("filter.born.nextDays", "out_of_range")]),
        ("born:pastDays:many", [("filter", "wrong_type")]),
        ({"born": {"before": "2024-01-01T00:00:00Z"}}, [("filter.born.before", "invalid_date")]),
        ({"seen": {"after": None}}, [("filter.seen.after", "wrong_type")]),
        ({"bio": {"greaterThan": "a"}}, [("filter.bio.greaterThan", "operator_not_allowed")]),
        ({"vip": {"between": [True, True]}}, [("filter.vip.between", "operator_not_allowed")]),
        ({"id": {"contains": "1"}}, [("filter.id.contains", "operator_not_allowed")]),
        ({"field": "age", "operator": "equals"}, [("filter.value", "required")]),
        ({"field": "age", "operator": "isNull", "value": None}, [("filter.value", "invalid_value")]),
        ("age:isNull:", [("filter", "invalid_value")]),
        ({"age": "5"}, [("filter.age", "wrong_type")]),
        ({"age": True}, [("filter.age", "wrong_type")]),
        ({"age": 1.5}, [("filter.age", "wrong_type")]),
        ({"age": 2**63}, [("filter.age", "out_of_range")]),
        ({"age": {"greaterThan": None}}, [("filter.age.greaterThan", "wrong_type")]),
        ({"age": {"in": 5}}, [("filter.age.in", "wrong_type")]),
        ({"age": [1, "x", None, True]}, [("filter.age.1", "wrong_type"), ("filter.age.3", "wrong_type")]),
        ({"age": {"between": 5}}, [("filter.age.between", "wrong_type")]),
        ({"age": {"between": [5]}}, [("filter.age.between", "invalid_value")]),
        ({"age": {"between": [5, None]}}, [("filter.age.between.1", "wrong_type")]),
        ({"age": {"between": [6, 5]}}, [("filter.age.between", "invalid_value")]),
        ({"price": {"between": ["10", "9.5"]}}, [("filter.price.between", "invalid_value")]),
        ({"seen": {"between": ["2024-01-02", "2024-01-01"]}}, [("filter.seen.between", "invalid_value")]),
        ({"seen": {"between": ["2024-01-02T00:00:00Z", "2024-01-01"]}}, [("filter.seen.between", "invalid_value")]),
        ("age:between:1", [("filter", "invalid_value")]),
        ("age:in:1,x", [("filter.1", "wrong_type")]),
        ({"name": {"contains": ""}}, [("filter.name.contains", "invalid_value")]),
        ({"name": {"contains": None}}, [("filter.name.contains", "wrong_type")]),
        ({"name": {"startsWith": ["a"]}}, [("filter.name.startsWith", "wrong_type")]),
        ({"name": {"endsWith": "\0"}}, [("filter.name.endsWith", "invalid_text")]),
        ({"name": "\0"}, [("filter.name", "invalid_text")]),
        ({"status": "gone"}, [("filter.status", "not_an_option")]),
        ({"status": {"in": ["new", "gone"]}}, [("filter.status.in.1", "not_an_option")]),
        ({"born": "2024-02-30"}, [("filter.born", "invalid_date")]),
        ({"born": "2024-02-28T00:00:00Z"}, [("filter.born", "invalid_date")]),
        ({"id": "x"}, [("filter.id", "wrong_type")]),
        ({"id": 1.5}, [("filter.id", "wrong_type")]),
        ({"id": True}, [("filter.id", "wrong_type")]),
        ({"id": "9" * 20}, [("filter.id", "out_of_range")]),
    ],
)
def test_a_wrong_condition_is_named_by_path_and_code(written: Any, errors: list[tuple[str, str]]) -> None:
    assert filter_failures(written) == errors


@pytest.mark.parametrize(
    "text",
    ["age:5", "price:in:1,2.50", "vip:true", "vip:isTrue", "status:new", "seen:2024-01-01", "id:between:0,9", "boss:7"],
)
def test_values_of_the_text_form_are_read_as_their_field_needs(text: str) -> None:
    assert planned(filter=text).where is not None


def test_the_message_about_an_operator_names_field_type_and_the_allowed_ones() -> None:
    with pytest.raises(ValidationFailed) as caught:
        planned(filter="vip:contains:x")
    assert caught.value.message == (
        'The field "vip" (checkbox) does not take "contains". Allowed are: equals, notEquals, in, notIn, isNull, '
        "isNotNull, isEmpty, isNotEmpty, isTrue, isFalse."
    )


def test_long_names_are_cut_in_messages() -> None:
    with pytest.raises(ValidationFailed) as caught:
        planned(filter=json.dumps({"x" * 50_000: 1}))
    assert all(len(error.field) < 200 and len(error.message) < 500 for error in caught.value.errors)


def test_the_message_about_an_unknown_field_lists_some_fifty_names_at_most() -> None:
    many = Table("1", "t", "t", tuple(field(f"f{number}", "integer") for number in range(500)))
    with pytest.raises(ValidationFailed, match=r"Allowed are: id, created_at, .*, f45 and 454 more\."):
        plan_list(many, many.by_name, ListParameters(sort="x"))
    with pytest.raises(ValidationFailed, match=r"Allowed are: id, created_at, updated_at, deleted_at, name\."):
        plan_list(PEOPLE, ["name"], ListParameters(sort="x"))


def test_filters_on_keys_follow_the_kind_of_key() -> None:
    uuid = "018F0000-0000-7000-8000-00000000000B"
    assert plan_list(UUIDS, ["order"], ListParameters(filter=f"id:{uuid}")).where.values == (uuid.lower(),)  # type: ignore[union-attr]
    assert failures(["order"], UUIDS, filter="id:5") == [("filter", "invalid_value")]
    assert failures(["order"], UUIDS, filter='{"id": 5}') == [("filter.id", "wrong_type")]
    assert plan_list(TAGS, ["record"], ListParameters(filter="id:no key at all")).where.values == ("no key at all",)  # type: ignore[union-attr]
    assert failures(["record"], TAGS, filter="id:\0") == [("filter", "invalid_text")]
    composite = Table("1", "t", "t", PEOPLE.fields, PrimaryKey("composite", ("name",)))
    assert plan_list(composite, ALL, ListParameters(filter="id:-5")).where.values == (-5,)  # type: ignore[union-attr]


def test_a_record_is_asked_for_by_a_possible_id() -> None:
    assert plan_get(PEOPLE, ALL, "42").key == 42
    assert plan_get(PEOPLE, ALL, "42", GetParameters(["age", "name"])).fields == ("name", "age")
    for impossible in ("0", "-1", "x", "", "01", "9" * 30, "1.0"):
        with pytest.raises(NotFound):
            plan_get(PEOPLE, ALL, impossible)


def test_the_fields_of_a_record_are_checked_before_its_id() -> None:
    with pytest.raises(ValidationFailed):
        plan_get(PEOPLE, ALL, "x", GetParameters(["nonsense"]))
