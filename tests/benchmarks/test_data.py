from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.data import APPLICATION, ROWS, SCENARIOS, make_rows, write_csv
from tabularium.application import load_schema


def test_the_rows_are_the_same_on_every_run_and_fit_the_table(tmp_path: Path) -> None:
    application = tmp_path / "app.yaml"
    application.write_text(APPLICATION, encoding="utf-8")
    (table,) = load_schema(application).schema.tables
    assert make_rows(20) == make_rows(20)
    assert len(table.fields) == 12
    for row in make_rows(200):
        assert list(row) == [field.name for field in table.fields]
        assert all(
            table.by_name[name].type.parse(value, "write") is not None
            for name, value in row.items()
            if value is not None
        )


def test_the_csv_holds_every_row(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == ROWS
    assert {row["newsletter"] for row in rows} == {"true", "false"}


def test_every_request_is_a_whole_message() -> None:
    for scenario in SCENARIOS:
        for request in scenario.requests():
            head, _, body = request.partition("\r\n\r\n")
            length = next(
                (line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Content-Length")), "0"
            )
            assert len(body.encode()) == int(length)
