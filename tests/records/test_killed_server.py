"""A server that is killed in the middle of its work: whatever it had acknowledged is there, and nothing by halves."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabularium.db.dialect import SQLITE
from tests.provision.server import RunningServer, running_server
from tests.support.effort import NIGHTLY
from tests.support.fleet import Fleet, fleet_of

APPLICATION = Path(__file__).with_name("proofs.yaml")
WRITERS = 6
KILLS = 20 if NIGHTLY else 1
BATCH = 10


@dataclass
class Acknowledged:
    """What one writer was told, in its order. `pending` is a request whose answer never came: done whole, or not at all.

    Each writer has records of its own: a counter, a pair of a place and a person in it, and a mark that batches bear.
    """

    number: int
    age: int = 0
    pending_age: int | None = None
    batches: set[str] = field(default_factory=set)
    """Codes of the batches that were stored; `tried` those of all."""
    tried: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    maybe_deleted: set[str] = field(default_factory=set)
    upserted: int | None = None
    maybe_upserted: int | None = None

    @property
    def name(self) -> str:
        return f"w{self.number}"


class Port:
    """One connection to the server. Every failure of it is `ConnectionError`."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def close(self) -> None:
        self._connection.close()

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, f"/api/tables/{path}", content, {"content-type": "application/json"})
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError from error
        return answer.status, json.loads(text) if text else None


def count_up(port: Port, told: Acknowledged, choose: random.Random) -> None:
    told.pending_age = told.age + 1
    row = {"fields": {"name": told.name, "code": told.name, "age": told.pending_age}}
    body = {"records": [row], "fieldsToMergeOn": ["code"]}
    assert port("POST", "people/records/upsert", body)[0] == 200
    told.age, told.pending_age = told.pending_age, None


def store_batch(port: Port, told: Acknowledged, choose: random.Random) -> None:
    mark = f"{told.name}-{len(told.tried)}"
    told.tried.add(mark)
    place = {"id": mark, "label": mark}
    assert port("POST", "places/records", {"fields": place})[0] == 201
    people = [{"fields": {"name": "b", "code": f"{mark}-{number}", "home": mark}} for number in range(BATCH)]
    assert port("POST", "people/records/batch", {"records": people})[0] == 201
    told.batches.add(mark)


def delete_batch(port: Port, told: Acknowledged, choose: random.Random) -> None:
    here = sorted(told.batches - told.deleted - told.maybe_deleted)
    if here:
        mark = choose.choice(here)
        told.maybe_deleted.add(mark)
        assert port("DELETE", f"places/records/{mark}")[0] == 204
        told.deleted.add(mark)


def update_batch(port: Port, told: Acknowledged, choose: random.Random) -> None:
    """Change two records together, which must always be the same."""
    told.maybe_upserted = choose.randrange(1, 10**6)
    rows = [{"fields": {"label": f"{told.name}{end}"}} for end in "ab"]
    body = {"records": rows, "fieldsToMergeOn": ["label"]}
    status, answer = port("POST", "tags/records/upsert", body)
    assert status == 200
    entries = [{"id": each["id"], "fields": {"size": told.maybe_upserted % 151}} for each in answer["records"]]
    assert port("PATCH", "tags/records/batch", {"records": entries})[0] == 200
    told.upserted, told.maybe_upserted = told.maybe_upserted, None


Step = Callable[[Port, Acknowledged, random.Random], None]
STEPS: tuple[Step, ...] = (count_up, store_batch, delete_batch, update_batch)


def work_until_killed(port: int, told: Acknowledged, failures: list[BaseException]) -> None:
    """Send requests until the server is gone."""
    connection, choose = Port(port), random.Random(told.number)
    try:
        while True:
            choose.choice(STEPS)(connection, told, choose)
    except ConnectionError:
        return
    except BaseException as error:  # noqa: BLE001  # the test itself raises it
        failures.append(error)
    finally:
        connection.close()


def kill_in_the_middle(server: RunningServer, told: list[Acknowledged], seconds: float) -> None:
    """Let writers work for a while and kill the server under them."""
    failures: list[BaseException] = []
    threads = [threading.Thread(target=work_until_killed, args=(server.port, each, failures)) for each in told]
    for each in threads:
        each.start()
    time.sleep(seconds)
    os.kill(server.process, signal.SIGKILL)
    for each in threads:
        each.join()
    assert failures == []


def stored(fleet: Fleet, path: str) -> list[dict[str, Any]]:
    """Return all records of a page-wise list."""
    found: list[dict[str, Any]] = []
    while True:
        page = fleet("GET", path, limit=1000, offset=len(found)).json()
        found += page["records"]
        if not page["pagination"]["hasNextPage"]:
            return found


def check_writer(told: Acknowledged, people: list[Any], trash: list[Any], tags: list[Any]) -> None:
    """Hold what is stored to what a writer was told."""
    counters = [each["fields"]["age"] for each in people if each["fields"]["code"] == told.name]
    assert counters in ([told.age], [told.pending_age]) or (counters, told.age) == ([], 0)
    told.age = counters[0] if counters else 0
    for mark in told.tried:
        live = sum(each["fields"]["home"] == mark for each in people)
        gone = sum(each["fields"]["home"] == mark for each in trash)
        assert (live, gone) in ((BATCH, 0), (0, BATCH), (0, 0)), (mark, live, gone)
        assert mark not in told.batches or live + gone == BATCH
        assert mark not in told.deleted or gone == BATCH
        assert gone == 0 or mark in told.maybe_deleted
    pair = [each["fields"]["size"] for each in tags if each["fields"]["label"][:-1] == told.name]
    assert len(pair) in (0, 2)
    assert len(set(pair)) <= 1
    known = [None if each is None else each % 151 for each in (told.upserted, told.maybe_upserted)]
    assert not pair or pair[0] in known
    assert pair or told.upserted is None
    told.pending_age = told.maybe_upserted = None
    told.upserted = pair[0] if pair else None
    told.batches |= {each["fields"]["home"] for each in people} & told.tried


def check_whole(fleet: Fleet) -> None:
    """Hold all entries to the records, and the file to its format."""
    assert fleet.check().size > 0
    if fleet.databases[0].dialect is SQLITE:
        assert fleet.read(lambda session: session.fetch_all("PRAGMA integrity_check")) == [("ok",)]
        assert fleet.read(lambda session: session.fetch_all("PRAGMA foreign_key_check")) == []


@contextmanager
def served(url: str, folder: Path) -> Iterator[RunningServer]:
    environment = {"DATABASE_URL": url, "DATA_DIR": str(folder / "data"), "LOG_LEVEL": "warning"}
    with running_server(APPLICATION, folder / "log", environment) as server:
        yield server


def test_what_was_acknowledged_survives_a_kill_and_nothing_is_there_by_halves(
    database_url: str, tmp_path: Path
) -> None:
    told = [Acknowledged(number) for number in range(WRITERS)]
    for turn in range(KILLS):
        with served(database_url, tmp_path) as server:
            kill_in_the_middle(server, told, 0.4 + 0.3 * (turn % 3))
        with fleet_of(APPLICATION, database_url, servers=1) as fleet:
            people, trash, tags = (stored(fleet, each) for each in ("people/records", "people/trash", "tags/records"))
            for each in told:
                check_writer(each, people, trash, tags)
            check_whole(fleet)
    assert sum(each.age for each in told) > 0
    assert any(each.batches for each in told)
