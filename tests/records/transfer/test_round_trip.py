from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.context import Context
from tabularium.records import trash, write
from tabularium.records.transfer import exporting
from tabularium.records.transfer.csv_text import row_text
from tests.support.transfer import Store, exported, loaded

PLACES = "id,label\nzurich,Zürich\n"
HEADER = ("line", "text", "mail", "site", "whole", "exact", "flag", "choice", "day", "moment", "place")


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)
TEXTS = st.text(
    st.one_of(st.sampled_from(',"\r\n'), st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=20
)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALED = st.integers(-(10**18) + 1, 10**18 - 1)
ROWS = st.lists(
    st.tuples(
        optional(LINES),
        optional(TEXTS),
        optional(st.sampled_from(["ada@example.org", "jürgen@müller.example"])),
        optional(st.sampled_from(["https://example.org/?a=1,2", "http://[::1]:80/%22"])),
        optional(NUMBERS.map(str)),
        optional(SCALED.map(lambda n: f"{'-' if n < 0 else ''}{abs(n) // 1000}.{abs(n) % 1000:03}")),
        optional(st.sampled_from(["true", "false"])),
        optional(st.sampled_from(["red", "light, blue", 'say "no"'])),
        optional(st.dates(date(1, 1, 1)).map(date.isoformat)),
        optional(st.datetimes().map(lambda at: f"{at.isoformat(timespec='milliseconds')}Z")),
        optional(st.just("zurich")),
    ),
    max_size=6,
)


def test_what_was_imported_is_exported_cell_for_cell(store: Store) -> None:
    store.load("places", PLACES)

    @settings(max_examples=30)
    @given(ROWS)
    def check(rows: list[tuple[str | None, ...]]) -> None:
        text = "".join(map(row_text, [HEADER, *rows]))

        async def there_and_back(context: Context) -> tuple[int, str]:
            return await loaded(context, "things", text), await exported(context, "things")

        assert store.undo(there_and_back) == (len(rows), text)

    check()


def test_values_written_through_the_api_survive_the_way_out_and_in(store: Store) -> None:
    body = {
        "line": "",
        "text": 'a,"b"\r\n',
        "whole": -(2**63),
        "exact": "0.5",
        "flag": False,
        "moment": "2026-01-01T01:00:00+02:00",
    }
    things = store.table("things")
    store.write(lambda context: write.create(context, things, body))
    text = store.dump("things")
    assert text.splitlines()[0] == ",".join(HEADER)
    store.load("things", text)
    doubled = store.dump("things")
    assert doubled == text + text.partition("\n")[2]
    assert '"","a,""b""\r\n",,,-9223372036854775808,0.500,false,,,2025-12-31T23:00:00.000Z,' in text


def test_a_text_key_is_the_first_column_and_comes_back(store: Store) -> None:
    store.load("places", "id,label,within\neurope,Europe,\nzurich,Zürich,europe\n")
    assert store.dump("places") == "id,label,within\neurope,Europe,\nzurich,Zürich,europe\n"


def test_records_in_the_trash_are_not_exported(store: Store) -> None:
    store.load("people", "name\nAda\nBob\nCyd\n")
    people = store.table("people")
    store.write(lambda context: trash.delete(context, people, "2", permanent=False))
    assert [line.split(",")[0] for line in store.dump("people").splitlines()] == ["name", "Ada", "Cyd"]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_an_export_has_every_record_once_whatever_the_size_of_its_pages(
    store: Store, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 3)
    lines = [f"t{number},false" for number in range(count)]
    store.load("tokens", "\n".join(["code,used", *lines]) + "\n")
    assert store.dump("tokens").splitlines() == ["code,used", *lines]
