from __future__ import annotations

import csv
import runpy
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema

FLIGHTS = Path(__file__).parent.parent.parent / "examples" / "flights"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(FLIGHTS / "prepare.py"))


@pytest.fixture(scope="module")
def prepared(script: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights")
    script["prepare"](script["source_folder"](), folder)
    return folder


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_every_column_is_a_field_and_every_field_a_column(prepared: Path) -> None:
    for table in load_schema(FLIGHTS / "app.yaml").schema.tables:
        with (prepared / f"{table.name}.csv").open(encoding="utf-8", newline="") as text:
            header = next(csv.reader(text))
        key = {"id"} if table.primary_key.is_sent_by_client else set()
        assert set(header) == key | {field.name for field in table.fields if not field.type.is_computed}


def test_every_link_leads_to_a_row_or_is_empty(prepared: Path) -> None:
    keys = {table: {row["id"] for row in read_rows(prepared / f"{table}.csv")} for table in ("airports", "planes")}
    flights = read_rows(prepared / "flights.csv")
    assert len(flights) == 336_776
    assert {row["dest"] for row in flights} - keys["airports"] == {""}
    assert {row["tailnum"] for row in flights} - keys["planes"] == {""}
    assert {row["dest_code"] for row in flights if not row["dest"]} == {"BQN", "PSE", "SJU", "STT"}
    assert sum(1 for row in flights if row["tail_number"] and not row["tailnum"]) == 50_094


def test_missing_values_are_empty_cells(prepared: Path) -> None:
    weather = read_rows(prepared / "weather.csv")
    assert sum(1 for row in weather if not row["wind_gust"]) == 20_778
    assert not any("NA" in row.values() for row in weather)


@pytest.mark.parametrize(
    ("text", "places", "rounded"),
    [
        ("10.357019999999999", 5, "10.35702"),
        ("100", 5, "100"),
        ("-0.04", 5, "-0.04"),
        ("", 5, ""),
        ("0", 2, "0"),
        ("1e+03", 1, "1000"),
    ],
)
def test_the_noise_of_floating_point_is_rounded_away(
    script: dict[str, Any], text: str, places: int, rounded: str
) -> None:
    assert script["round_number"](text, places) == rounded
