"""From one version of the file to the next, on both databases: additions, rules, and the plan as text."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tabularium import __version__
from tabularium.clock import instant_text
from tabularium.db.connect import open_database
from tabularium.db.database import CheckViolation, ForeignKeyViolation, UniqueViolation
from tabularium.db.dialect import SQLITE
from tabularium.db.system_tables import FORMAT
from tabularium.schema.migration.apply import Migrated, MigrationRefused, migrate, preview
from tabularium.schema.migration.report import render
from tabularium.schema.migration.store import NewerDatabase
from tests.schema.migrating import NOW, Bench, Hours, Run, integer, link, table, text

# New tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ({"type": "auto-increment"}, {}),
        ({"type": "uuid"}, {"id": "018f0000-0000-7000-8000-000000000000"}),
        ({"type": "text"}, {"id": "a.b~c"}),
        ({"type": "composite", "fields": ["title", "place"]}, {"title": "x", "place": "y"}),
    ],
)
def test_a_table_of_every_kind_of_key_takes_rows_and_links(
    bench: Run, key: dict[str, Any], values: dict[str, Any]
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(
            table("children", link("parent", "parents")),
            table("parents", text("title"), text("place"), link("next", "parents"), primaryKey=key),
        )
        await bench.insert("parents", **values)
        cast = "id" if bench.database.dialect is SQLITE else "id::text"
        found = (await bench.rows(f"SELECT {cast} FROM parents"))[0][0]
        assert found == values.get("id", found)
        await bench.execute(
            "INSERT INTO children (_revision, created_at, updated_at, parent) "
            f"SELECT 1, '{NOW}', '{NOW}', id FROM parents"
        )
        with pytest.raises(ForeignKeyViolation):
            await bench.execute("DELETE FROM parents")
        if "id" in values or "title" in values:
            with pytest.raises(UniqueViolation):
                await bench.insert("parents", **values)

    bench(work)


def test_every_field_type_has_its_columns(bench: Run) -> None:
    fields = [
        text("a"),
        {"name": "b", "type": "long-text"},
        {"name": "c", "type": "email"},
        {"name": "d", "type": "url"},
        integer("e"),
        {"name": "f", "type": "decimal", "precision": 3},
        {"name": "g", "type": "checkbox"},
        {"name": "h", "type": "single-select", "options": ["x", "y"]},
        {"name": "i", "type": "date"},
        {"name": "j", "type": "datetime"},
        {"name": "k", "type": "created-at"},
        {"name": "l", "type": "updated-at"},
        link("m", "all"),
    ]

    async def work(bench: Bench) -> None:
        schema = (await bench.migrate(table("all", *fields))).schema
        values = {
            "a": "1", "b": "1", "c": "a@example.org", "d": "https://a.b", "e": 5, "f": "1.500", "g": True, "h": "x",
            "i": "2026-01-31", "j": NOW, "m": 1,
        }  # fmt: skip
        columns: dict[str, Any] = {"_revision": 1, "created_at": NOW, "updated_at": NOW}
        for field in schema.tables[0].fields:
            names = field.type.column_names(field.name)
            if names:
                value = field.type.parse(values[field.name], "write")
                columns |= dict(zip(names, field.type.encode(value, bench.database.dialect), strict=True))
        await bench.write("all", columns)
        assert (await bench.rows('SELECT count(*) FROM "all"')) == [(1,)]

    bench(work)


def test_ids_are_never_given_twice_even_after_the_last_row_is_removed_for_good(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("items", integer("n")))
        for _ in range(2):
            await bench.insert("items", n=1)
        await bench.execute("DELETE FROM items")
        await bench.migrate(table("items", integer("n"), constraints=[{"name": "n_is_small", "check": "n < 10"}]))
        await bench.insert("items", n=1)
        assert await bench.rows("SELECT id FROM items") == [(3,)]

    bench(work)


def test_names_that_are_words_of_sql_need_no_care(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        words = [text(word, indexed=True) for word in ("select", "order", "user", "end", "lateral", "table")]
        await bench.migrate(table("group", *words, link("references", "group")))
        await bench.migrate(
            table("group", *words, link("references", "group"), text("where", unique=True), link("check", "group"))
        )
        await bench.insert("group", select="a", where="b")
        assert await bench.rows('SELECT "select", "where" FROM "group"') == [("a", "b")]

    bench(work)


def test_the_longest_names_make_different_constraints(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        first, second = ("a" + "t" * 62, "b" + "t" * 62)
        fields = [link("f" * 62 + end, second) for end in "ab"]
        await bench.migrate(table(first, *fields), table(second, *fields))
        await bench.insert(second)
        with pytest.raises(ForeignKeyViolation):
            await bench.insert(first, **{"f" * 62 + "b": 9})

    bench(work)


def test_unique_counts_live_rows_only_and_empty_never_equals_empty(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("items", text("code", unique=True)))
        await bench.insert("items", code="a", deleted_at=NOW)
        await bench.insert("items", code="a")
        await bench.insert("items")
        await bench.insert("items")
        with pytest.raises(UniqueViolation) as caught:
            await bench.insert("items", code="a")
        assert caught.value.index == "_ux_items_code"

    bench(work)


def test_tables_that_point_at_each_other_can_be_created(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", link("b", "b")), table("b", link("a", "a")))
        await bench.insert("a")
        await bench.insert("b", a=1)

    bench(work)


def test_a_foreign_key_over_a_unique_group_is_left_to_the_server(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        key = {"name": "place", "fields": ["x", "y"], "referencedTable": "places", "referencedFields": ["x", "y"]}
        await bench.migrate(
            table("places", integer("x"), integer("y"), unique=[{"fields": ["x", "y"]}]),
            table("visits", integer("x"), integer("y"), foreignKeys=[key]),
        )
        await bench.insert("visits", x=1, y=1)

    bench(work)


# A second start ------------------------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        tables = [
            table("a", text("code", unique=True, required=True), constraints=[{"name": "c", "check": "code <> 'x'"}]),
            table("b", link("a", "a"), {"name": "s", "type": "single-select", "options": ["x", "y"]}),
        ]
        first = await bench.migrate(*tables)
        before = await bench.dump()
        second = await bench.migrate(*tables)
        assert first.steps
        assert not second.steps
        assert await bench.dump() == before
        assert [(each.created_at, each.updated_at) for each in second.schema.tables] == [
            ("2026-03-01T01:00:00.000Z", "2026-03-01T01:00:00.000Z")
        ] * 2
        inspection = await preview(bench.database, bench.schema(tables), bench.clock)
        assert render(inspection) == "The database is as the file says: nothing to do.\n"

    bench(work)


def test_the_times_of_a_table_are_its_first_and_its_last_migration(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"), table("b"))
        migrated = await bench.migrate(table("a"), table("b", text("title"), text("note")))
        assert [(each.created_at[11:13], each.updated_at[11:13]) for each in migrated.schema.tables] == [
            ("01", "01"),
            ("01", "02"),
        ]

    bench(work)


def test_two_nodes_that_start_together_migrate_once(bench: Run, database_url: str) -> None:
    async def work(bench: Bench) -> None:
        other = await open_database(database_url, patience=0)
        schema = bench.schema([table("a", text("code", unique=True)), table("b", link("a", "a"))])
        results = await asyncio.gather(*(migrate(each, schema, Hours()) for each in (bench.database, other) * 2))
        assert sorted(bool(each.steps) for each in results) == [False, False, False, True]
        assert await bench.rows("SELECT count(*) FROM _migration") == [(1,)]
        await other.close()

    bench(work)


def test_a_database_of_a_newer_program_is_refused_untouched(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.execute(f"UPDATE _schema SET format = {FORMAT + 1}, program = '9.5', description = 'unreadable'")
        before = await bench.dump()
        for attempt in (bench.migrate(table("b")), preview(bench.database, bench.schema([table("b")]), bench.clock)):
            with pytest.raises(NewerDatabase, match=rf"9\.5.*form {FORMAT + 1}.*form {FORMAT}"):
                await attempt
        assert await bench.dump() == before

    bench(work)


def test_a_database_has_the_form_of_this_program_from_its_first_start_on(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.execute("UPDATE _schema SET format = 1, program = '0.0.1'")
        assert not (await bench.migrate(table("a"))).steps
        assert await bench.rows("SELECT format, program FROM _schema") == [(FORMAT, __version__)]
        assert await bench.rows("SELECT count(*) FROM _migration") == [(1,)]

    bench(work)


def test_a_migration_that_fails_half_way_leaves_nothing(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.execute("CREATE TABLE c (id bigint)")
        before = await bench.dump()
        with pytest.raises(MigrationRefused, match=r'"c".*create the table'):
            await bench.migrate(table("a"), table("b"), table("c"))
        assert await bench.dump() == before
        await bench.execute("DROP TABLE c")
        await bench.migrate(table("a"), table("b"), table("c"))

    bench(work)


# Ids -----------------------------------------------------------------------------------------------------------------


def ids(migrated: Migrated) -> Any:
    return [(each.name, each.id, [(field.name, field.id) for field in each.fields]) for each in migrated.schema.tables]


def test_tables_and_fields_without_id_are_numbered_once(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        first = await bench.migrate(table("b", text("y"), text("x")), table("a", id="7"))
        assert ids(first) == [("b", "8", [("y", "1"), ("x", "2")]), ("a", "7", [("title", "1")])]
        second = await bench.migrate(table("a", text("new"), text("title"), id="7"), table("b", text("x"), text("y")))
        assert ids(second) == [("a", "7", [("new", "2"), ("title", "1")]), ("b", "8", [("x", "2"), ("y", "1")])]

    bench(work)


def test_a_number_is_not_used_again_for_another_field(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", text("x"), text("y")))
        await bench.migrate(table("a", text("x")))
        assert ids(await bench.migrate(table("a", text("x"), text("z")))) == [("a", "1", [("x", "1"), ("z", "3")])]

    bench(work)


def test_an_id_written_later_is_adopted_also_where_a_link_points(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", link("b", "b")), table("b"))
        migrated = await bench.migrate(table("a", link("b", "b"), id="2"), table("b", text("title", id="t"), id="1"))
        assert ids(migrated) == [("a", "2", [("b", "1")]), ("b", "1", [("title", "t")])]
        renamed = await bench.migrate(table("c", link("b", "b"), id="2"), table("b", text("title", id="t"), id="1"))
        assert ids(renamed) == [("c", "2", [("b", "1")]), ("b", "1", [("title", "t")])]

    bench(work)


def test_an_id_that_is_anothers_number_is_refused(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        assert "never reused" in await bench.refusal(table("a"), table("b", id="1"))

    bench(work)


# Additions -----------------------------------------------------------------------------------------------------------


def test_a_field_is_added_beside_the_rows_that_are_there(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("b"), table("a"))
        await bench.insert("a", title="old")
        await bench.migrate(
            table("b"),
            table(
                "a",
                text("title"),
                text("code", unique=True),
                link("b", "b"),
                link("c", "c"),
                integer("n", indexed=True),
            ),
            table("c"),
        )
        assert await bench.rows("SELECT title, code, b, c, n FROM a") == [("old", None, None, None, None)]
        for column in ("b", "c"):
            with pytest.raises(ForeignKeyViolation):
                await bench.insert("a", **{column: 9})
        assert {"_ux_a_code", "_ix_a_b", "_ix_a_n"} <= await bench.names("index")

    bench(work)


def test_a_required_field_needs_a_default_where_there_are_rows(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.insert("a", title="one", deleted_at=NOW)
        await bench.insert("a", title="two")
        refusal = await bench.refusal(table("a", text("title"), integer("n", required=True)))
        assert 'records of "a" without a value of "n": 2; give the field a default, which fills them' in refusal
        await bench.migrate(
            table(
                "a",
                text("title"),
                integer("n", required=True, default=7),
                {"name": "d", "type": "decimal", "required": True, "default": "1.50"},
                {"name": "e", "type": "email", "required": True, "default": "Ada@example.org", "indexed": True},
                {"name": "t", "type": "date", "required": True, "default": "CURRENT_DATE"},
            )
        )
        decimal = 150 if bench.database.dialect is SQLITE else "1.50"
        expected = (7, decimal, "Ada@example.org", "ada@example.org", "2026-03-01")
        assert await bench.rows("SELECT n, d, e, _e_key, t FROM a") == [expected] * 2

    bench(work)


def test_a_required_field_on_an_empty_table_needs_no_default(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.migrate(table("a", text("title"), integer("n", required=True)))

    bench(work)


def test_required_is_refused_while_rows_have_no_value_and_a_default_fills_them(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        for title in (None, "", " \u3000\u200b\t", "seen", "."):
            await bench.insert("a", title=title)
        assert '"title": 3' in await bench.refusal(table("a", text("title", required=True)))
        await bench.migrate(table("a", text("title", required=True, default="none")))
        assert await bench.rows("SELECT title FROM a ORDER BY id") == [("none",)] * 3 + [("seen",), (".",)]

    bench(work)


def test_required_is_lifted_without_a_question(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", text("title", required=True)))
        assert (await bench.migrate(table("a"))).steps
        assert not (await bench.migrate(table("a"))).steps

    bench(work)


def test_unique_is_refused_with_the_number_of_live_rows_that_share_a_value(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", text("x"), {"name": "mail", "type": "email"}))
        for x in ("s", "s", "s", "t", None, None):
            await bench.insert("a", x=x)
        await bench.insert("a", x="t", deleted_at=NOW)
        unique = table("a", text("x", unique=True), {"name": "mail", "type": "email", "unique": True})
        assert 'records that share a value of "x" of "a": 3' in await bench.refusal(unique)
        await bench.execute("UPDATE a SET deleted_at = created_at WHERE id < 3")
        await bench.migrate(unique)
        with pytest.raises(UniqueViolation):
            await bench.insert("a", x="s")

    bench(work)


def test_unique_over_a_group_and_part_of_the_rows_counts_just_those(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        fields = (integer("x"), integer("y"))
        await bench.migrate(table("a", *fields))
        for x, y in ((1, 1), (1, 1), (9, 9), (9, 9), (9, None), (9, None)):
            await bench.insert("a", x=x, y=y)
        index = {"name": "pairs", "fields": ["x", "y"], "unique": True, "where": "x < 5"}
        assert 'records that share a value of "x", "y" of "a": 2' in await bench.refusal(
            table("a", *fields, indexes=[index])
        )
        await bench.execute("DELETE FROM a WHERE id = 1")
        await bench.migrate(table("a", *fields, indexes=[index]))
        await bench.insert("a", x=9, y=9)
        with pytest.raises(UniqueViolation):
            await bench.insert("a", x=1, y=1)

    bench(work)


def test_a_new_unique_field_with_a_default_would_break_itself(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        for _ in range(2):
            await bench.insert("a")
        field = text("code", unique=True, required=True, default="x")
        assert 'records that share a value of "code" of "a": 2' in await bench.refusal(table("a", text("title"), field))

    bench(work)


def test_a_constraint_is_refused_with_the_number_of_rows_that_break_it(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        fields = (integer("n"), text("t"))
        await bench.migrate(table("a", *fields))
        for n, t in ((1, "x"), (-1, "y"), (None, None), (-5, "z:%")):
            await bench.insert("a", n=n, t=t)
        check = {"name": "n_or_text", "check": "n > 0 OR t = 'z:%' OR t = 'a\tb'"}
        assert 'records of "a" that break the constraint "n_or_text": 1' in await bench.refusal(
            table("a", *fields, constraints=[check])
        )
        await bench.execute("DELETE FROM a WHERE n = -1")
        await bench.migrate(table("a", *fields, constraints=[check]))
        assert await bench.rows("SELECT n FROM a ORDER BY id") == [(1,), (None,), (-5,)]
        await bench.insert("a", n=-1, t="a\tb")
        with pytest.raises(CheckViolation) as caught:
            await bench.insert("a", n=-1, t="a")
        assert caught.value.constraint == "n_or_text"

    bench(work)


def test_a_constraint_over_a_new_field_sees_the_default_that_will_fill_it(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", integer("n")))
        for n in (1, 5):
            await bench.insert("a", n=n)
        limit = {"name": "m", "type": "decimal", "required": True, "default": "3"}
        check = {"name": "n_below_m", "check": "n < m"}
        assert '"n_below_m": 1' in await bench.refusal(table("a", integer("n"), limit, constraints=[check]))
        await bench.migrate(table("a", integer("n"), {**limit, "default": "6"}, constraints=[check]))
        with pytest.raises(CheckViolation):
            await bench.insert("a", n=7, m=600 if bench.database.dialect is SQLITE else "6")

    bench(work)


def test_a_foreign_key_is_refused_while_rows_point_at_nothing(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("p"), table("c", integer("p")))
        await bench.insert("p")
        for p in (1, 2, 3, None):
            await bench.insert("c", p=p)
        key = {"name": "c_p", "fields": ["p"], "referencedTable": "p", "referencedFields": ["id"]}
        keyed = table("c", integer("p"), foreignKeys=[key])
        assert 'records that point at nothing through "p" of "c": 2' in await bench.refusal(table("p"), keyed)
        other = {**key, "referencedTable": "q"}
        assert 'records that point at nothing through "p" of "c": 3' in await bench.refusal(
            table("p"), table("c", integer("p"), foreignKeys=[other]), table("q")
        )
        await bench.execute("DELETE FROM c WHERE p > 1")
        await bench.migrate(table("p"), keyed)
        with pytest.raises(ForeignKeyViolation):
            await bench.insert("c", p=2)
        with pytest.raises(ForeignKeyViolation):
            await bench.execute("DELETE FROM p")

    bench(work)


def test_a_rebuilt_table_keeps_its_rows_indexes_links_and_children(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        def tables(**options: Any) -> list[dict[str, Any]]:
            return [table("p", text("code", unique=True), link("up", "p"), **options), table("c", link("p", "p"))]

        await bench.migrate(*tables())
        await bench.insert("p", code="a")
        await bench.insert("p", code="b", up=1)
        await bench.insert("c", p=2)
        indexes = await bench.names("index")
        await bench.migrate(*tables(constraints=[{"name": "not_x", "check": "code <> 'x'"}]))
        assert await bench.names("index") == indexes
        assert await bench.rows("SELECT id, code, up FROM p ORDER BY id") == [(1, "a", None), (2, "b", 1)]
        for broken in ({"code": "a"}, {"up": 9}, {"code": "x"}):
            with pytest.raises((UniqueViolation, ForeignKeyViolation, CheckViolation)):
                await bench.insert("p", **broken)
        with pytest.raises(ForeignKeyViolation):
            await bench.execute("DELETE FROM p WHERE id = 2")
        await bench.migrate(*tables())
        await bench.insert("p", code="x")

    bench(work)


def test_options_are_added_freely_and_removed_only_where_no_row_holds_them(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        def choices(*options: str) -> dict[str, Any]:
            return table("a", {"name": "s", "type": "single-select", "options": list(options)})

        await bench.migrate(choices("x", "y", "z"))
        await bench.insert("a", s="x")
        await bench.insert("a", s="x", deleted_at=NOW)
        assert (await bench.migrate(choices("new", "x", "y", "z"))).steps
        assert 'records of "a" that hold a removed option of "s": 2' in await bench.refusal(choices("new", "y"))
        await bench.migrate(choices("x"))

    bench(work)


# What leaves the file ------------------------------------------------------------------------------------------------


def test_a_removed_field_keeps_its_values_and_returns_with_them(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        full = [table("p"), table("a", text("title"), text("code", unique=True, required=True), link("p", "p"))]
        await bench.migrate(*full)
        await bench.insert("p")
        await bench.insert("a", code="x", p=1)
        await bench.migrate(table("p"), table("a"))
        assert "_ux_a_code" not in await bench.names("index")
        await bench.insert("a")
        await bench.execute("DELETE FROM p")
        assert await bench.rows("SELECT code, p FROM a ORDER BY id") == [("x", 1), (None, None)]
        refusal = await bench.refusal(*full)
        assert '"p" of "a": 1' in refusal
        assert "point at nothing" in refusal
        await bench.execute("DELETE FROM a WHERE code IS NULL")
        await bench.execute("UPDATE a SET p = NULL")
        await bench.migrate(*full)
        with pytest.raises(UniqueViolation):
            await bench.insert("a", code="x")
        with pytest.raises(ForeignKeyViolation):
            await bench.insert("a", code="y", p=1)

    bench(work)


def test_a_removed_table_keeps_its_rows_and_returns_with_them(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        full = [table("p"), table("a", text("code", unique=True), link("p", "p"))]
        first = await bench.migrate(*full)
        await bench.insert("p")
        await bench.insert("a", code="x", p=1)
        await bench.migrate(table("p"))
        await bench.execute("DELETE FROM p")
        await bench.insert("p")
        assert await bench.rows("SELECT code FROM a") == [("x",)]
        await bench.execute("UPDATE a SET p = 2")
        returned = await bench.migrate(*full)
        assert ids(returned) == ids(first)
        assert returned.schema.tables[1].created_at == first.schema.tables[1].created_at
        with pytest.raises(UniqueViolation):
            await bench.insert("a", code="x")

    bench(work)


# What cannot be done --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (table("a", id="1"), table("a", id="2"), "ids never change"),
        (table("a", text("x", id="1")), table("a", text("x", id="2")), "ids never change"),
        (table("a"), table("a", primaryKey={"type": "uuid"}), "primary key"),
    ],
)
def test_a_change_that_cannot_be_done_is_named_and_refused(
    bench: Run, before: dict[str, Any], after: dict[str, Any], reason: str
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(before)
        assert reason in await bench.refusal(after)
        assert reason in await bench.refusal(after, destructive=True)

    bench(work)


def test_all_refusals_are_told_together(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", text("x", id="1")), table("b", text("y", id="1")))
        refusal = await bench.refusal(table("a", text("x", id="2")), table("b", text("y", id="2")))
        assert '"x"' in refusal
        assert '"y"' in refusal
        assert refusal.endswith("Nothing was changed.\n")

    bench(work)


# The plan as text ----------------------------------------------------------------------------------------------------


def test_the_plan_shows_sql_values_and_numbers_of_rows_and_changes_nothing(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.insert("a")
        before = await bench.dump()
        schema = bench.schema([table("a", text("title"), integer("n", required=True, default=7))])
        lines = render(await preview(bench.database, schema, bench.clock)).splitlines()
        kind = "INTEGER" if bench.database.dialect is SQLITE else "BIGINT"
        place = bench.database.dialect.placeholder
        assert lines == [
            'a: add the field "n"',
            f'  ALTER TABLE "a" ADD COLUMN "n" {kind};',
            "",
            'a: require the field "n" and fill it with its default',
            '  -- records of "a" that get the default of "n": 1',
            f'  UPDATE "a" SET "n" = {place(1)} WHERE "n" IS NULL;',
            f"  -- {place(1)} = 7",
            "",
        ]
        assert await bench.dump() == before

    bench(work)


def test_the_journal_tells_what_was_done_without_values(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        await bench.insert("a")
        await bench.migrate(table("a", text("title"), text("code", required=True, default="secret")))
        rows = await bench.rows("SELECT applied_at, steps FROM _migration ORDER BY id")
        assert [row[0] for row in rows] == [instant_text(datetime(2026, 3, 1, hour, tzinfo=UTC)) for hour in (1, 2)]
        steps = json.loads(rows[1][1])
        assert [step["summary"] for step in steps] == [
            'add the field "code"',
            'require the field "code" and fill it with its default',
        ]
        assert "secret" not in rows[1][1]

    bench(work)


def test_the_fold_function_is_there_after_the_first_migration(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a"))
        name = "tabularium_fold" if bench.database.dialect is SQLITE else "_tabularium_fold"
        assert await bench.rows(f"SELECT {name}('ÄÖ')") == [("äö",)]

    bench(work)
