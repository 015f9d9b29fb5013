"""Random requests of every kind, one after the other: status, codes, records, trash, histories and log as a model has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tabularium.db.database import Session
from tabularium.db.kept_changes import changes_by_id
from tests.records.whole_draw import ANY, TABLES, Draw
from tests.records.whole_model import FIELDS, PARENTS, Refused, WholeModel
from tests.support.asgi import Answer
from tests.support.effort import examples
from tests.support.fleet import Fleet, fleet_of

APPLICATION = Path(__file__).with_name("proofs.yaml")
STEPS = 25
OLD = "2020-01-01T00:00:00.000Z"

BEGINNING: tuple[tuple[str, list[dict[str, Any]]], ...] = (
    ("tags", [{"fields": {"label": "x"}}, {"fields": {"label": "y"}}]),
    ("places", [{"fields": {"id": "p1", "label": "x"}}]),
    ("places", [{"fields": {"id": "p2", "label": "y", "inside": "p1"}}, {"fields": {"id": "p3"}}]),
    ("people", [{"fields": {"name": "ann", "code": "a", "home": "p1"}}, {"fields": {"name": "bob", "home": "p2"}}]),
    ("people", [{"fields": {"name": "cy", "code": "c", "guard": "p3"}}]),
)


def codes_of(answer: Answer) -> dict[str, str]:
    return {} if answer.status < 400 else answer.codes


class Requests(RuleBasedStateMachine):
    """Sends requests to a server and does the same to a model."""

    fleet: Fleet

    def __init__(self) -> None:
        super().__init__()
        self.model = WholeModel()
        self.fleet.run(self.fleet.databases[0].write(self._empty))
        for table, rows in BEGINNING:
            answer = self.fleet("POST", f"{table}/records/batch", {"records": rows, "returnRecords": True}).json()
            for row, record in zip(rows, answer["records"], strict=True):
                self.model.add(table, record["id"], row["fields"])

    async def _empty(self, session: Session) -> None:
        links = [each.name for table in self.fleet.schema.tables for f in table.fields if (each := f.type.link_table)]
        await session.execute("UPDATE people SET boss = NULL")
        await session.execute("UPDATE places SET inside = NULL")
        for name in (*links, "people", "places", "tags", "_activity", "_counter"):
            await session.execute(f'DELETE FROM "{name}"')

    # What is asked for ------------------------------------------------------------------------------------------------

    def pick(self, table: str, number: int, *, live: bool = True) -> str | None:
        """Return the id that a number means."""
        likely, known = self.model.known(table, live=live), self.model.known(table)
        chosen = likely if number < ANY and likely else known
        return chosen[number % len(chosen)] if chosen else None

    def picked(self, table: str, numbers: Sequence[int], *, live: bool = True) -> list[str]:
        """Return different ids; one that no record has where there is none at all."""
        found = [self.pick(table, each, live=live) for each in numbers]
        return list(dict.fromkeys("404" if each is None else each for each in found))

    def row(self, table: str, drawn: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
        """Return those of the drawn values that a table has, with ids for the numbers of records."""
        row = {name: value for name, value in drawn.items() if name in FIELDS[table]}
        row |= {name: self.pick(PARENTS[name], row[name]) for name in PARENTS if row.get(name) is not None}
        if "tags" in row:
            picked = {self.pick("tags", each) for each in row["tags"]} - {None}
            row["tags"] = sorted(picked, key=lambda each: int(each or 0))
        if table == "people" and is_new and "name" not in row:
            row["name"] = "ann"
        if table == "places" and is_new:
            row["id"] = drawn["id"]
        return row

    def ask(
        self, method: str, path: str, body: Any, refused: Refused | None, status: int, *, dry: bool, single: bool
    ) -> Any:
        """Send a request and hold status and codes to what is expected. Return the answer's JSON, if it has any."""
        answer = self.fleet(method, path, body, **({"dryRun": "true"} if dry else {}))
        expected, codes = (200 if dry else status, {}) if refused is None else (refused.status, refused.codes)
        if single:
            codes = {} if expected == 404 else {single_place(each): code for each, code in codes.items()}
        assert (answer.status, codes_of(answer)) == (expected, codes), (method, path, body, answer.body)
        return answer.json() if answer.body else None

    def rehearsing(self, do: Callable[[], Refused | None], *, dry: bool) -> Refused | None:
        """Do something to the model; a dry run, and what is refused, leaves it as it was."""
        before = deepcopy(self.model)
        refused = do()
        if dry or refused:
            self.model = before
        return refused

    @rule(seed=st.integers(0, 2**40))
    def request(self, seed: int) -> None:
        """Send one request. What it is follows from the seed and from what is there."""
        draw = Draw(seed)
        table = draw.choice(TABLES)
        match draw.choice(["create", "create", "update", "update", "upsert", "delete", "delete", "restore", "history"]):
            case "create":
                self.create(table, draw.rows(), draw.seldom(), draw.seldom())
            case "update":
                self.update(table, draw.picks(), [draw.row(), draw.row()], draw.seldom(), draw.seldom(), draw.seldom())
            case "upsert":
                self.upsert(draw.rows(), draw.codes(), draw.seldom())
            case "delete":
                self.delete(table, draw.picks(), draw.seldom(), draw.seldom(), draw.seldom())
            case "restore":
                self.restore(table, draw.picks(), draw.seldom(), draw.seldom())
            case "history":
                self.read_history(table, draw.picks()[0])
        if draw.seldom():
            self.look_at_everything()

    # Requests ---------------------------------------------------------------------------------------------------------

    def create(self, table: str, drawn: list[dict[str, Any]], single: bool, dry: bool) -> None:
        single, dry = single and len(drawn) == 1, dry and not (single and len(drawn) == 1)
        rows = [self.row(table, each, is_new=True) for each in drawn]
        paths = ["fields"] if single else [f"records.{place}.fields" for place in range(len(rows))]
        refused = self.model.create(table, rows, paths)
        entries = [{"fields": each} for each in rows]
        body = entries[0] if single else {"records": entries, "returnRecords": not dry}
        path = f"{table}/records" if single else f"{table}/records/batch"
        answer = self.ask("POST", path, body, refused, 201, dry=dry, single=single)
        if refused or dry:
            return
        for row, record in zip(rows, [answer] if single else answer["records"], strict=True):
            self.model.add(table, record["id"], row)
            assert record["fields"] == self.model.shown((table, record["id"]))

    def update(
        self, table: str, picks: list[int], drawn: list[dict[str, Any]], old: bool, single: bool, dry: bool
    ) -> None:
        ids = self.picked(table, picks)
        single, dry = single and len(ids) == 1, dry and not (single and len(ids) == 1)
        changes = [(key, self.row(table, each, is_new=False), old) for key, each in zip(ids, drawn, strict=False)]
        paths = ["fields"] if single else [f"records.{place}.fields" for place in range(len(ids))]
        changed: list[bool] = []

        def do() -> Refused | None:
            refused, found = self.model.update(table, changes, paths)
            changed.extend(found)
            return refused

        refused = self.rehearsing(do, dry=dry)
        entries = [{"id": key, "fields": row, **({"updatedAt": OLD} if old else {})} for key, row, _ in changes]
        if single:
            body = {name: value for name, value in entries[0].items() if name != "id"}
            self.ask("PATCH", f"{table}/records/{ids[0]}", body, refused, 200, dry=dry, single=True)
            return
        answer = self.ask("PATCH", f"{table}/records/batch", {"records": entries}, refused, 200, dry=dry, single=False)
        if dry and not refused:
            assert [each["result"] == "updated" for each in answer["results"]] == changed

    def upsert(self, drawn: list[dict[str, Any]], codes: list[str], dry: bool) -> None:
        rows = [{**self.row("people", row, is_new=True), "code": code} for row, code in zip(drawn, codes, strict=False)]
        refused, meant = self.model.upsert(rows)
        body = {"records": [{"fields": each} for each in rows], "fieldsToMergeOn": ["code"]}
        answer = self.ask("POST", "people/records/upsert", body, refused, 200, dry=dry, single=False)
        if refused:
            return
        kept = deepcopy(self.model)
        results = []
        for place, (row, node) in enumerate(zip(rows, meant, strict=True)):
            result = answer["results"][place]
            if node is None:
                results.append("created")
                self.model.add("people", result.get("id", f"new {place}"), row)
            else:
                results.append("updated" if self.model.set_values(node, row) else "unchanged")
                assert result["id"] == node[1]
        assert [each["result"] for each in answer["results"]] == results
        if dry:
            self.model = kept

    def delete(self, table: str, picks: list[int], permanent: bool, single: bool, dry: bool) -> None:
        ids = self.picked(table, picks)
        single, dry = single and len(ids) == 1, dry and not (single and len(ids) == 1)
        refused = self.rehearsing(lambda: self.model.delete(table, ids, permanent=permanent), dry=dry)
        if single:
            path = f"{table}/records/{ids[0]}" + ("?permanent=true" if permanent else "")
            self.ask("DELETE", path, None, refused, 204, dry=False, single=True)
        else:
            body = {"ids": ids, **({"permanent": True} if permanent else {})}
            self.ask("DELETE", f"{table}/records/batch", body, refused, 200, dry=dry, single=False)

    def restore(self, table: str, picks: list[int], single: bool, dry: bool) -> None:
        tables = [each for each in (table, *FIELDS) if self.model.known(each, live=False)]
        table = tables[0] if tables else table
        ids = self.picked(table, picks, live=False)
        single, dry = single and len(ids) == 1, dry and not (single and len(ids) == 1)
        refused = self.rehearsing(lambda: self.model.restore(table, ids), dry=dry)
        if single:
            self.ask("POST", f"{table}/records/{ids[0]}/restore", None, refused, 200, dry=False, single=True)
        else:
            self.ask("POST", f"{table}/records/batch/restore", {"ids": ids}, refused, 200, dry=dry, single=False)

    # What is there ----------------------------------------------------------------------------------------------------

    def read_history(self, table: str, number: int) -> None:
        key = self.pick(table, number) or "404"
        answer = self.fleet("GET", f"{table}/records/{key}/history", limit=1000)
        told = self.model.history.get((table, key))
        assert answer.status == (404 if told is None else 200)
        if told is not None:
            assert [(each["action"], each["changes"]) for each in answer.json()["history"]] == told

    def look_at_everything(self) -> None:
        for table in FIELDS:
            self._compare(table)
        entries = self.fleet.check().entries
        assert {key: [each.action for each in some] for key, some in entries.items()} == {
            key: [action for action, _ in some] for key, some in self.model.history.items()
        }
        for key, some in entries.items():
            told = [None if each.changes is None else list(changes_by_id(each.changes)) for each in some]
            assert [None if each is None else len(each) for each in told] == [
                None if changes is None else len(changes) for _, changes in self.model.history[key]
            ], key

    def _compare(self, table: str) -> None:
        """Hold the live records and the trash of a table to the model."""
        for live, path in ((True, f"{table}/records"), (False, f"{table}/trash")):
            records = self.fleet("GET", path, limit=1000).json()["records"]
            found = {each["id"]: (each["revision"], each["fields"]) for each in records}
            expected = {}
            for key in self.model.known(table, live=live):
                item = self.model.graph.items[table, key]
                expected[key] = (item.revision, self.model.shown((table, key)))
            assert found == expected

    def teardown(self) -> None:
        self.look_at_everything()


def single_place(path: str) -> str:
    """Return where an error stands in the answer to a request for one record, by its place in one for many."""
    if not path.startswith("ids.0"):
        return path
    return path.removeprefix("ids.0").removeprefix(".") or "recordId"


@pytest.fixture
def fleet(database_url: str) -> Iterator[Fleet]:
    with fleet_of(APPLICATION, database_url, servers=1) as found:
        yield found


def test_every_sequence_of_requests_does_what_the_model_does(fleet: Fleet) -> None:
    machine = type("RequestsToServer", (Requests,), {"fleet": fleet})
    tried = settings(
        max_examples=examples(14),
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=tried)
