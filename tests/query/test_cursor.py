"""Cursors: what is in them stays sealed, and a list read through them neither repeats nor leaves out a record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tabularium.access.identity import GUEST
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.errors import ValidationFailed
from tabularium.query import ListParameters
from tabularium.query.cursor import Cursors, Position
from tabularium.records.read import list_page
from tests.query.people import PEOPLE, SCHEMA, Store
from tests.support.effort import examples

KEY = bytes(range(32))
POSITION = Position((None, "é", 2**62, True, "1.50"), "2026-03-01T00:00:00.000Z")

NAMES = ("", "a", "A", "é", "\U0001f600", "zz")
ROWS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "age": st.sampled_from([None, -1, 0, 5, 2**62]),
        "price": st.sampled_from([None, Decimal("0.10"), Decimal("-2.00")]),
        "vip": st.sampled_from([None, True, False]),
        "status": st.sampled_from([None, "new", "done's", "old"]),
        "born": st.sampled_from([None, "2024-02-29", "0001-01-01"]),
        "seen": st.sampled_from([None, "2024-02-29T12:00:00.001Z", "9999-12-31T23:59:59.999Z"]),
    }
)
SORTED = ("name", "age", "price", "vip", "status", "born", "seen", "id", "created_at")
SORTS = st.lists(
    st.tuples(st.sampled_from(SORTED), st.sampled_from(["asc", "desc"])), max_size=3, unique_by=lambda key: key[0]
).map(lambda keys: ",".join(map(":".join, keys)) or None)


def page_of(store: Store, **parameters: Any) -> dict[str, Any]:
    async def work(session: Any) -> bytes:
        context = Context(GUEST, SCHEMA, session, SystemClock())
        return await list_page(context, PEOPLE, ListParameters(**parameters))

    page: dict[str, Any] = orjson.loads(store.run(work))
    return page


def test_a_position_comes_back_as_it_was() -> None:
    cursors = Cursors(KEY)
    assert cursors.open(cursors.seal(POSITION, "list"), "list") == POSITION


def test_a_cursor_shows_nothing_of_what_is_in_it() -> None:
    text = Cursors(KEY).seal(Position(("secret value",), POSITION.now), "list")
    assert "secret" not in text
    assert text == Cursors(KEY).seal(Position(("secret value",), POSITION.now), "list")


@pytest.mark.parametrize("change", ["other list", "other key", "flipped", "cut", "nothing", "no base64", "unicode"])
def test_another_cursor_than_that_of_the_list_is_refused(change: str) -> None:
    text = Cursors(KEY).seal(POSITION, "list")
    flipped = ("B" if text[5] == "A" else "A").join((text[:5], text[6:]))
    given = {"flipped": flipped, "cut": text[:-1], "nothing": "", "no base64": "%%%", "unicode": "é" * 40}.get(
        change, text
    )
    cursors = Cursors(KEY[::-1] if change == "other key" else KEY)
    assert cursors.open(given, "other" if change == "other list" else "list") is None


def test_a_cursor_goes_with_its_list_alone(stores: tuple[Store, Store]) -> None:
    for store in stores:
        store.fill(PEOPLE, [{"id": key, "name": "n", "code": key, "age": key} for key in range(1, 6)])
        asked = {"sort": "age:desc", "filter": "age:greaterThan:0", "timezone": "UTC", "q": "n"}
        cursor = page_of(store, limit=2, **asked)["pagination"]["nextCursor"]
        more = page_of(store, limit=1, cursor=cursor, count="none", fields=["id"], format="display", **asked)
        assert [record["id"] for record in more["records"]] == ["3"]
        for name, value in {
            "sort": "age",
            "filter": "age:greaterThan:1",
            "timezone": None,
            "q": "N",
            "deleted": True,
        }.items():
            with pytest.raises(ValidationFailed) as caught:
                page_of(store, cursor=cursor, **{**asked, name: value})
            assert [(error.field, error.code) for error in caught.value.errors] == [("cursor", "invalid_cursor")]


LONG = ("\x01" * 9_000, "é" * 20_000, "\U0001f600" * 300_000)
"""Beginnings that are too long for a cursor, however they are written."""


def pages_of(store: Store, then: Callable[[list[str]], None] = lambda _: None, **parameters: Any) -> list[str]:
    """Return the ids of all pages of two records; `then` is called after the first."""
    found: list[str] = []
    cursor = None
    while cursor is not None or not found:
        page = page_of(store, limit=2, fields=["id"], cursor=cursor, **parameters)
        found += [record["id"] for record in page["records"]]
        if cursor is None:
            then(found)
        cursor = page["pagination"]["nextCursor"]
        assert cursor is None or len(cursor) < 20_000
    return found


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("beginning", LONG, ids=["control characters", "two bytes", "four bytes"])
def test_a_list_goes_on_from_a_text_that_is_too_long_for_a_cursor(
    stores: tuple[Store, Store], beginning: str, direction: str
) -> None:
    texts = ["", *(beginning + end for end in ("", "a", "b", "b", "c", "\U0010ffff")), "\U0010ffff", None, None]
    order = range(1, 9) if direction == "asc" else (8, 7, 6, 4, 5, 3, 2, 1)
    rows = [{"id": key, "name": "n", "code": key, "bio": text} for key, text in enumerate(texts, 1)]
    for store in stores:
        store.fill(PEOPLE, rows)
        assert pages_of(store, sort=f"bio:{direction}") == [*map(str, order), "9", "10"]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_a_list_leaves_nothing_out_where_the_record_of_a_long_position_is_gone(
    stores: tuple[Store, Store], direction: str
) -> None:
    rows = [{"id": key, "name": "n", "code": key, "bio": LONG[1] + str(key)} for key in range(1, 7)]
    for store in stores:
        store.fill(PEOPLE, rows)

        def remove(found: list[str], store: Store = store) -> None:
            store.write(lambda session: session.execute(f'DELETE FROM "people" WHERE "id" = {found[-1]}'))

        assert set(pages_of(store, remove, sort=f"bio:{direction}")) == set("123456")


def test_a_cursor_ends_with_the_sort_that_it_was_made_for(stores: tuple[Store, Store]) -> None:
    stores[0].fill(PEOPLE, [{"id": key, "name": "n", "code": key} for key in range(1, 6)])
    cursor = page_of(stores[0], limit=2, sort="code")["pagination"]["nextCursor"]
    assert page_of(stores[0], limit=2, sort="code:ASC", cursor=cursor)["records"]
    assert page_of(stores[0], limit=2, sort="code", order="asc", cursor=cursor)["records"]


def test_cursors_of_short_values_are_of_one_length() -> None:
    lengths = {len(Cursors(KEY).seal(Position(("x" * size, 7), POSITION.now), "list")) for size in range(20)}
    assert len(lengths) == 1


def test_the_spare_bits_of_a_cursor_are_its_own() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = Cursors(KEY).seal(POSITION, "list")
    others = [text[:-1] + last for last in alphabet if last != text[-1]]
    assert all(Cursors(KEY).open(other, "list") is None for other in others)


def test_with_a_cursor_the_envelope_tells_no_place(stores: tuple[Store, Store]) -> None:
    for store in stores:
        store.fill(PEOPLE, [{"id": key, "name": "n", "code": key} for key in range(1, 6)])
        first = page_of(store, limit=2, page=2)
        assert first["pagination"].keys() == {
            "page", "limit", "offset", "total", "totalPages", "hasNextPage", "hasPreviousPage", "nextCursor"
        }  # fmt: skip
        last = page_of(store, limit=2, cursor=first["pagination"]["nextCursor"])
        assert [record["id"] for record in last["records"]] == ["5"]
        assert last["pagination"] == {"limit": 2, "total": 5, "totalPages": 3, "hasNextPage": False, "nextCursor": None}


def test_only_one_way_of_paging_goes_at_a_time(stores: tuple[Store, Store]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        page_of(stores[0], cursor="x", page=2, offset=1)
    assert {(error.field, error.code) for error in caught.value.errors} == {
        ("cursor", "conflicting"),
        ("cursor", "invalid_cursor"),
    }


class Paging(RuleBasedStateMachine):
    """Somebody reads a list page by page while rows come and go, on both databases at once."""

    stores: tuple[Store, Store]

    @initialize(rows=st.lists(ROWS, max_size=12), sort=SORTS, search=st.booleans())
    def begin(self, rows: list[dict[str, Any]], sort: str | None, search: bool) -> None:
        self.parameters = {"sort": sort, "q": "a" if search else None}
        self.number = 0
        self.live: set[int] = set()
        self.kept: set[int] = set()
        self.seen: list[int] = []
        self.cursors: list[str | None] = [None, None]
        self.is_at_end = False
        for store in self.stores:
            store.fill(PEOPLE, [])
        for row in rows:
            self.add(row)
        self.kept = set(self.live)

    @rule(row=ROWS)
    def add(self, row: dict[str, Any]) -> None:
        self.number += 1
        stored = {"id": self.number, "code": self.number, "bio": "a", **row}
        for store in self.stores:
            store.write(lambda session, store=store: session.execute(*store._insert(PEOPLE, stored)))
        self.live.add(self.number)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.live)))
        for store in self.stores:
            store.write(lambda session: session.execute(f'DELETE FROM "people" WHERE "id" = {key}'))
        self.live.discard(key)
        self.kept.discard(key)

    @precondition(lambda self: not self.is_at_end)
    @rule(limit=st.integers(1, 4))
    def turn_the_page(self, limit: int) -> None:
        pages = [
            page_of(store, limit=limit, fields=["id"], cursor=cursor, **self.parameters)
            for store, cursor in zip(self.stores, self.cursors, strict=True)
        ]
        # The two databases write the values of a position in their own ways.
        self.cursors = [page["pagination"].pop("nextCursor") for page in pages]
        assert pages[0] == pages[1]
        found = [int(record["id"]) for record in pages[0]["records"]]
        assert not set(found) & set(self.seen)
        assert pages[0]["pagination"]["total"] == len(self.live)
        self.seen += found
        self.is_at_end = not pages[0]["pagination"]["hasNextPage"]
        assert [cursor is None for cursor in self.cursors] == [self.is_at_end] * 2

    def teardown(self) -> None:
        while not getattr(self, "is_at_end", True):
            self.turn_the_page(4)
        assert getattr(self, "kept", set()) <= set(getattr(self, "seen", ()))


def test_no_record_is_repeated_or_skipped_while_others_come_and_go(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paging, "stores", stores, raising=False)
    run_state_machine_as_test(
        Paging, settings=settings(max_examples=examples(14), stateful_step_count=12, deadline=None)
    )
