"""Random formulas over rows of edge values: both databases give what a plain evaluation gives, and filter by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.access.identity import GUEST
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.context import Context as ProductContext
from tabularium.db.connect import open_database
from tabularium.db.database import Database
from tabularium.query import ListParameters
from tabularium.records.read import list_page
from tests.schema.formula.expressions import Expression, expressions, to_text
from tests.support.effort import examples
from tests.support.serving import serving

DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)
STORED = [
    {"id": 1, "name": "title", "type": "single-line-text"},
    {"id": 2, "name": "notes", "type": "long-text"},
    {"id": 3, "name": "state", "type": "single-select", "options": ["A b", "it's"]},
    {"id": 4, "name": "whole", "type": "integer"},
    {"id": 5, "name": "exact", "type": "decimal", "precision": 4},
    {"id": 6, "name": "big", "type": "integer"},
    {"id": 7, "name": "flag", "type": "checkbox"},
    {"id": 8, "name": "day", "type": "date"},
    {"id": 9, "name": "at", "type": "datetime"},
]
NAMES = [str(each["name"]) for each in STORED]
ROWS: list[tuple[Any, ...]] = [
    (None,) * 9,
    ("", "", "A b", 0, "0", 2**53 + 1, False, "2024-02-29", "2024-02-29T23:59:59.999Z"),
    ("a", "A b\n", "it's", -7, "-7.5", -(2**63), True, "0001-01-01", "0001-01-01T00:00:00.000Z"),
    ("É\U0001f600", "e\u0301 %_", None, 3, "0.0001", 2**63 - 1, True, "9999-12-31", "9999-12-31T23:59:59.999Z"),
    (
        " padded ",
        'say "x"',
        "A b",
        1000000,
        "99999999999999.9999",
        None,
        None,
        "2000-01-31",
        "2024-03-31T01:30:00.000Z",
    ),
]


def as_values(row: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip(NAMES, row, strict=True))
    for name, read in (
        ("whole", Decimal),
        ("exact", Decimal),
        ("big", Decimal),
        ("day", date.fromisoformat),
        ("at", lambda text: datetime.fromisoformat(text).astimezone(UTC)),
    ):
        values[name] = None if values[name] is None else read(values[name])
    return values


EVALUATED = [as_values(row) for row in ROWS]


def as_answer(value: Any) -> Any:
    """Return what stands in an answer, numbers with 15 significant digits."""
    if isinstance(value, Decimal):
        return Decimal(to_text(DIGITS.plus(value)))
    return to_text(value) if isinstance(value, (date, datetime)) else value


class Asked:
    """One database with the rows, which is asked by files that differ in their formulas."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self._database = database
        self._runner = runner

    def fields(self, file: Path, **parameters: Any) -> list[dict[str, Any]]:
        schema = load_schema(file).schema

        async def work(session: Any) -> bytes:
            context = ProductContext(GUEST, schema, session, SystemClock())
            return await list_page(context, schema.tables[0], ListParameters(**parameters))

        page = self._runner.run(self._database.read(work))
        return [record["fields"] for record in json.loads(page, parse_float=Decimal, parse_int=Decimal)["records"]]


@pytest.fixture(scope="module")
def asked(postgresql: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Asked, ...]]:
    folder = tmp_path_factory.mktemp("formulas")
    with asyncio.Runner() as runner:
        databases = []
        for url in (f"sqlite:{folder / 'a.db'}", postgresql.create_database()):
            with serving(write_file(folder, []), url) as client:
                for row in ROWS:
                    answer = client("POST", "/api/tables/a/records", dict(zip(NAMES, row, strict=True)))
                    assert answer.status == 201, answer.body
            databases.append(runner.run(open_database(url)))
        yield tuple(Asked(database, runner) for database in databases)
        for database in databases:
            runner.run(database.close())


def write_file(folder: Path, formulas: list[Expression]) -> Path:
    computed = [
        {"id": 20 + place, "name": f"f{place}", "type": "formula", "formula": formula.text}
        for place, formula in enumerate(formulas)
    ]
    path = folder / "app.json"
    path.write_bytes(orjson.dumps({"name": "t", "tables": [{"id": 1, "name": "a", "fields": [*STORED, *computed]}]}))
    return path


FORMULAS = st.one_of(expressions(kind, 2) for kind in ("text", "number", "boolean", "date", "datetime"))


@given(formulas=st.lists(FORMULAS.filter(lambda each: len(each.text) < 1500), min_size=3, max_size=6))
@settings(max_examples=examples(50), deadline=None)
def test_both_databases_work_a_formula_out_as_plain_python_does(
    asked: tuple[Asked, ...], tmp_path_factory: pytest.TempPathFactory, formulas: list[Expression]
) -> None:
    file = write_file(tmp_path_factory.getbasetemp(), formulas)
    expected = [[as_answer(formula.evaluate(row)) for formula in formulas] for row in EVALUATED]
    for database in asked:
        found = database.fields(file, count="none")
        got = [[record[f"f{place}"] for place, _ in enumerate(formulas)] for record in found]
        assert got == expected


@given(formula=FORMULAS.filter(lambda each: len(each.text) < 1500), descending=st.booleans())
@settings(max_examples=examples(30), deadline=None)
def test_records_are_found_and_sorted_by_what_a_formula_yields(
    asked: tuple[Asked, ...], tmp_path_factory: pytest.TempPathFactory, formula: Expression, descending: bool
) -> None:
    file = write_file(tmp_path_factory.getbasetemp(), [formula])
    answers = [as_answer(formula.evaluate(row)) for row in EVALUATED]
    present = sorted({value for value in answers if value is not None})
    order = [place for place, value in enumerate(answers) if value is not None]
    order.sort(key=lambda place: answers[place], reverse=descending)
    order += [place for place, value in enumerate(answers) if value is None]
    for database in asked:
        found = database.fields(file, sort=f"f0:{'desc' if descending else 'asc'}", fields=["f0"])
        assert [record["f0"] for record in found] == [answers[place] for place in order]
        assert len(database.fields(file, filter='{"f0": null}', fields=["f0"])) == answers.count(None)
        for value in present[:2]:
            written = f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)
            sent = f'{{"f0": {written}}}'
            assert len(database.fields(file, filter=sent, fields=["f0"])) == answers.count(value)
