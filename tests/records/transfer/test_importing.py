from __future__ import annotations

import io

import pytest

from tabularium.context import Context
from tabularium.db import pieces
from tabularium.records import write
from tabularium.records.transfer import ImportRefused, import_csv
from tests.support.transfer import Store

PEOPLE = "name,email,age\n"


def test_every_error_is_told_by_line_and_nothing_is_stored(store: Store) -> None:
    text = PEOPLE + "Ada,ada@example.org,36\nBartholomew,,seven\n,nobody,\nCyd,cyd@example.org\nDan,,200\nEve,,5\n"
    assert store.refused("people", text) == [
        "line 3: age: Must be a whole number.",
        "line 3: name: Must have at most 10 characters.",
        "line 4: email: Must be an email address of at most 254 characters.",
        "line 4: name: A value is required here.",
        "line 5: the row has 2 cells, and the first row names 3",
        "line 6: age: Must be from 0 to 150.",
    ]
    assert store.dump("people").count("\n") == 1


def test_the_rules_of_the_database_are_told_beside_the_others(store: Store) -> None:
    store.load("people", PEOPLE + "Ada,ada@example.org,\n")
    text = "name,email,age,place\nAda,ADA@example.org,,\nBob,,30,\nCyd,,,nowhere\nDan,no mail,4,\n"
    assert store.refused("people", text) == [
        "line 2: email: This value is taken already.",
        'line 3: age: The constraint "adults_have_a_mail" does not allow this.',
        'line 3: email: The constraint "adults_have_a_mail" does not allow this.',
        'line 4: place: There is no such record "nowhere" to link to.',
        "line 5: email: Must be an email address of at most 254 characters.",
    ]


