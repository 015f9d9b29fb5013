"""The measured table: 10,000 rows of 12 columns, the same on every run; and the requests that are sent to it."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

TABLE: Final = "contacts"
ROWS: Final = 10_000
PAGE: Final = 50
_SEED: Final = 2026
_VARIANTS: Final = 500
_STATUSES: Final = ("new", "active", "paused", "closed")
_WORDS: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "juniper")

LIMITS: Final = """\
api:
  rateLimits:
    address: { requests: 1000000, windowSeconds: 1 }
    read: { requests: 1000000, windowSeconds: 1 }
    write: { requests: 1000000, windowSeconds: 1 }
    batch: { requests: 1000000, windowSeconds: 1 }
"""
"""Requests are counted, as they are everywhere, and none is refused."""

APPLICATION: Final = f"""\
name: bench
{LIMITS}
tables:
  - id: 1
    name: contacts
    fields:
      - {{ id: 1, name: name, type: single-line-text, required: true }}
      - {{ id: 2, name: email, type: email, required: true, indexed: true }}
      - {{ id: 3, name: city, type: single-line-text }}
      - {{ id: 4, name: website, type: url }}
      - {{ id: 5, name: status, type: single-select, options: [new, active, paused, closed], indexed: true }}
      - {{ id: 6, name: visits, type: integer, min: 0 }}
      - {{ id: 7, name: score, type: integer, indexed: true }}
      - {{ id: 8, name: balance, type: decimal, precision: 2 }}
      - {{ id: 9, name: newsletter, type: checkbox }}
      - {{ id: 10, name: born, type: date }}
      - {{ id: 11, name: seen_at, type: datetime }}
      - {{ id: 12, name: notes, type: long-text }}
"""

Fields = dict[str, str | int | bool | None]


def make_rows(count: int, seed: int = _SEED) -> list[Fields]:
    """Make rows of plausible values, a tenth of the optional ones null."""
    source = random.Random(seed)

    def optional(value: str | int | bool) -> str | int | bool | None:
        return None if source.random() < 0.1 else value

    rows: list[Fields] = []
    for number in range(count):
        name = f"{source.choice(_WORDS).title()} {source.choice(_WORDS).title()}"
        seconds = source.randrange(86_400)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{source.randrange(1000):03}"
        rows.append(
            {
                "name": name,
                "email": f"{name.replace(' ', '.').lower()}.{number}@mail.example",
                "city": optional(source.choice(_WORDS).title()),
                "website": optional(f"https://{source.choice(_WORDS)}.example/{number}"),
                "status": source.choice(_STATUSES),
                "visits": optional(source.randrange(1000)),
                "score": source.randrange(1_000_000),
                "balance": optional(f"{source.randrange(-100_000, 10_000_000) / 100:.2f}"),
                "newsletter": source.random() < 0.5,
                "born": optional((date(1940, 1, 1) + timedelta(days=source.randrange(25_000))).isoformat()),
                "seen_at": f"2026-0{source.randrange(1, 10)}-{source.randrange(1, 29):02}T{clock}Z",
                "notes": optional(" ".join(source.choices(_WORDS, k=source.randrange(3, 25)))),
            }
        )
    return rows


def write_csv(path: Path) -> None:
    """Write the rows as `tabularium import` reads them."""
    rows = make_rows(ROWS)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: str | int | bool | None) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of request. `aims` are processor milliseconds a request, by database; the product's own targets.

    With `compared_with`, another scenario of the same server, they are what it may cost beyond that one.
    """

    name: str
    requests: Callable[[], list[str]]
    aims: dict[str, float]
    status: int = 200
    connections: int | None = None
    """`None`: as many as the run has."""
    beside: Scenario | None = None
    """What others do meanwhile."""
    compared_with: str | None = None
    at_most: float | None = None
    """With `compared_with`, in place of aims: the most that it may cost, as a multiple of that one."""


def get(path: str, headers: Mapping[str, str] | None = None) -> str:
    """Write a request as it goes over the wire."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{lines}\r\n"


def post(path: str, body: bytes) -> str:
    """Write a request with a body of JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body.decode()}"


_RECORDS = f"/api/tables/{TABLE}/records"


def _get_one() -> list[str]:
    source = random.Random(_SEED)
    return [get(f"{_RECORDS}/{source.randint(1, ROWS)}") for _ in range(_VARIANTS)]


def _filter_and_sort(condition: object, sort: str) -> list[str]:
    chosen = quote(orjson.dumps(condition))
    return [get(f"{_RECORDS}?limit={PAGE}&count=none&sort={sort}&filter={chosen}")]


def _create() -> list[str]:
    rows = [{**row, "email": f"one.{row['email']}"} for row in make_rows(_VARIANTS, seed=1)]
    return [post(_RECORDS, orjson.dumps({"fields": row})) for row in rows]


SCENARIOS: Final = (
    Scenario("dispatch alone (health)", lambda: [get("/api/health?check=live")], {}),
    Scenario("get one", _get_one, {"sqlite": 0.30, "postgresql": 0.6}),
    Scenario(
        "list 50, no count", lambda: [get(f"{_RECORDS}?limit={PAGE}&count=none")], {"sqlite": 0.8, "postgresql": 1.2}
    ),
    Scenario(
        "list 50, exact count",
        lambda: [get(f"{_RECORDS}?limit={PAGE}&count=exact")],
        {"sqlite": 1.2, "postgresql": 1.2},
    ),
    Scenario(
        "filter and sort 50, by an index",
        lambda: _filter_and_sort({"score": {"greaterThan": 500_000}, "visits": {"greaterThan": 500}}, "score"),
        {},
    ),
    Scenario(
        "filter and sort 50, without an index",
        lambda: _filter_and_sort({"visits": {"greaterThan": 500}}, "city,balance:desc"),
        {},
    ),
    Scenario("create", _create, {"sqlite": 1.0, "postgresql": 1.0}, status=201),
)
