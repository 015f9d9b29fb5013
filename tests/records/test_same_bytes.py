"""One script of requests, replayed on both databases: the answers must be equal to the byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.records.conftest import APPLICATION
from tests.support.asgi import Answer
from tests.support.serving import serving

PEOPLE = "/api/tables/people/records"
HARD = "\u0001-\u001f\u007f\u0085\u2028\U0001f600e\u0301\\\"/<>&'\t\r\n"

SCRIPT: list[tuple[Any, ...]] = [
    ("GET", "/api/tables"),
    ("GET", "/api/tables/people"),
    ("GET", "/api/tables/4"),
    ("POST", "/api/tables/places/records", {"id": "a.b_c~d-e", "label": 'quote " and \\ and / é'}),
    ("POST", PEOPLE, {"name": "Ada", "height": "-0.5", "age": 0, "notes": HARD, "seen": "0001-01-01T00:00:00Z"}),
    ("POST", PEOPLE, {"name": "bob", "height": 12.30, "born": "9999-12-31", "seen": "9999-12-31T23:59:59.999Z"}),
    ("POST", PEOPLE, {"name": "Élodie", "born": "0001-01-01", "seen": "2024-02-29T12:00:00.120-05:30", "active": None}),
    ("POST", PEOPLE, {"name": "Zoë", "height": "9999999999999999.99", "home": "a.b_c~d-e", "boss": "1"}),
    ("POST", PEOPLE, {"name": "", "age": -1, "email": "x", "height": "1.234", "mood": "none", "born": "x", "home": "?"}),
    ("POST", PEOPLE, {"name": "Eve", "age": 20}),
    ("POST", PEOPLE, {"name": "Eve", "email": "Eve@Example.com", "age": 20}),
    ("POST", PEOPLE, {"name": "Eva", "email": "eve@example.com", "boss": 77}),
    ("POST", PEOPLE, {"name": "Eva", "email": "eve@example.com"}),
    ("PATCH", f"{PEOPLE}/2", {"mood": "ugly", "height": None, "notes": "x"}),
    ("PATCH", f"{PEOPLE}/2", {"mood": "ugly", "height": None, "notes": "x"}),
    ("PATCH", f"{PEOPLE}/2", {"email": "EVE@example.com", "home": "nowhere"}),
    ("PATCH", f"{PEOPLE}/2", {"email": "EVE@example.com"}),
    ("PATCH", f"{PEOPLE}/5", {"email": None}),
    ("PATCH", f"{PEOPLE}/2", {"fields": {"age": 5}, "updatedAt": "2026-01-01T00:00:00Z"}),
    ("PATCH", f"{PEOPLE}/2", {"age": 6}, {"if-match": '"2-1"'}),
    ("PATCH", f"{PEOPLE}/2", {"age": 6}, {"if-match": '"2-3", "2-2"'}),
    ("DELETE", f"{PEOPLE}/2", None, {"if-match": "W/*"}),
    ("GET", f"{PEOPLE}/2", None, {"if-none-match": "*"}),
    ("POST", PEOPLE, {"name": "Key", "height": 1.50, "notes": HARD}, {"idempotency-key": "k"}),
    ("POST", PEOPLE, {"name": "Key", "notes": HARD, "height": 1.5}, {"idempotency-key": "k"}),
    ("POST", PEOPLE, {"name": "Key"}, {"idempotency-key": "k"}),
    ("POST", PEOPLE, {"name": "Key", "age": -1}, {"idempotency-key": "l"}),
    ("POST", PEOPLE, {"name": "Key", "age": 1}, {"idempotency-key": "l"}),
    ("DELETE", f"{PEOPLE}/3"),
    ("DELETE", f"{PEOPLE}/3"),
    ("GET", f"{PEOPLE}/3"),
    ("GET", f"{PEOPLE}/1"),
    ("GET", f"{PEOPLE}/1?fields=height,seen,notes"),
    *[("GET", f"{PEOPLE}?sort={name}:{way}") for name in ("name", "height", "mood", "born", "seen") for way in ("asc", "desc")],
    *[("GET", f"{PEOPLE}?limit=2&offset={offset}&count={count}") for offset in (0, 2, 9) for count in ("exact", "none")],
    ("GET", f"{PEOPLE}?filter=name:contains:%C3%89"),
    ("GET", f'{PEOPLE}?filter={{"or":[{{"height":{{"lessThan":0}}}},{{"seen":{{"greaterThan":"9999-12-31"}}}}]}}'),
    ("GET", f'{PEOPLE}?filter={{"not":{{"boss":"1"}}}}&fields=name'),
    ("GET", f"{PEOPLE}?limit=1001&sort=shoe"),
    ("GET", f"{PEOPLE}?format=display&timezone=Asia/Kathmandu"),
    ("GET", f"{PEOPLE}?includeDeleted=true&count=estimate"),
    ("GET", f"{PEOPLE}?deleted=true&format=display"),
    ("GET", f"{PEOPLE}?q=a%20e&aggregate=count,max:height"),
    ("GET", f"{PEOPLE}?groupBy=mood&aggregate=sum:age,avg:age,min:born"),
    ("GET", f"{PEOPLE}?filterByFormula=AND({{age}}%3E=0,{{name}}!=%27x%27)"),
    ("GET", f"{PEOPLE}?filter=born:pastYear&cursor=AAAA"),
    ("GET", "/api/tables?include=recordCount"),
    ("GET", "/api/tables/nothing/records"),
    ("PUT", PEOPLE, {}),
    ("GET", "/api/health?check=live"),
]  # fmt: skip


def replay(database_url: str) -> list[Answer]:
    with serving(APPLICATION, database_url) as client:
        return [client(*request[:3], headers=dict(*request[3:])) for request in SCRIPT]


@pytest.mark.postgresql
def test_both_databases_answer_the_same_requests_with_the_same_bytes(tmp_path: Path, empty_postgresql_url: str) -> None:
    embedded = replay(f"sqlite:{tmp_path / 'tabularium.db'}")
    server = replay(empty_postgresql_url)
    for request, one, other in zip(SCRIPT, embedded, server, strict=True):
        assert one.status < 500, (request, one.body)
        assert comparable(one) == comparable(other), request


def comparable(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.body.replace(answer.headers["x-request-id"].encode(), b"request")
    # Each database seals its cursors under a key of its own.
    return answer.status, headers, re.sub(rb'"nextCursor":"[A-Za-z0-9_-]+"', b'"nextCursor":"sealed"', body)
