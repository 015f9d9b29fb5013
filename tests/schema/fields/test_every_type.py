"""What holds for every field type: one suite over the table of edge values, on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium import json_text
from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.fields.storage import stored_column
from tests.schema.fields.cases import CASES, LONGEST_NAME, READ_ONLY_CASES, Case
from tests.schema.fields.storage import Store, create_table
from tests.support.scope import row_of

ALL_CASES = CASES + READ_ONLY_CASES
CODES = {
    "required", "wrong_type", "read_only", "too_short", "too_long", "out_of_range", "too_precise", "not_an_option",
    "not_found", "invalid_text", "invalid_email", "invalid_url", "invalid_date", "invalid_time", "invalid_phone",
    "invalid_color", "invalid_barcode", "invalid_file", "duplicate_item", "too_many", "schema_mismatch",
}  # fmt: skip
_numbers = itertools.count()

every_case = pytest.mark.parametrize("case", ALL_CASES, ids=str)
every_written_case = pytest.mark.parametrize("case", CASES, ids=str)


def read_stored(case: Case) -> list[Any]:
    mode: Mode = "filter" if case.type.is_read_only else "write"
    return [case.type.parse(sent, mode) for sent, _ in case.accepted]


def filled_table(store: Store, kind: FieldType, name: str, stored: Sequence[Any]) -> str:
    """Create a table with the columns of one field, fill it with the values in this order, and return its name."""
    table = f"t{next(_numbers)}"
    columns = list(kind.columns(name, store.dialect)) or [stored_column(kind.column(name), "instant", store.dialect)]
    create_table(store, table, columns)
    quote = store.dialect.quote
    names = ", ".join([quote("place"), *(quote(column.name) for column in columns)])
    marks = ", ".join(store.dialect.placeholder(number + 1) for number in range(len(columns) + 1))
    rows = [(place, *kind.encode(value, store.dialect)) for place, value in enumerate(stored)]
    store.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
    return table


def codes_of(kind: FieldType, value: Any, mode: Mode) -> tuple[str, ...] | None:
    """Return the codes with which a value is refused, or `None` where it is read."""
    try:
        assert kind.parse(value, mode) is not None
    except InvalidValue as invalid:
        return tuple(problem.code for problem in invalid.problems)
    return None


def value_sql(kind: FieldType, table: str, name: str, store: Store) -> str:
    return kind.value_expression(name, row_of(table, store.dialect))


def as_sent(value: Any) -> Any:
    """Return an answer as a client reads it."""
    return orjson.loads(json_text.dump(value))


def test_the_table_of_edge_values_names_every_type() -> None:
    valued = {kind for kind in FIELD_TYPES.values() if kind.has_value and not kind.is_computed}
    assert {case.type_name for case in ALL_CASES} == {kind.names[0] for kind in valued}


@every_case
def test_a_value_comes_back_from_the_database_in_its_json_form(case: Case, store: Store) -> None:
    kind = case.type
    name = LONGEST_NAME
    table = filled_table(store, kind, name, [*read_stored(case), None])
    expression = kind.read_expression(value_sql(kind, table, name, store), store.dialect)
    decode = kind.decoder(store.dialect)
    read = [row[0] for row in store.fetch(f"SELECT {expression} FROM {table} ORDER BY place")]
    answers = [decode(value) if decode and value is not None else value for value in read]
    expected = [answer for _, answer in case.accepted]
    assert answers == [*expected, None]
    assert [type(answer) for answer in answers[:-1]] == [type(answer) for answer in expected]


@every_case
def test_postgresql_builds_the_same_json_by_itself(case: Case, postgresql_connection: Store) -> None:
    kind = case.type
    table = filled_table(postgresql_connection, kind, "value", read_stored(case))
    expression = kind.read_expression(value_sql(kind, table, "value", postgresql_connection), POSTGRESQL)
    rows = postgresql_connection.fetch(f"SELECT to_json({expression})::text FROM {table} ORDER BY place")
    assert [row[0].encode() for row in rows] == [json_text.dump(answer) for _, answer in case.accepted]


@pytest.mark.parametrize("case", [case for case in ALL_CASES if case.type.is_sortable], ids=str)
def test_values_sort_in_the_order_of_the_type_and_null_stays_null(case: Case, store: Store) -> None:
    kind = case.type
    stored = read_stored(case)
    table = filled_table(store, kind, "value", [None, *reversed(stored)])
    expression = kind.sort_expression(store.dialect.quote(kind.column("value")), store.dialect)
    rows = store.fetch(f"SELECT place FROM {table} WHERE {expression} IS NOT NULL ORDER BY {expression}")
    assert [row[0] for row in rows] == list(range(len(stored), 0, -1))


@pytest.mark.parametrize("case", [case for case in ALL_CASES if case.type.groups & {"E", "C", "B"}], ids=str)
def test_an_equal_value_is_found_by_its_filter_form(case: Case, store: Store) -> None:
    kind = case.type
    table = filled_table(store, kind, "value", [*read_stored(case), None])
    expression = kind.filter_expression("value", "E", row_of(table, store.dialect))
    sql = f"SELECT place FROM {table} WHERE {expression} = {store.dialect.placeholder(1)}"
    for place, (sent, _) in enumerate(case.accepted):
        value = kind.filter_value(kind.parse(sent, "filter"), "E", store.dialect)
        assert [row[0] for row in store.fetch(sql, (value,))] == [place]


@every_written_case
def test_a_refused_value_gets_every_code_at_once(case: Case) -> None:
    for value, codes in case.refused:
        assert codes_of(case.type, value, "write") == codes
        assert codes_of(case.type, value, "import") == codes


def read_one_by_one(kind: FieldType, values: Sequence[Any]) -> list[Any] | None:
    """Return stored values, or `None` where one is refused."""
    try:
        return [kind.parse(value, "write") for value in values]
    except InvalidValue:
        return None


def read_as_column(kind: FieldType, values: Sequence[Any]) -> list[Any] | None:
    try:
        return kind.parse_column(list(values))
    except InvalidValue:
        return None


ODD = (True, 0, 2**70, Decimal("-0.0"), Decimal("1E+2"), "", " ", "0.10", "-0.00", [], ["a"])


@every_written_case
def test_a_column_of_two_values_is_read_as_each_of_them_is(case: Case) -> None:
    kind, known = case.type, [sent for sent, _ in (*case.accepted, *case.refused)]
    short = [each for each in (*known, *ODD) if not isinstance(each, str) or len(each) < 1000]
    alone = [read_one_by_one(kind, [value]) for value in short]
    for (one, first), (two, second) in itertools.product(zip(short, alone, strict=True), repeat=2):
        expected = None if first is None or second is None else first + second
        assert told(read_as_column(kind, [one, two])) == told(expected), (one, two)


def told(values: list[Any] | None) -> str:
    """Write values so that 1 differs from true, and 1.0 from 1.00; digits may be more than an integer is written with."""
    return str(values and [(type(each), each if isinstance(each, int) else repr(each)) for each in values])


@every_written_case
def test_a_column_of_everything_that_fits_is_read(case: Case) -> None:
    values = [sent for sent, _ in case.accepted]
    assert read_as_column(case.type, values) is not None
    assert told(read_as_column(case.type, values)) == told(read_one_by_one(case.type, values))
    for value, _ in case.refused:
        assert read_as_column(case.type, [*values, value]) is None


def test_a_type_that_reads_values_in_its_own_way_does_not_read_columns_as_its_base_does() -> None:
    class Shouted(FIELD_TYPES["single-line-text"]):  # type: ignore[misc]
        names = ("shouted",)

        def parse(self, value: Any, mode: Mode) -> str:
            return str(value).upper()

    assert Shouted(Shouted.Options()).parse_column(["a", "b"]) == ["A", "B"]


@every_written_case
def test_a_message_is_a_sentence_that_does_not_repeat_the_value(case: Case) -> None:
    for value, _ in case.refused:
        with pytest.raises(InvalidValue) as caught:
            case.type.parse(value, "write")
        for problem in caught.value.problems:
            assert problem.message.endswith(".")
            assert len(problem.message) < 300
            if isinstance(value, str) and len(value) > len("https://"):
                assert value not in problem.message


@every_case
def test_a_csv_cell_reads_back_as_the_same_value(case: Case) -> None:
    kind = case.type
    mode: Mode = "filter" if kind.is_read_only else "import"
    for sent, answer in case.accepted:
        assert kind.parse(kind.from_text(kind.to_text(answer)), mode) == kind.parse(sent, mode)


@every_written_case
def test_what_is_accepted_fits_the_schemas_of_create_update_and_filter(case: Case) -> None:
    # An operator on lists takes single items, see below.
    for mode in ("create", "update") if "A" in case.type.groups else ("create", "update", "filter"):
        validator = jsonschema_rs.Draft202012Validator(case.type.schema(mode), validate_formats=True)
        for sent, answer in case.accepted:
            # An address may come with spaces around it, which its format does not admit.
            assert validator.is_valid(answer if case.type_name == "email" else sent), (mode, sent)


@pytest.mark.parametrize("case", [case for case in CASES if "A" in case.type.groups], ids=str)
def test_each_item_is_a_value_for_a_filter_of_lists(case: Case) -> None:
    validator = jsonschema_rs.Draft202012Validator(case.type.schema("filter"), validate_formats=True)
    for item in (item for sent, _ in case.accepted for item in sent):
        assert case.type.parse(item, "filter") is not None
        assert validator.is_valid(item)


@every_case
def test_what_is_stored_has_its_json_form_without_a_database(case: Case) -> None:
    assert [case.type.present(stored) for stored in read_stored(case)] == [answer for _, answer in case.accepted]


@every_case
def test_every_value_has_a_text_for_people(case: Case) -> None:
    for _, answer in case.accepted:
        shown = case.type.display(answer, None)
        assert isinstance(shown, str)
        assert "Decimal" not in shown


@every_case
def test_every_answer_fits_the_schema_of_the_record(case: Case) -> None:
    validator = jsonschema_rs.Draft202012Validator(case.type.schema("record"), validate_formats=True)
    assert all(validator.is_valid(as_sent(answer)) for _, answer in case.accepted)


@every_written_case
def test_another_json_type_is_refused_by_the_schema_too(case: Case) -> None:
    validator = jsonschema_rs.Draft202012Validator(case.type.schema("create"), validate_formats=True)
    for value, codes in case.refused:
        if codes == ("wrong_type",) and isinstance(value, (bool, list, dict)):
            assert not validator.is_valid(value)


@every_case
def test_only_create_and_update_state_lengths_and_ranges(case: Case) -> None:
    limits = {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    if case.type_name == "relationship":  # a key is positive whatever the options
        limits -= {"minimum"}
    assert not limits & (case.type.schema("record").keys() | case.type.schema("filter").keys())


@every_case
def test_null_is_stored_as_null_in_every_column(case: Case) -> None:
    names = case.type.column_names("value")
    for dialect in (SQLITE, POSTGRESQL):
        assert case.type.encode(None, dialect) == (None,) * max(len(names), 1)
        assert [column.name for column in case.type.columns("value", dialect)] == list(names)
        assert all(column.nullable for column in case.type.columns("value", dialect))


def test_no_name_of_a_column_is_longer_than_postgresql_keeps() -> None:
    for case in ALL_CASES:
        assert all(len(name) <= 63 for name in case.type.column_names(LONGEST_NAME))


@pytest.mark.parametrize("kind", dict.fromkeys(FIELD_TYPES.values()), ids=lambda kind: kind.names[0])
def test_every_option_has_a_description(kind: type[FieldType]) -> None:
    for name, option in kind.Options.model_fields.items():
        assert option.description, f"Describe the option {name} of {kind.names[0]}."


@pytest.mark.parametrize("kind", dict.fromkeys(FIELD_TYPES.values()), ids=lambda kind: kind.names[0])
def test_options_are_strict_and_immutable(kind: type[FieldType]) -> None:
    assert issubclass(kind.Options, FieldOptions)
    with pytest.raises(ValueError, match="not permitted"):
        kind.Options.model_validate({"surplus": 1, "options": ["a"], "relatedTable": "people"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@every_case
@given(value=json_values.filter(lambda value: value is not None), mode=st.sampled_from(["write", "filter", "import"]))
def test_any_json_is_either_read_or_refused_with_known_codes(case: Case, value: Any, mode: Mode) -> None:
    codes = codes_of(case.type, value, mode)
    assert codes is None or (codes and set(codes) <= CODES)


@every_case
@given(text=st.text())
def test_any_text_of_a_cell_is_either_read_or_refused(case: Case, text: str) -> None:
    try:
        value = case.type.from_text(text)
    except InvalidValue as invalid:
        codes: tuple[str, ...] | None = tuple(problem.code for problem in invalid.problems)
    else:
        codes = codes_of(case.type, value, "filter")
    assert codes is None or (codes and set(codes) <= CODES)
