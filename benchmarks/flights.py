"""The measured questions to the example of flights: 336,776 rows of real data, with links, lookups and formulas."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

from benchmarks.data import LIMITS, PAGE, Scenario, get

APPLICATION: Final = Path(__file__).parent.parent / "examples" / "flights" / "app.yaml"
TABLES: Final = ("airlines", "airports", "planes", "flights", "weather")
_FLIGHTS: Final = "/api/tables/flights/records"
_PLAIN: Final = "month,day,carrier,dest_code,dep_delay,arr_delay"


def write_application(path: Path) -> None:
    """Write the file of the example, but with limits that no measurement reaches."""
    path.write_text(f"{APPLICATION.read_text(encoding='utf-8')}\n{LIMITS}", encoding="utf-8")


def write_csvs(folder: Path) -> None:
    """Write what the example imports, by its own script."""
    folder.mkdir(parents=True, exist_ok=True)
    script = runpy.run_path(str(APPLICATION.with_name("prepare.py")))
    script["prepare"](script["source_folder"](), folder)


def _one(query: str) -> list[str]:
    return [get(f"{_FLIGHTS}?{query}")]


_JULY: Final = quote(orjson.dumps({"month": 7, "day": 4}))

SCENARIOS: Final = (
    Scenario("flights: list 50", lambda: _one(f"limit={PAGE}&count=none&fields={_PLAIN}"), {}),
    Scenario(
        "flights: list 50 with two lookups",
        lambda: _one(f"limit={PAGE}&count=none&fields={_PLAIN},carrier_name,manufacturer"),
        {},
    ),
    Scenario(
        "flights: filter and sort 50 by an index",
        lambda: _one(f"limit={PAGE}&count=none&fields={_PLAIN}&filter={_JULY}&sort=dep_delay"),
        {},
    ),
    Scenario(
        "flights: sort 50 by an index", lambda: _one(f"limit={PAGE}&count=none&fields={_PLAIN}&sort=distance"), {}
    ),
    Scenario("flights: aggregate all", lambda: _one("limit=1&count=none&fields=id&aggregate=avg:arr_delay"), {}),
    Scenario(
        "flights: group all by carrier",
        lambda: _one("limit=1&count=none&fields=id&groupBy=carrier&aggregate=avg:arr_delay"),
        {},
    ),
)
