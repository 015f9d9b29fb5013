"""What is kept under numbers of the database moves along when the file gives ids."""

from __future__ import annotations

from tests.schema.migrating import Bench, Run


def _text(name: str, number: int | None = None) -> dict[str, object]:
    return {"name": name, "type": "single-line-text"} | ({} if number is None else {"id": number})


def _table(name: str, fields: list[dict[str, object]], number: int | None = None) -> dict[str, object]:
    return {"name": name, "fields": fields} | ({} if number is None else {"id": number})


async def _remember(bench: Bench, entry: str, table_id: str, changes: str) -> None:
    await bench.execute(
        "INSERT INTO _activity (id, category, table_id, record_id, action, created_at, changes, revision) "
        f"VALUES ('{entry}', 'records', '{table_id}', '1', 'create', '2026-01-01', '{changes}', 1)"
    )
    await bench.execute(
        f"INSERT INTO _comment_mark (user_id, table_id, record_id, number) VALUES ('u', '{table_id}', '1', {table_id})"
    )


def test_tables_and_fields_that_swap_their_numbers_take_history_and_marks_along(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        fields = [_text("title"), _text("secret")]
        await bench.migrate(_table("a", fields), _table("b", fields))
        await _remember(bench, "x", "1", '[{"1:title":"seen","2:secret":"hidden"}]')
        await _remember(bench, "y", "2", '{"1:title":{"from":"one","to":"other"}}')
        swapped = [_text("title", 2), _text("secret", 1)]
        await bench.migrate(_table("a", swapped, 2), _table("b", fields, 1))
        history = await bench.rows("SELECT id, table_id, changes FROM _activity WHERE revision = 1 ORDER BY id")
        assert [tuple(row) for row in history] == [
            ("x", "2", '[{"2:title":"seen","1:secret":"hidden"}]'),
            ("y", "1", '{"1:title":{"from":"one","to":"other"}}'),
        ]
        marks = await bench.rows("SELECT table_id, number FROM _comment_mark ORDER BY number")
        assert [tuple(row) for row in marks] == [("2", 1), ("1", 2)]

    bench(work)


def test_the_number_of_a_dropped_table_or_field_is_never_given_again(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(_table("t", [_text("a"), _text("b")]), _table("u", [_text("a")]))
        await bench.migrate(_table("t", [_text("a")]), destructive=True)
        await bench.migrate(_table("t", [_text("a")]))
        made = await bench.migrate(_table("t", [_text("a"), _text("c")]), _table("v", [_text("a")]))
        assert [each.id for each in made.schema.tables] == ["1", "3"]
        assert [each.id for each in made.schema.tables[0].fields] == ["1", "3"]

    bench(work)


def test_entries_that_have_no_ids_keep_their_names_as_they_are(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(_table("a", [_text("title"), _text("secret")]))
        await _remember(bench, "x", "1", '{"title":{"from":1,"to":2},":gone":{"from":3,"to":4}}')
        await bench.migrate(_table("a", [_text("title", 2), _text("secret", 1)]))
        ((changes,),) = await bench.rows("SELECT changes FROM _activity WHERE revision = 1")
        assert changes == '{"title":{"from":1,"to":2},":gone":{"from":3,"to":4}}'

    bench(work)
