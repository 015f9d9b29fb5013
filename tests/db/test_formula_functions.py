"""The functions that formulas need: SQLite's, which are Python, against those of PostgreSQL, over edge values."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.db.connect import open_database
from tabularium.db.date_patterns import TOKENS, BadPattern, read_pattern, to_char_pattern
from tabularium.db.functions import SQLITE_FUNCTIONS
from tabularium.db.postgresql.connection import use_text
from tabularium.db.postgresql.function_texts import POSTGRESQL_FUNCTIONS
from tabularium.db.postgresql.functions import provide_functions
from tests.conftest import Run

CALLS = {function.name: function.call for function in SQLITE_FUNCTIONS}

ON_POSTGRESQL = {
    "tabularium_divide": "trim_scale(_tabularium_divide({}::numeric, {}::numeric))::text",
    "tabularium_round_to": "trim_scale(_tabularium_round({}::numeric, {}::numeric))::text",
    "tabularium_power": "trim_scale(_tabularium_power({}::numeric, {}::numeric))::text",
    "tabularium_sqrt": "trim_scale(_tabularium_sqrt({}::numeric))::text",
    "tabularium_modulo": "trim_scale({}::numeric % nullif({}::numeric, 0))::text",
    "tabularium_truncate": "trunc({}::numeric)::text",
    "tabularium_sign": "sign({}::numeric)::text",
    "tabularium_number_result": "_tabularium_number_result({}::numeric)::text",
    "tabularium_decimal_result": "_tabularium_decimal_result({}::numeric)::text",
    "tabularium_to_number": "trim_scale(_tabularium_to_number({}::text))::text",
    "tabularium_left": "_tabularium_middle({}::text, 1, {}::numeric)",
    "tabularium_middle": "_tabularium_middle({}::text, {}::numeric, {}::numeric)",
    "tabularium_right": "_tabularium_right({}::text, {}::numeric)",
    "tabularium_replace": "_tabularium_replace({}::text, {}::text, {}::text)",
    "tabularium_repeat": "_tabularium_repeat({}::text, {}::numeric)",
    "tabularium_ends_with": "starts_with(reverse({}::text), reverse({}::text))::integer",
    "tabularium_make_date": "to_char(_tabularium_make_date({}::numeric, {}::numeric, {}::numeric), 'YYYY-MM-DD')",
    "tabularium_date_diff": "_tabularium_date_diff({}::timestamp, {}::timestamp, {}::text)::text",
    "tabularium_to_date": "to_char(_tabularium_to_date({}::text), 'YYYY-MM-DD')",
    "tabularium_to_instant": (
        "to_char(_tabularium_to_instant({}::text) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    ),
}
ADD = (
    "to_char(_tabularium_date_add({}::timestamptz AT TIME ZONE 'UTC', {}::numeric, {}::text), "
    '\'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
)

NUMBERS = (
    *("0", "1", "-1", "2", "-2", "0.5", "-0.5", "2.5", "-2.5", "0.00000000005", "-0.00000000005", "0.000000000049"),
    *("7", "-7", "3", "0.1", "9999999999999995", "99999999999999.5", "-123456789012345678", "0.999999999999999999"),
    *("1" + "0" * 99, "1" + "0" * 100, "9" * 100, "9" * 15 + "5" + "0" * 84, "0." + "0" * 60 + "123456789012345678"),
)
EXPONENTS = (
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "3",
    "10",
    "0.5",
    "99",
    "-99",
    "101",
    "-150",
    "360",
    "3650",
    "1000001",
    "1" + "0" * 50,
)
TEXTS = ("", "a", "abc", "aaa", "Straße", "e\u0301\U0001f600x", "  ", "\\'\"%_", "x" * 1000)
COUNTS = ("0", "1", "2", "3", "-1", "1.5", "1000", "1001", "3000000", "9" * 40, "-" + "9" * 40)
MOMENTS = (
    *("0001-01-01T00:00:00.000Z", "0001-12-31T23:59:59.999Z", "1900-02-28T12:00:00.000Z", "1969-12-31T23:59:59.999Z"),
    *("2000-02-29T00:00:00.000Z", "2023-12-31T05:06:07.008Z", "2024-01-31T23:59:59.999Z", "2024-02-29T00:00:00.001Z"),
    *("2024-03-31T00:00:00.000Z", "2025-01-01T12:00:00.000Z", "9999-01-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
)
UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
NUMBER_TEXTS = (
    *(
        "",
        "5",
        "-5",
        "+5",
        "007",
        "1.50",
        "1.",
        ".5",
        "1e5",
        " 5",
        "5 ",
        "5\n",
        "\u0665",
        "NaN",
        "Infinity",
        "1,5",
        "0x10",
    ),
    *("--5", "-", "9" * 40, "9" * 41, "0." + "9" * 40, "0." + "9" * 41),
)
DATE_TEXTS = (
    *("", "2024-02-29", "2023-02-29", "1900-02-29", "0001-01-01", "0000-01-01", "9999-12-31", "2024-2-9", "2024-13-01"),
    *("2024-04-31", " 2024-01-01", "2024-01-01\n", "\u0662024-01-01", "20240101", "2024-01-01T00:00:00Z"),
)
INSTANT_TEXTS = (
    *DATE_TEXTS,
    *("2024-01-01t09:00:00z", "2024-01-01T09:00:00.1Z", "2024-01-01T09:00:00.1230000Z", "2024-01-01T09:00:00.1234Z"),
    *(
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01T09:00:00",
        "2024-01-01T09:00Z",
        "2024-01-01 09:00:00Z",
    ),
    *(
        "2024-03-01T02:30:00.123+14:00",
        "2024-01-01T09:00:00-23:59",
        "2024-01-01T09:00:00+24:00",
        "0001-01-01T00:00:00+00:01",
    ),
    *("9999-12-31T23:59:59.999-00:00", "9999-12-31T23:59:59-00:01", "2024-01-01T09:00:00.Z", "2023-02-29T09:00:00Z"),
)

Calls = list[tuple[str, tuple[Any, ...]]]


def edge_calls() -> Iterator[tuple[str, tuple[Any, ...]]]:
    product = itertools.product
    for name in ("tabularium_divide", "tabularium_modulo"):
        yield from ((name, pair) for pair in product(NUMBERS, NUMBERS))
    yield from (("tabularium_power", pair) for pair in product(NUMBERS, EXPONENTS))
    yield from (("tabularium_round_to", pair) for pair in product(NUMBERS, ("0", "2", "-2", "10", "100", "101", "1.5")))
    for name in ("sqrt", "truncate", "sign", "number_result", "decimal_result"):
        yield from ((f"tabularium_{name}", (number,)) for number in NUMBERS)
    yield from (("tabularium_to_number", (text,)) for text in NUMBER_TEXTS)
    for name in ("left", "right", "repeat"):
        yield from ((f"tabularium_{name}", pair) for pair in product(TEXTS, COUNTS))
    yield from (("tabularium_middle", triple) for triple in product(TEXTS[:7], COUNTS, COUNTS))
    yield from (("tabularium_replace", triple) for triple in product(TEXTS, TEXTS, TEXTS))
    yield "tabularium_replace", ("x" * 1000, "x", "y" * 1001)
    yield from (("tabularium_ends_with", pair) for pair in product(TEXTS, TEXTS))
    dates = product(
        ("0", "1", "2023", "2024", "9999", "10000", "2024.5", "9" * 30),
        ("0", "2", "4", "12", "13"),
        ("0", "29", "30", "31", "1.5"),
    )
    yield from (("tabularium_make_date", triple) for triple in dates)
    yield from (("tabularium_date_add", triple) for triple in product(MOMENTS, (*COUNTS[:9], "-3000", "119988"), UNITS))
    yield from (("tabularium_date_diff", triple) for triple in product(MOMENTS, MOMENTS, UNITS))
    yield from (("tabularium_to_date", (text,)) for text in DATE_TEXTS)
    yield from (("tabularium_to_instant", (text,)) for text in INSTANT_TEXTS)
    yield from (("tabularium_lower", (text,)) for text in TEXTS)


async def answers_of_postgresql(url: str, calls: Calls) -> list[Any]:
    settings = {"timezone": "Asia/Kathmandu", "datestyle": "German, DMY"}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await use_text(connection)
        for statement in POSTGRESQL_FUNCTIONS:
            await connection.execute(statement)
        answers = []
        for name, group in itertools.groupby(calls, lambda call: call[0]):
            arguments = [values for _, values in group]
            template = {**ON_POSTGRESQL, "tabularium_date_add": ADD, "tabularium_lower": "_tabularium_lower({}::text)"}[
                name
            ]
            columns = [f"c{number}" for number in range(len(arguments[0]))]
            arrays = ", ".join(f"${number + 1}::text[]" for number in range(len(columns)))
            rows = f"unnest({arrays}) WITH ORDINALITY AS t({', '.join(columns)}, n)"
            sql = f"SELECT {template.format(*columns)} FROM {rows} ORDER BY n"
            answers += [row[0] for row in await connection.fetch(sql, *map(list, zip(*arguments, strict=True)))]
        return answers
    finally:
        await connection.close()


def test_postgresql_answers_as_sqlite_does(postgresql_url: str) -> None:
    calls = list(edge_calls())
    assert len(calls) > 4000
    answers = asyncio.run(answers_of_postgresql(postgresql_url, calls))
    wrong = [
        (name, arguments, CALLS[name](*arguments), answer)
        for (name, arguments), answer in zip(calls, answers, strict=True)
        if CALLS[name](*arguments) != answer
    ]
    assert not wrong[:5]
    # Each function has both answered and found nothing to answer.
    for name in {name for name, _ in calls} - {
        "tabularium_truncate",
        "tabularium_sign",
        "tabularium_ends_with",
        "tabularium_date_diff",
        "tabularium_lower",
    }:
        found = {answer is None for (called, _), answer in zip(calls, answers, strict=True) if called == name}
        assert found == {True, False}, name


@pytest.mark.parametrize(
    "name", sorted({name for name, _ in edge_calls()} | {"tabularium_least", "tabularium_bounded"})
)
def test_null_in_gives_null_out(name: str) -> None:
    function = next(function for function in SQLITE_FUNCTIONS if function.name == name)
    count = 2 if function.arguments < 0 else function.arguments
    for place in range(count):
        assert function.call(*["1"] * place, None, *["1"] * (count - place - 1)) is None


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("tabularium_power", ("1.0041666667", "360"), format(Decimal("1.0041666667") ** 360, "f")[:25]),
        ("tabularium_power", ("2", "300"), str(2**300)),
        ("tabularium_power", ("-2", "-1"), "-0.5"),
        ("tabularium_power", ("0", "0"), "1"),
        ("tabularium_power", ("10", "99"), "1" + "0" * 99),
        ("tabularium_power", ("10", "100"), None),
        ("tabularium_power", ("10", "-1000"), "0"),
        ("tabularium_power", ("0.1", "-99"), "1" + "0" * 99),
        ("tabularium_power", ("0.1", "-1000"), None),
        ("tabularium_power", ("0", "-1"), None),
        ("tabularium_sqrt", ("2",), "1.4142135624"),
        ("tabularium_sqrt", ("0.00000000000000000000250000000001",), "0.0000000001"),
        ("tabularium_sqrt", ("0.0000000000000000000025",), "0.0000000001"),
        ("tabularium_sqrt", ("0.00000000000000000000249999999999",), "0"),
        ("tabularium_number_result", ("123456789012345.5",), "123456789012346"),
        ("tabularium_number_result", ("-0.1234567890123455",), "-0.123456789012346"),
        ("tabularium_number_result", ("9" * 100,), None),
        ("tabularium_decimal_result", ("0.33333333335",), "0.3333333334"),
        ("tabularium_modulo", ("-7.5", "2"), "-1.5"),
        ("tabularium_between", ("5", None, "4"), 0),
        ("tabularium_between", ("5", None, "6"), None),
        ("tabularium_between", ("10", "9", "10"), 1),
        ("tabularium_least", ("10", "9", "-1"), "-1"),
        ("tabularium_greatest", ("10", "9", "-1"), "10"),
        ("tabularium_date_add", ("2024-01-31", "1", "month"), "2024-02-29"),
        ("tabularium_date_add", ("2024-02-29", "-1", "year"), "2023-02-28"),
        ("tabularium_date_diff", ("2024-02-29", "2024-01-31", "month"), "1"),
        ("tabularium_date_diff", ("2024-02-28", "2024-03-31", "month"), "-1"),
        ("tabularium_date_diff", ("2024-01-01T00:00:00.000Z", "2023-12-31T00:00:00.001Z", "day"), "0"),
        ("tabularium_date_part", ("2024-12-30", "weeknum"), "1"),
        ("tabularium_date_part", ("2024-12-29T10:00:00.000Z", "weekday"), "7"),
        ("tabularium_bounded", ("x" * 1_000_001,), None),
        ("tabularium_repeat", ("ab", "500001"), None),
        ("tabularium_replace", ("x" * 1001, "x", "y" * 1000), None),
    ],
)
def test_what_the_functions_answer(name: str, arguments: tuple[Any, ...], answer: Any) -> None:
    found = CALLS[name](*arguments)
    if isinstance(answer, str) and isinstance(found, str) and name == "tabularium_power":
        found = found[: len(answer)]
    assert found == answer


@settings(max_examples=200)
@given(start=st.datetimes(), count=st.integers(-3000, 3000), unit=st.sampled_from(UNITS))
def test_a_difference_is_what_was_added(start: Any, count: int, unit: str) -> None:
    moment = start.isoformat(timespec="milliseconds") + "Z"
    later = CALLS["tabularium_date_add"](moment, str(count), unit)
    if later is not None and not (unit == "year" and count < 0):
        assert CALLS["tabularium_date_diff"](later, moment, unit) == str(count)


PATTERNS = (
    "YYYY-MM-DD HH:mm:ss",
    "DD.M.YY, H:m:s.SSS",
    'dddd "\\ MMMM [at] hh:mm A [a]',
    "DDdddDD[]ssssSSS",
    "ddd D MMM YYYY h a",
    "[]",
    "YYYYMMDDHHmmss",
    "é€😀[[x]]",
)


def test_both_databases_write_a_moment_alike(postgresql_url: str) -> None:
    async def written() -> list[str]:
        connection = await asyncpg.connect(postgresql_url, server_settings={"lc_time": "C", "datestyle": "German, DMY"})
        try:
            await use_text(connection)
            sql = "SELECT to_char($1::timestamptz AT TIME ZONE 'UTC', $2)"
            return [
                await connection.fetchval(sql, moment, to_char_pattern(pattern))
                for pattern in PATTERNS
                for moment in MOMENTS
            ]
        finally:
            await connection.close()

    expected = [CALLS["tabularium_date_format"](moment, pattern) for pattern in PATTERNS for moment in MOMENTS]
    assert asyncio.run(written()) == expected
    assert expected[0] == "0001-01-01 00:00:00"
    assert expected[2 * len(MOMENTS) + 5] == 'Sunday "\\ December at 05:06 AM a'
    assert {token for pattern in PATTERNS for token in read_pattern(pattern)} >= set(TOKENS.values())


@pytest.mark.parametrize(("pattern", "part", "offset"), [("YYYY-mm-QQ", "Q", 8), ("DD at", "t", 4), ("[open", "[", 0)])
def test_a_letter_that_is_no_token_is_refused(pattern: str, part: str, offset: int) -> None:
    with pytest.raises(BadPattern) as caught:
        read_pattern(pattern)
    assert (caught.value.part, caught.value.offset) == (part, offset)


def test_the_functions_are_provided_once_and_again_when_they_differ(empty_postgresql_url: str, run: Run[Any]) -> None:
    commented = "COMMENT ON FUNCTION _tabularium_fold(text) IS 'of another program'"
    dropped = "DROP FUNCTION _tabularium_sqrt(numeric)"
    exists = "SELECT to_regprocedure('_tabularium_sqrt(numeric)') IS NOT NULL"

    async def work() -> list[bool]:
        database = await open_database(empty_postgresql_url)
        found = []
        try:
            for statements in ((), (dropped,), (commented,)):

                async def prepare(session: Any, statements: tuple[str, ...] = statements) -> bool:
                    for statement in statements:
                        await session.execute(statement)
                    await provide_functions(session)
                    row = await session.fetch_one(exists)
                    return bool(row and row[0])

                found.append(await database.migrate(prepare))
        finally:
            await database.close()
        return found

    assert run(work()) == [True, False, True]
