"""A field that gets another type: what its values become, and when that is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium import json_text
from tabularium.json_text import JsonText
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.migration.conversion import converted
from tests.schema.fields.cases import CASES, Case, make_type
from tests.schema.migrating import Bench, Run, table, text

DATE = {"type": "date"}
INSTANT = {"type": "datetime"}
TEXT = {"type": "single-line-text"}
LONG = {"type": "long-text"}
WHOLE = {"type": "integer"}
EXACT = {"type": "decimal", "precision": 2}
FINER = {"type": "decimal", "precision": 4}
MONEY = {"type": "currency", "currency": "EUR"}
FLAG = {"type": "checkbox"}
MAIL = {"type": "email"}
ONE = {"type": "single-select", "options": ["a", "b"]}
MANY = {"type": "multi-select", "options": ["a", "b"]}
LIST = {"type": "array", "itemType": "text"}
JSON = {"type": "json"}
TIMES = {"type": "time"}
PLACE = {"type": "geolocation"}
NUMBER = {"type": "autonumber", "prefix": "N-", "digits": 3}

KEPT: list[tuple[dict[str, Any], dict[str, Any], list[tuple[Any, Any]]]] = [
    (WHOLE, TEXT, [(7, "7"), (-(2**63), str(-(2**63)))]),
    (TEXT, WHOLE, [("7", 7), ("-9007199254740993", -9007199254740993)]),
    (TEXT, EXACT, [("1.50", "1.50"), ("-0.07", "-0.07")]),
    (WHOLE, EXACT, [(7, "7.00")]),
    (EXACT, WHOLE, [("7.00", 7)]),
    (EXACT, FINER, [("7.01", "7.0100")]),
    (FINER, EXACT, [("7.0100", "7.01")]),
    (EXACT, MONEY, [("7.50", Decimal("7.5"))]),
    (MONEY, LONG, [(Decimal("7.5"), "7.5")]),
    (FLAG, TEXT, [(True, "true"), (False, "false")]),
    (TEXT, FLAG, [("true", True), ("false", False)]),
    (DATE, INSTANT, [("2024-02-29", "2024-02-29T00:00:00.000Z")]),
    (INSTANT, DATE, [("2024-02-29T00:00:00.000Z", "2024-02-29")]),
    (DATE, TEXT, [("0001-01-01", "0001-01-01")]),
    (TEXT, DATE, [("9999-12-31", "9999-12-31")]),
    (TEXT, TIMES, [("23:59:59", "23:59:59")]),
    (MAIL, TEXT, [("Ada@example.org", "Ada@example.org")]),
    (TEXT, MAIL, [("Ada@example.org", "Ada@example.org")]),
    (ONE, MANY, [("a", ["a"])]),
    (MANY, ONE, [(["a"], "a"), ([], None)]),
    (ONE, TEXT, [("a", "a")]),
    (TEXT, ONE, [("b", "b")]),
    (MANY, LIST, [(["b", "a"], ["b", "a"]), ([], [])]),
    (MANY, LONG, [(["b", "a"], '["b","a"]'), ([], "[]")]),
    (LONG, MANY, [('["b","a"]', ["b", "a"])]),
    (LIST, JSON, [(["x", "x"], ["x", "x"])]),
    (LONG, JSON, [('{"b": 1,"a":1.50}', JsonText('{"b":1,"a":1.50}'))]),
    (JSON, LONG, [({"b": 1, "a": [None]}, '{"b":1,"a":[null]}')]),
    (PLACE, TEXT, [({"latitude": Decimal("48.85"), "longitude": Decimal("2.35")}, "48.85, 2.35")]),
    (TEXT, PLACE, [("48.85, 2.35", {"latitude": Decimal("48.85"), "longitude": Decimal("2.35")})]),
    (TEXT, LONG, [("", ""), ("é\U0001f600", "é\U0001f600")]),
]
LOST: list[tuple[dict[str, Any], dict[str, Any], Any, Any]] = [
    (INSTANT, DATE, "2024-02-29T23:59:59.999Z", "2024-02-29"),
    (FINER, EXACT, "7.0150", "7.02"),
    (FINER, EXACT, "-7.0150", "-7.02"),
    (EXACT, WHOLE, "7.50", 8),
    (MANY, ONE, ["b", "a"], "b"),
    (LONG, MAIL, " ada@example.org ", "ada@example.org"),
    (LONG, {"type": "rich-text"}, "<script>x</script><b>y</b>", "<b>y</b>"),
]
REFUSED: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
    (TEXT, WHOLE, "seven"),
    (TEXT, WHOLE, ""),
    (TEXT, DATE, "2023-02-29"),
    (TEXT, ONE, "c"),
    (TEXT, {**WHOLE, "min": 8}, "7"),
    (WHOLE, FLAG, 2),
    (LONG, TEXT, "two\nlines"),
    (DATE, WHOLE, "2024-02-29"),
    (MANY, {**MANY, "options": ["a"]}, ["a", "b"]),
    (JSON, WHOLE, {}),
]


def as_field(kind: Mapping[str, Any]) -> dict[str, Any]:
    return table("a", {"id": 1, "name": "x", **kind}, text("t", id=2), id=1)


def title(value: Any) -> str:
    return json.dumps(value, default=str)[:60]


@pytest.mark.parametrize(("before", "after", "values"), KEPT, ids=title)
def test_values_that_the_new_type_holds_go_over(
    bench: Run, before: dict[str, Any], after: dict[str, Any], values: list[tuple[Any, Any]]
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(before))
        for value, _ in values:
            await bench.put(as_field(before), value)
        await bench.put(as_field(before), None, deleted=True)
        await bench.put(as_field(before), values[0][0], deleted=True)
        await bench.migrate(as_field(after))
        found = await bench.values(as_field(after))
        assert [json_text.dump(value) for value in found] == [
            json_text.dump(value) for value in [*(made for _, made in values), None, values[0][1]]
        ]
        assert (await bench.migrate(as_field(after))).steps == ()

    bench(work)


@pytest.mark.parametrize(("before", "after", "value", "made"), LOST, ids=title)
def test_a_loss_is_refused_unless_it_is_allowed(
    bench: Run, before: dict[str, Any], after: dict[str, Any], value: Any, made: Any
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(before))
        await bench.put(as_field(before), value)
        refusal = await bench.refusal(as_field(after))
        assert '1 values of "x" of "a" (records 1) lose something; --allow-destructive accepts that' in refusal
        await bench.migrate(as_field(after), destructive=True)
        assert await bench.values(as_field(after)) == [made]

    bench(work)


@pytest.mark.parametrize(("before", "after", "value"), REFUSED, ids=title)
def test_what_is_no_value_of_the_new_type_is_refused_with_ids(
    bench: Run, before: dict[str, Any], after: dict[str, Any], value: Any
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(before))
        for _ in range(12):
            await bench.put(as_field(before), value)
        for destructive in (False, True):
            refusal = await bench.refusal(as_field(after), destructive=destructive)
            expected = (
                f'12 values of "x" of "a" (records 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more) are no {after["type"]}'
            )
            if before["type"] == after["type"]:
                expected = "hold a removed option"
            if not (destructive and expected.startswith("hold")):
                assert expected in refusal

    if (before["type"], after["type"]) == ("multi-select", "multi-select"):
        pytest.skip("options that go have rules of their own")
    bench(work)


def test_indexes_rules_and_defaults_hold_for_converted_values(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        before = table(
            "a", text("x", id=1, unique=True, indexed=True), text("y", id=2, indexed=True), text("z", id=3), id=1
        )
        await bench.migrate(before)
        await bench.insert("a", x="1", y="5", z="7")
        await bench.insert("a", x="1.0", y="6")
        check = {"name": "y_small", "check": "y < 6"}
        fields = (
            {"id": 1, "name": "x", "type": "integer", "unique": True},
            {"id": 2, "name": "y", "type": "integer", "indexed": True},
            {"id": 3, "name": "z", "type": "integer", "required": True, "default": 9},
        )
        assert "rows break the rule" in await bench.failure(table("a", *fields, id=1), destructive=True)
        await bench.execute("UPDATE a SET x = '2' WHERE id = 2")
        assert "rows break the rule" in await bench.failure(table("a", *fields, id=1, constraints=[check]))
        await bench.execute("UPDATE a SET y = '4' WHERE id = 2")
        await bench.migrate(table("a", *fields, id=1, constraints=[check]))
        assert await bench.rows("SELECT x, y, z FROM a ORDER BY id") == [(1, 5, 7), (2, 4, 9)]
        assert {"_ux_a_x", "_ix_a_y"} <= await bench.names("index")
        assert "_ix_a_x" not in await bench.names("index")

    bench(work)


def test_links_become_text_and_back_where_their_targets_are(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        p = table("p", id=9)
        linked = table("a", {"id": 1, "name": "x", "type": "relationship", "relatedTable": "p"}, id=1)
        await bench.migrate(p, linked)
        await bench.insert("p")
        await bench.insert("a", x=1)
        await bench.migrate(p, table("a", text("x", id=1), id=1))
        assert await bench.rows("SELECT x FROM a") == [("1",)]
        await bench.execute("UPDATE a SET x = '2'")
        assert "rows break the rule" in await bench.failure(p, linked)
        await bench.execute("UPDATE a SET x = '1'")
        await bench.migrate(p, linked)
        assert await bench.rows("SELECT x FROM a") == [(1,)]

    bench(work)


def test_a_stored_field_that_becomes_computed_loses_its_values_only_where_that_is_allowed(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(WHOLE))
        await bench.migrate(as_field({"type": "formula", "formula": "LEN({t})"}))
        await bench.migrate(as_field(WHOLE))
        await bench.put(as_field(WHOLE), 7)
        formula = as_field({"type": "formula", "formula": "LEN({t})"})
        assert 'values of "x" of "a" that formula cannot hold: 1' in await bench.refusal(formula)
        await bench.migrate(formula, destructive=True)
        await bench.migrate(as_field(WHOLE))
        assert await bench.values(as_field(WHOLE)) == [None]

    bench(work)


def test_a_narrower_range_binds_the_next_write_and_the_plan_counts_the_rows_outside(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(WHOLE))
        for value in (1, 5, 9, None):
            await bench.put(as_field(WHOLE), value)
        narrower = as_field({**WHOLE, "min": 2, "max": 8})
        inspection = await bench.inspect(narrower)
        assert not inspection.is_refused
        assert '2 values of "x" of "a" lie outside of its limits now (records 1, 3)' in bench.text(inspection)
        await bench.migrate(narrower)
        assert await bench.values(narrower) == [1, 5, 9, None]

    bench(work)


def test_a_numbered_field_becomes_text_and_its_rows_are_many(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(as_field(NUMBER))
        for number in range(1, 2051):
            await bench.insert("a", x=number)
        await bench.migrate(as_field(TEXT))
        found = await bench.values(as_field(TEXT))
        assert found == [f"N-{number:03}" for number in range(1, 2051)]

    bench(work)


def _accepted(case: Case) -> Iterator[Any]:
    return (answer for _, answer in case.accepted)


WRITABLE = [case for case in CASES if case.type_name not in ("relationship", "button")]


@given(data=st.data())
def test_a_conversion_loses_nothing_unless_it_says_so(data: st.DataObject) -> None:
    before = data.draw(st.sampled_from(WRITABLE))
    after = data.draw(st.sampled_from(WRITABLE))
    value = data.draw(st.sampled_from(list(_accepted(before))))
    former, wanted = before.type, after.type
    try:
        stored, is_lossless = converted(value, former, wanted)
    except InvalidValue:
        return
    if not is_lossless or (value == [] and stored is None):
        return
    back, _ = converted(wanted.present(stored), wanted, former)
    same = json_text.dump(former.present(back)) == json_text.dump(value)
    assert same or wanted.to_text(wanted.present(stored)) == former.to_text(value)


def test_any_value_becomes_text_and_comes_back() -> None:
    kind = make_type("long-text")
    for case in WRITABLE:
        for value in _accepted(case):
            stored, is_lossless = converted(value, case.type, kind)
            assert is_lossless
            back, _ = converted(stored, kind, case.type)
            assert json_text.dump(case.type.present(back)) == json_text.dump(value)
