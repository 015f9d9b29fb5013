"""The records that the server holds before it is fuzzed. They also lend their values to filters and bodies."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

Values = Mapping[str, Any]
Ids = dict[str, list[str]]
"""The ids of the stored records by the name of their table."""

_COPIES: Final = 3
"""Each record without a unique value is stored so often, so that a run of deletes leaves some."""

_HARD_TEXTS: Final = (
    "",
    " ",
    "%_\\",
    "'; DROP TABLE x; --",
    '"',
    "ÀÉÎ ß İ ﬁ",
    "👩‍👩‍👧",
    "\u202eabc\u200f",
    "a\tb\nc",
    "null",
)

RECORDS: Final[Mapping[str, tuple[Values, ...]]] = {
    "Group By": (
        {"id": "a", "field": "and", "operator": 9007199254740993, "value": "999999999999999999"},
        {"id": "A", "field": "or", "operator": -1, "value": "-1"},
        {"id": "~._-", "field": "", "operator": None, "value": "0"},
        {"id": "00", "field": None},
        {"id": "..." + "z" * 125, "field": "not"},
    ),
    "contacts": (
        {"full_name": "Ada Lovelace", "email": "ada@example.com", "job_title": "Analyst", "company": "a"},
        {"full_name": "Grace Hopper", "email": "Grace@Example.com", "notes": "", "referred_by": "1"},
        {"full_name": "x" * 120, "email": "ünï@exämple.com"},
        *({"full_name": f"number {number}", "notes": text} for number, text in enumerate(_HARD_TEXTS)),
    ),
    "Select": (
        {
            "from": "SELECT",
            "where": "1 = 1 OR ''",
            "table": "a@b.example",
            "user": "https://a.example/?b=c#d",
            "null": 0,
            "order": "0.01",
            "drop": False,
            "values": "null",
            "primary": "0001-01-01",
            "index": "9999-12-31T23:59:59.999Z",
            "desc": "1",
        },
        {
            "from": "\u200fx",
            "where": "--",
            "table": "A@B.example",
            "user": "http://[::1]:8080/",
            "null": -9223372036854775808,
            "order": "-9999999999999999.99",
            "drop": True,
            "values": "1",
            "primary": "2024-02-29",
            "index": "2024-02-29T12:00:00+14:00",
            "desc": "2",
        },
    ),
    "everything": (
        {},
        {"line": "two", "long": "l", "mail": "e@example.com", "whole": -5, "any_whole": 2**63 - 1, "exact": "10"},
        {
            "line": "twelve chars",
            "any_exact": "99999999.9999999999",
            "exact": "-0.001",
            "checked": False,
            "choice": "ü",
        },
        {
            "day": "1970-01-01",
            "instant": "1969-12-31T23:59:59.999Z",
            "contact": "3",
            "grouped": "~._-",
            "choice": "%_\\",
        },
        {
            "parent": "1",
            "checked": None,
            "choice": None,
            "day": None,
            "instant": None,
            "link": "https://example.com/%00",
        },
    ),
    "things": (
        {
            "rich": "<p>Hi <b>there</b></p>",
            "phone": "044 668 18 00",
            "source": "SELECT 1",
            "tint": "#1E90ff",
            "ean": "4006381333931",
            "any_bars": "x",
            "price": 9.5,
            "share": 12.5,
            "legacy": 0.0000000001,
            "stars": 3,
            "done": 40,
            "takes": 5400,
            "state": "b c",
            "tags": ["x", 'z,"{}'],
            "clock": "08:30",
            "texts": ["a", "a"],
            "numbers": [1.5, -2],
            "any": {"a": [1.10, None, {"b": "c"}]},
            "shaped": {"n": 1},
            "place": {"latitude": 48.85, "longitude": 2.35},
            "file": {"url": "https://a.example/x", "filename": "x.png", "mimeType": "image/png", "size": 10},
            "files": [],
            "summary": "s",
            "met": "2026-01-01T23:59:59.999+05:45",
        },
        {"parent": "1", "others": ["1"], "price": -4.99, "done": 100, "state": "a", "tags": []},
        {
            "parent": "1",
            "price": 0,
            "takes": 1,
            "met": "9999-12-31T23:59:59.999Z",
            "files": [{"url": "http://b", "filename": "y"}],
        },
    ),
    "Order-Lines 2": (
        {"number": 0, "line": 0, "title": "first", "price": "9.99", "starts": "2026-01-01", "ends": "2026-01-01"},
        {"number": 0, "line": -1, "title": "first", "starts": "2026-01-02", "part_of": 0, "part_line": 0},
        {"number": 2**53 + 1, "line": 0, "title": "'", "price": "-0.01", "ends": "9999-12-31"},
        {"number": 2**63 - 1, "line": -(2**63), "part_of": 0, "part_line": 0},
    ),
    "ruled": (
        {"level": 3, "kinds": ["a", "b"]},
        {"state": "fixed", "parent": "1", "level": 1},
        {"state": "kept", "parent": "1", "others": ["1", "2"], "level": 2, "kinds": []},
        {"state": "hidden", "parent": "1", "level": 2**31},
    ),
}
"""In an order in which every link finds its target."""


class NotStored(Exception):
    """A record of this file was refused: it no longer fits app.yaml."""


_UNIQUE: Final = frozenset({"id", "email", "link", "number"})
_NOT_TRASHED: Final = _UNIQUE | {"state"}
"""Values of records that cannot be stored again, or perhaps not deleted by the rules of `ruled`."""


def store(url: str) -> Ids:
    """Store the records through the API and return their ids."""
    ids: Ids = {table: [] for table in RECORDS}
    for table, records in RECORDS.items():
        for values in records:
            copies = 1 if _UNIQUE & values.keys() else _COPIES
            ids[table] += [_create(url, table, values) for _ in range(copies)]
    return ids


def store_trash(url: str) -> Ids:
    """Store some of the records once more, delete them, and return their ids."""
    ids: Ids = {table: [] for table in RECORDS}
    for table, records in RECORDS.items():
        plain = [each for each in records if not _NOT_TRASHED & each.keys()]
        for values in plain[:_COPIES] * 2:
            ids[table].append(_create(url, table, values))
            _delete(url, table, ids[table][-1])
    return ids


def _delete(url: str, table: str, record_id: str) -> None:
    address = f"{url}/api/tables/{quote(table, safe='')}/records/{quote(record_id, safe='')}"
    urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=10).close()


def _create(url: str, table: str, values: Values) -> str:
    request = urllib.request.Request(
        f"{url}/api/tables/{quote(table, safe='')}/records",
        json.dumps({"fields": values}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            identifier: str = json.load(answer)["id"]
            return identifier
    except urllib.error.HTTPError as error:
        raise NotStored(f"{table} does not take {values}: {error.read().decode()}") from None