@pytest.mark.parametrize("rows", [1, 2, 512])
def test_a_row_is_judged_beside_the_rows_before_it_however_many_go_together(
    store: Store, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(pieces, "MOST_ROWS", rows)
    text = PEOPLE + "Ada,a@example.org,1\nBob,b@example.org,2\nCyd,A@example.org,3\nDan,b@example.org,x\nEve,,\nFay,,\n"
    assert store.refused("people", text) == [
        "line 4: email: This value is taken already.",
        "line 5: age: Must be a whole number.",
        "line 5: email: This value is taken already.",
    ]


def test_a_key_may_be_used_once(store: Store) -> None:
    text = "id,label\na,one\nb,two\na,three\n,four\nb c,five\n"
    assert store.refused("places", text) == [
        "line 4: id: This id is taken already.",
        "line 5: id: A value is required here.",
        "line 6: id: An id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ - and is none of: . .. batch upsert",
    ]


def test_a_partly_unique_value_is_judged_by_the_database_row_for_row(store: Store) -> None:
    assert store.load("tokens", "code,used\na,true\na,true\na,false\nb,false\n") == 4
    assert store.refused("tokens", "code,used\nc,false\nc,true\nc,false\na,false\n") == [
        "line 4: code: This value is taken already.",
        "line 5: code: This value is taken already.",
    ]


def test_a_record_may_link_to_one_of_an_earlier_line(store: Store) -> None:
    assert store.load("places", "id,label,within\neurope,Europe,\nswiss,Switzerland,europe\nzurich,Zürich,swiss\n") == 3
    assert store.load("people", "name,boss\nAda,\nBob,1\nCyd,2\n") == 3
    assert store.load("steps", "recipe,number,after\ncake,1,\ncake,2,1\ncake,3,2\n") == 3
    assert store.refused("places", "id,label,within\na,A,b\nb,B,\n") == [
        'line 2: within: There is no such record "b" to link to.'
    ]
    assert store.refused("steps", "recipe,number,after\npie,1,\npie,2,3\n") == [
        "line 3: after: There is no such record to link to.",
        "line 3: recipe: There is no such record to link to.",
    ]


def test_a_field_without_a_column_takes_its_default_and_an_empty_cell_is_null(store: Store) -> None:
    store.load("people", "name\nAda\n")
    assert store.dump("people").splitlines()[1] == "Ada,,,good,,"
    assert store.refused("people", "name,mood\nBob,\n") == ["line 2: mood: A value is required here."]


def test_an_imported_record_is_a_record_like_any_other(store: Store) -> None:
    store.load("people", "age,name\n7,Ada\n")
    people = store.table("people")
    changed = store.write(lambda context: write.update(context, people, "1", {"age": 8}))
    assert (changed["revision"], changed["fields"]["age"]) == (2, 8)
    assert changed["createdAt"] < changed["updatedAt"]
    created = store.write(lambda context: write.create(context, people, {"name": "Bob"}))
    assert created["id"] == "2"


@pytest.mark.parametrize(
    ("table", "header", "messages"),
    [
        ("people", "name,emial", ['the table has no field "emial"; did you mean "email"?']),
        ("people", "name,age,age", ['the column "age" is there more than once']),
        ("people", "name,made", ['the server sets the field "made"; leave its column out']),
        ("people", "name,created_at", ['the server sets the field "created_at"; leave its column out']),
        ("people", "id,name", ['the server makes the ids of this table; leave the column "id" out']),
        ("people", "name,,", ["a column has no name; the first row names the field of each column"]),
        ("people", "age", ['the column "name" is missing: the field is required and has no default']),
        ("places", "label", ['the column "id" is missing: the client sets the ids of this table']),
        (
            "places",
            "x,within",
            [
                'the table has no field "x"',
                'the column "id" is missing: the client sets the ids of this table',
                'the column "label" is missing: the field is required and has no default',
            ],
        ),
    ],
)
def test_the_first_row_is_checked_before_any_other(store: Store, table: str, header: str, messages: list[str]) -> None:
    assert store.refused(table, f"{header}\nx\n") == [f"line 1: {message}" for message in messages]


def test_an_empty_file_is_refused_and_a_header_alone_is_no_record(store: Store) -> None:
    assert store.refused("people", "") == ["line 1: the file is empty; its first row must name the fields"]
    assert store.load("people", "name\n") == 0


def test_a_broken_file_is_told_after_the_errors_before_the_break(store: Store) -> None:
    assert store.refused("people", 'name,age\nAda,x\n"Bob,1\n') == [
        "line 2: age: Must be a whole number.",
        "line 3: the double quote that opens a cell here is never closed",
    ]


def test_of_thousands_of_errors_the_first_are_listed_and_the_others_counted(store: Store) -> None:
    lines = store.refused("people", "name,age\n" + "x,-1\n" * 3000)
    assert len(lines) == 201
    assert lines[0].startswith("line 2: age")
    assert lines[199].startswith("line 201: age")
    assert lines[200] == "and 2,800 more"


def test_errors_never_repeat_the_value_of_a_cell(store: Store) -> None:
    lines = store.refused("people", "name,email,age,mood,place\nsecret-name-of-many,secret,secret,secret,a secret\n")
    assert len(lines) == 4 + 1
    assert "secret" not in "".join(lines)


def test_long_texts_are_not_kept_for_other_rows_and_large_files_report_progress(store: Store) -> None:
    text = ("line,text\n" + "".join(f"{number % 7},{'long ' * 20}{number}\n" for number in range(1200))).encode()
    positions: list[int] = []

    async def work(context: Context) -> int:
        return await import_csv(context, store.table("things"), io.BytesIO(text), positions.append)

    assert store.write(work) == 1200
    assert positions == sorted(positions)
    assert len(positions) == 2
    assert positions[-1] <= len(text)
    assert store.dump("things").splitlines()[1200].startswith(f"{1199 % 7},{'long ' * 20}1199,")


def test_a_refusal_carries_the_failures_as_data(store: Store) -> None:
    with pytest.raises(ImportRefused) as refusal:
        store.load("people", "name,age\nAda,x\n")
    (error,) = refusal.value.errors
    assert (error.line, error.field, refusal.value.total) == (2, "age", 1)
