"""The examples of docs/formulas.md, each worked out by both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.config.problems import ConfigurationError
from tabularium.schema.formula.functions import FUNCTIONS
from tests.support.asgi import Client
from tests.support.serving import serving

PAGE = Path(__file__).parents[3] / "docs" / "formulas.md"
_EXAMPLE = re.compile(r"^\| `(?P<formula>.+?)` \| (`(?P<result>.+)`|error) \|$", re.MULTILINE)
RECORD = {
    "name": "Ada",
    "padded": "  Ada  ",
    "empty": None,
    "whole": 7,
    "exact": "-7.50",
    "day": "2024-02-29",
    "at": "2024-12-31T23:30:05.250Z",
    "ok": True,
}
STORED = [
    {"name": "name", "type": "single-line-text"},
    {"name": "padded", "type": "long-text"},
    {"name": "empty", "type": "integer"},
    {"name": "whole", "type": "integer"},
    {"name": "exact", "type": "decimal"},
    {"name": "day", "type": "date"},
    {"name": "at", "type": "datetime"},
    {"name": "ok", "type": "checkbox"},
]


def examples() -> Iterator[tuple[str, str | None]]:
    for found in _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8")):
        yield found["formula"].replace(r"\|", "|"), found["result"]


EXAMPLES = list(examples())
RIGHT = [(formula, result) for formula, result in EXAMPLES if result is not None]
WRONG = [formula for formula, result in EXAMPLES if result is None]


def application(path: Path, formulas: list[str], **options: Any) -> Path:
    computed = [
        {"name": f"f{place}", "type": "formula", "formula": formula, **options}
        for place, formula in enumerate(formulas)
    ]
    path.write_text(json.dumps({"name": "test", "tables": [{"name": "a", "fields": [*STORED, *computed]}]}))
    return path


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = application(tmp_path / "app.json", [formula for formula, _ in RIGHT])
    with serving(file, database_url) as client:
        assert client("POST", "/api/tables/a/records", RECORD).status == 201
        yield client


def test_every_example_has_the_result_that_stands_beside_it(api: Client) -> None:
    fields = json.loads(api("GET", "/api/tables/a/records/1").body, parse_float=Decimal)["fields"]
    wrong = {
        formula: fields[f"f{place}"]
        for place, (formula, result) in enumerate(RIGHT)
        if fields[f"f{place}"] != json.loads(result, parse_float=Decimal)
    }
    assert wrong == {}
    assert len(RIGHT) > 85


def test_every_example_can_be_filtered_and_sorted_by(api: Client) -> None:
    for place, (_, result) in enumerate(RIGHT):
        value = json.loads(result)
        query = {"filter": json.dumps({f"f{place}": value}), "sort": f"f{place}:desc", "fields": "name"}
        assert len(api("GET", "/api/tables/a/records", query=query).json()["records"]) == 1, RIGHT[place]


def test_the_page_names_every_function() -> None:
    named = {word.upper() for formula, _ in EXAMPLES for word in re.findall(r"(\w+)\(", formula)}
    functions = {name for name in FUNCTIONS if re.fullmatch(r"[A-Z_]+", name)} - {"CASE", "IN", "BETWEEN", "NEGATIVE"}
    assert functions <= named


@pytest.mark.parametrize("formula", WRONG)
def test_what_the_page_calls_an_error_is_one(tmp_path: Path, formula: str) -> None:
    with pytest.raises(ConfigurationError):
        load_schema(application(tmp_path / "app.json", [formula]))


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("{nme} + 1", 'did you mean "name"'),
        ("{name} + 1", "number"),
        ("'7' + 1", "number"),
        ("{whole} &", "character"),
        ("UPPER({whole})", "text"),
        ("UPPER()", "UPPER"),
        ("FOO({whole})", "FOO"),
        ("IF({whole}, 1, 2)", "truth value"),
        ("IF({ok}, 1, 'a')", "number"),
        ("{day} < {whole}", "date"),
        ("DATE_ADD({day}, 1, 'fortnight')", "unit"),
        ("DATE_ADD({day}, 1, 'hour')", "one of day"),
        ("(SELECT 1)", ""),
        ("{whole}::text", ""),
        ("CAST({whole} AS text)", ""),
        ("{whole} -- comment", ""),
        ("{whole}; DROP TABLE a", ""),
        ("count(*) OVER ()", ""),
        ("INTERVAL '1 day'", ""),
        ("?1", ""),
        ("$1", ""),
        (":name", ""),
        ("{f0}", "circle"),
        ("", ""),
        ("'" + "x" * 2001 + "'", "2"),
        ("+".join(["1"] * 201), "200"),
        ("(" * 400 + "1" + ")" * 400, ""),
    ],
)
def test_a_wrong_formula_is_an_error_of_the_file(tmp_path: Path, formula: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_schema(application(tmp_path / "app.json", [formula]))
    text = str(caught.value)
    assert "tables[0].fields[8].formula" in text
    assert reason in text


def test_what_would_grow_beyond_all_bounds_is_empty_and_answers_at_once(database_url: str, tmp_path: Path) -> None:
    formulas = [
        "POWER(10, 1000000)",
        "POWER(7, 123456789)",
        "REPEAT('abc', 1000000000)",
        "LEN(REPEAT(REPEAT('x', 1000), 10000))",
        "DATE_ADD({day}, 999999999, 'year')",
        "DATE(99999, 1, 1)",
        "ROUND(1, 999999999)",
        "LEFT({name}, 999999999999)",
        "NUMBER('1e999999')",
        "99999999999999999999 * 99999999999999999999 * 99999999999999999999",
    ]
    with serving(application(tmp_path / "app.json", formulas), database_url) as api:
        assert api("POST", "/api/tables/a/records", RECORD).status == 201
        fields = api("GET", "/api/tables/a/records/1").json()["fields"]
    found = [fields[f"f{place}"] for place, _ in enumerate(formulas)]
    assert found[:7] == [None] * 7
    assert found[7:9] == ["Ada", None]
    assert all(value is None or len(str(value)) < 100 for value in found)


@pytest.mark.parametrize("result_type", ["text", "number", "decimal", "boolean", "date", "datetime"])
@pytest.mark.parametrize("constant", [True, False], ids=["constant", "null"])
def test_a_constant_can_be_sorted_and_grouped_by(
    database_url: str, tmp_path: Path, result_type: str, constant: bool
) -> None:
    texts = {"boolean": "FALSE", "date": "DATE(2024, 1, 1)", "datetime": "'2024-01-01T00:00:00.000Z'"}
    formula = texts.get(result_type, "'7'") if constant else "NULL"
    with serving(application(tmp_path / "app.json", [formula], resultType=result_type), database_url) as api:
        for _ in range(3):
            assert api("POST", "/api/tables/a/records", RECORD).status == 201
        query = {"sort": "f0:desc", "groupBy": "f0", "limit": "2"}
        page = api("GET", "/api/tables/a/records", query=query).json()
        assert [each["count"] for each in page["groups"]] == [3]
        assert (page["groups"][0]["value"] is None) is not constant
        query["cursor"] = page["pagination"]["nextCursor"]
        assert [each["id"] for each in api("GET", "/api/tables/a/records", query=query).json()["records"]] == ["3"]


@pytest.mark.parametrize(
    ("formula", "result_type", "expected"),
    [
        ("{whole} / 3", "decimal", "2.3333333333"),
        ("{exact}", "text", "-7.5"),
        ("{whole} > 5", "text", "true"),
        ("{name}", "number", None),
        ("'12.5'", "number", 12.5),
        ("'2024-02-29'", "date", "2024-02-29"),
        ("'2024-02-30'", "date", None),
        ("{day}", "datetime", "2024-02-29T00:00:00.000Z"),
        ("{at}", "date", "2024-12-31"),
        ("'true'", "boolean", True),
        ("1000000000000000 / 3", "number", 333333333333333),
        ("123456789012345678 + 0", "number", 123456789012346000),
    ],
)
def test_a_result_type_converts(
    database_url: str, tmp_path: Path, formula: str, result_type: str, expected: Any
) -> None:
    with serving(application(tmp_path / "app.json", [formula], resultType=result_type), database_url) as api:
        assert api("POST", "/api/tables/a/records", RECORD).status == 201
        assert api("GET", "/api/tables/a/records/1").json()["fields"]["f0"] == expected
