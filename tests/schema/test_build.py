"""From the application file to the schema: what is derived, resolved and kept."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabularium.application import LoadedSchema, load_schema
from tabularium.config.problems import ConfigurationError
from tabularium.db.dialect import POSTGRESQL
from tabularium.schema.build import assign_ids
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import NO_DEFAULT, ApiSettings, ForeignKey, Index, PrimaryKey, Schema, Table
from tests.schema.fields.cases import NEEDED
from tests.support.auth import PASSWORDS

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def load(content: object) -> LoadedSchema:
        path = tmp_path / "app.json"
        path.write_text(json.dumps(content), "utf-8")
        return load_schema(path)

    return load


def table(name: str, *fields: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields) or [{"name": "x", "type": "integer"}], **keys}


def application(*tables: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": "crm", "tables": list(tables), **keys}


def first(loaded: LoadedSchema) -> Table:
    return loaded.schema.tables[0]


def test_the_top_level_is_kept(load: Any) -> None:
    schema = load({"name": "crm", "version": "1.4", "description": "What we sell."}).schema
    assert (schema.name, schema.version, schema.description, schema.tables) == ("crm", "1.4", "What we sell.", ())
    assert schema.api == ApiSettings()


def test_the_api_block_is_kept(load: Any) -> None:
    api = {"docs": "off", "defaultLimit": 10, "maxLimit": 20, "bodyLimitBytes": 2048}
    assert load({"name": "crm", "api": api}).schema.api == ApiSettings("off", 10, 20, 2048)


def test_a_table_is_found_by_its_id_and_its_name(load: Any) -> None:
    schema = load(
        application(table("Sales Orders", id=12), table("people", id="folk"), table("same", id="same"))
    ).schema
    assert [each.database_name for each in schema.tables] == ["sales_orders", "people", "same"]
    assert schema.find_table("12") is schema.find_table("Sales Orders") is schema.tables[0]
    assert schema.find_table("folk") is schema.find_table("people") is schema.tables[1]
    assert schema.find_table("sales_orders") is None


@pytest.mark.parametrize(
    ("name", "database_name"),
    [
        ("User", "user_"),
        ("two-factor", "two_factor"),
        ("twoFactor", "twofactor_"),
        ("API Key", "api_key"),
        ("apiKey", "apikey_"),
        ("pg_class", "t_pg_class"),
        ("SQLite stat", "t_sqlite_stat"),
        ("select", "select"),
        ("A" * 63, "a" * 63),
        ("pg-" + "a" * 60, "t_pg_" + "a" * 58),
    ],
)
def test_the_database_name_is_lower_case_and_clear_of_other_tables(name: str, database_name: str, load: Any) -> None:
    assert first(load(application(table(name)))).database_name == database_name


def test_a_field_keeps_what_the_file_says_of_it(load: Any) -> None:
    field = {"id": 3, "name": "price", "type": "decimal", "description": "Net.", "precision": 3, "min": 0, "default": 1}
    built = first(load(application(table("a", field, {"name": "b", "type": "checkbox", "readOnly": True})))).fields
    assert (built[0].id, built[0].name, built[0].description, built[0].default) == ("3", "price", "Net.", 1)
    assert built[0].options == {"precision": 3, "min": 0}
    assert (built[1].id, built[1].default, built[1].has_default, built[1].options) == (None, NO_DEFAULT, False, {})


def test_a_default_keeps_its_digits_and_may_be_null(load: Any, tmp_path: Path) -> None:
    fields = "[{name: a, type: decimal, precision: 4, default: 1.500}, {name: b, type: url, default: null}]"
    (tmp_path / "app.yaml").write_text(f"name: crm\ntables: [{{name: t, fields: {fields}}}]", "utf-8")
    a, b = first(load_schema(tmp_path / "app.yaml")).fields
    assert str(a.default) == str(Decimal("1.500"))
    assert (b.default, b.has_default) == (None, True)


@pytest.mark.parametrize("type_name", sorted(name for name, kind in FIELD_TYPES.items() if not kind.is_computed))
def test_every_type_can_be_used(type_name: str, load: Any) -> None:
    written = application(table("t", {"name": "f", "type": type_name, **NEEDED.get(type_name, {})}))
    built = first(load({**written, "auth": PASSWORDS}))
    assert type_name in built.fields[0].type.names


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, PrimaryKey("auto-increment")),
        ({"type": "bigserial", "field": "id"}, PrimaryKey("auto-increment")),
        ({"type": "uuid"}, PrimaryKey("uuid")),
        ({"type": "text"}, PrimaryKey("text")),
        ({"type": "composite", "fields": ["x"]}, PrimaryKey("composite", ("x",))),
    ],
)
def test_each_kind_of_key_is_built(given: dict[str, Any], key: PrimaryKey, load: Any) -> None:
    assert first(load(application(table("a", primaryKey=given)))).primary_key == key


def test_the_fields_of_a_composite_key_become_required_and_a_unique_group(load: Any) -> None:
    fields = [{"name": name, "type": "integer"} for name in "xyz"]
    built = first(load(application(table("a", *fields, primaryKey={"type": "composite", "fields": ["y", "x"]}))))
    assert [field.required for field in built.fields] == [True, True, False]
    assert built.indexes == (Index("_ux_a_y_x", ("y", "x"), unique=True),)


def test_indexes_are_derived_and_named_by_table_and_fields(load: Any) -> None:
    built = first(
        load(
            application(
                table(
                    "Sales Orders",
                    {"name": "code", "type": "single-line-text", "unique": True, "indexed": True},
                    {"name": "day", "type": "date", "indexed": True},
                    {"name": "parent", "type": "relationship", "relatedTable": "Sales Orders"},
                    {"name": "born", "type": "created-at"},
                    unique=[{"fields": ["day", "parent"]}, {"fields": ["code"]}],
                    indexes=[
                        {"name": "recent", "fields": ["born", "id", "updated_at"]},
                        {"name": "open_code", "fields": ["code"], "unique": True, "where": "day IS NULL"},
                    ],
                )
            )
        )
    )
    where = {"sqlite": '("day" IS NULL)', "postgresql": '("day" IS NULL)'}
    assert built.indexes == (
        Index("_ux_sales_orders_code", ("code",), unique=True),
        Index("_ux_sales_orders_day_parent", ("day", "parent"), unique=True),
        Index("_ix_sales_orders_day", ("day",)),
        Index("_ix_sales_orders_parent", ("parent",)),
        Index("recent", ("born", "id", "updated_at")),
        Index("open_code", ("code",), unique=True, where=where),
    )


def test_names_of_indexes_that_would_be_equal_get_a_hash_whatever_the_order(load: Any) -> None:
    a_b = table("a_b", {"name": "c", "type": "integer", "indexed": True})
    a = table("a", {"name": "b_c", "type": "integer", "indexed": True})
    names = [
        {each.name: each.indexes[0].name for each in load(application(*tables)).schema.tables}
        for tables in ([a_b, a], [a, a_b])
    ]
    assert names[0] == names[1]
    assert len(set(names[0].values())) == 2
    assert all(name.startswith("_ix_a_b_c_") for name in names[0].values())


def test_names_of_indexes_never_exceed_what_postgresql_keeps(load: Any) -> None:
    fields = [{"name": letter * 63, "type": "integer"} for letter in "ab"]
    unique = [{"fields": [field["name"] for field in fields]}, {"fields": [fields[1]["name"], fields[0]["name"]]}]
    names = [index.name for index in first(load(application(table("t" * 63, *fields, unique=unique)))).indexes]
    assert len(set(names)) == 2
    assert all(len(name) == 63 for name in names)


def test_a_link_is_resolved_by_name_or_id_to_the_key_of_its_table(load: Any) -> None:
    link = {"type": "relationship", "displayField": "x"}
    schema = load(
        application(
            table("a", {"name": "b", "relatedTable": "b", **link}, {"name": "c", "relatedTable": 7, **link}),
            table("b", primaryKey={"type": "uuid"}),
            table("c", id=7, primaryKey={"type": "text"}),
        )
    ).schema
    by_name = schema.tables[0].by_name
    assert [by_name[name].type.related_table for name in "bc"] == ["b", "c"]
    types = [str(by_name[name].type.columns(name, POSTGRESQL)[0].type.compile(POSTGRESQL.sqlalchemy)) for name in "bc"]
    assert types == ["UUID", 'TEXT COLLATE "C"']


def test_the_default_of_a_link_is_an_id_of_its_table(load: Any) -> None:
    link = {"name": "b", "type": "relationship", "relatedTable": "b"}
    assert first(load(application(table("a", {**link, "default": "7"}), table("b")))).fields[0].default == "7"
    with pytest.raises(ConfigurationError, match="is no value of this field"):
        load(application(table("a", {**link, "default": "x y"}), table("b", primaryKey={"type": "text"})))


def test_required_links_that_form_no_circle_are_allowed(load: Any) -> None:
    def link(name: str, target: str, required: bool) -> dict[str, Any]:
        return {"name": name, "type": "relationship", "relatedTable": target, "required": required}

    loaded = load(
        application(
            table("a", link("b", "b", True), link("c", "c", True), link("self", "a", False)),
            table("b", link("c", "c", True)),
            table("c", link("a", "a", False)),
        )
    )
    required = {each.name: [field.name for field in each.fields if field.required] for each in loaded.schema.tables}
    assert required == {"a": ["b", "c"], "b": ["c"], "c": []}


def test_a_foreign_key_points_at_the_key_or_at_a_unique_group(load: Any) -> None:
    pair = [{"name": "m", "type": "integer"}, {"name": "n", "type": "single-line-text"}]
    keys = [
        {"name": "k1", "fields": ["m"], "referencedTable": 5, "referencedFields": ["id"], "onUpdate": "cascade"},
        {"name": "k2", "fields": ["m", "n"], "referencedTable": "target", "referencedFields": ["m", "n"]},
        {"name": "k3", "fields": ["n"], "referencedTable": "target", "referencedFields": ["n"]},
        {"name": "k4", "fields": ["n"], "referencedTable": "coded", "referencedFields": ["id"]},
    ]
    target = table("target", *pair, id=5, unique=[{"fields": ["n", "m"]}])
    target["indexes"] = [{"name": "by_n", "fields": ["n"], "unique": True}]
    schema = load(application(table("a", *pair, foreignKeys=keys), target, table("coded", primaryKey={"type": "text"})))
    assert schema.schema.tables[0].foreign_keys == (
        ForeignKey("k1", ("m",), "target", ("id",)),
        ForeignKey("k2", ("m", "n"), "target", ("m", "n")),
        ForeignKey("k3", ("n",), "target", ("n",)),
        ForeignKey("k4", ("n",), "coded", ("id",)),
    )


def test_a_name_that_sqlite_keeps_for_itself_is_no_name_of_an_index(load: Any) -> None:
    index = {"name": "sqlite_by_m", "fields": ["m"]}
    with pytest.raises(ConfigurationError, match='must not begin with "sqlite_"'):
        load(application(table("a", {"name": "m", "type": "integer"}, indexes=[index])))


def test_a_constraint_names_the_fields_that_it_reads(load: Any) -> None:
    fields = [{"name": "start", "type": "date"}, {"name": "end", "type": "date"}]
    check = {"name": "in_order", "check": "start <= end OR deleted_at IS NOT NULL"}
    (built,) = first(load(application(table("a", *fields, constraints=[check])))).checks
    assert (built.name, built.fields) == ("in_order", ("start", "end", "deleted_at"))
    assert built.sql["sqlite"] == '(("start" <= "end") OR (NOT ("deleted_at" IS NULL)))'


def test_keys_of_the_wider_platform_give_one_warning_each(load: Any) -> None:
    loaded = load({**application(table("a", webhooks=[], aiAccess={"x": 1})), "pages": [{"any": ["thing"]}], "env": {}})
    assert [warning.path for warning in loaded.warnings] == ["tables[0].webhooks", "tables[0].aiAccess", "pages", "env"]


def test_every_file_that_takes_part_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("name: crm\ntables: [{$ref: t.json}]", "utf-8")
    (tmp_path / "t.json").write_text(json.dumps(table("a")), "utf-8")
    assert [file.name for file in load_schema(tmp_path / "app.yaml").files] == ["app.yaml", "t.json"]


def test_an_error_carries_the_warnings_too(load: Any) -> None:
    with pytest.raises(ConfigurationError) as failure:
        load({"pages": []})
    assert [problem.path for problem in failure.value.problems] == ["name"]
    assert [warning.path for warning in failure.value.warnings] == ["pages"]


def test_ids_are_assigned_where_the_file_has_none(load: Any) -> None:
    schema: Schema = load(application(table("a", id=1), table("b", {"id": "f", "name": "x", "type": "url"}))).schema
    assigned = assign_ids(schema, {"a": "9", "b": "2"}, {"a": {"x": "5"}, "b": {"x": "6"}})
    assert [each.id for each in assigned.tables] == ["1", "2"]
    assert [each.by_name["x"].id for each in assigned.tables] == ["5", "f"]
    assert assigned.find_table("2") is assigned.tables[1]
    assert schema.find_table("2") is None
    assert assigned.tables[0].indexes == schema.tables[0].indexes


@pytest.mark.parametrize("name", ["crm", "flights"])
def test_the_examples_are_right(name: str) -> None:
    loaded = load_schema(ROOT / "examples" / name / "app.yaml")
    assert loaded.warnings == ()
    assert len(loaded.schema.tables) >= 4


def test_a_large_application_is_read_quickly_and_whole(load: Any) -> None:
    fields = [{"name": f"f{number}", "type": "integer"} for number in range(20)]
    assert len(load(application(*(table(f"t{number}", *fields) for number in range(500)))).schema.tables) == 500
    with pytest.raises(ConfigurationError, match="must have 0 to 500 items"):
        load(application(*(table(f"t{number}") for number in range(501))))


_KEYS = [
    "name",
    "id",
    "type",
    "fields",
    "tables",
    "unique",
    "indexes",
    "where",
    "primaryKey",
    "foreignKeys",
    "api",
    "x",
]
_KEYS += [
    "referencedTable",
    "referencedFields",
    "constraints",
    "check",
    "default",
    "required",
    "options",
    "relatedTable",
]
_anything = st.recursive(
    st.sampled_from(
        [None, True, 0, 7, -1.5, "", "a", "b", "integer", "relationship", "single-select", "x > 1", "uuid"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
    max_leaves=8,
)
_paths = st.lists(st.integers(0, 30), min_size=1, max_size=6)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=_paths, value=_anything)
def test_no_content_does_anything_but_be_built_or_refused(path: list[int], value: object, load: Any) -> None:
    content: Any = application(
        table(
            "a",
            {"id": 1, "name": "x", "type": "integer", "required": True, "min": 1, "default": 5},
            {"name": "b", "type": "relationship", "relatedTable": "b", "displayField": "x"},
            {"name": "c", "type": "single-select", "options": ["u", {"value": "v"}], "default": "u"},
            id=1,
            primaryKey={"type": "composite", "fields": ["x"]},
            unique=[{"fields": ["x", "c"]}],
            indexes=[{"name": "i", "fields": ["x"], "where": "x > 1"}],
            foreignKeys=[{"name": "k", "fields": ["x"], "referencedTable": "b", "referencedFields": ["id"]}],
            constraints=[{"name": "k2", "check": "x > 1"}],
        ),
        table("b"),
        api={"docs": "off"},
    )
    _put(content, path, value)
    try:
        assert load(content).schema.name
    except ConfigurationError as failure:
        assert failure.problems  # noqa: PT017  # either end is right


def _put(content: Any, path: list[int], value: object) -> None:
    """Follow the numbers into the content as far as it goes and put the value there."""
    for step, number in enumerate(path):
        keys = list(content) if isinstance(content, dict) else list(range(len(content)))
        if not keys:
            return
        key = keys[number % len(keys)]
        if step == len(path) - 1 or not isinstance(content[key], dict | list):
            content[key] = value
            return
        content = content[key]


def test_fields_whose_longest_values_no_index_can_hold_are_refused(load: Any) -> None:
    fields = [{"name": "page", "type": "url"}, {"name": "title", "type": "single-line-text"}]
    with pytest.raises(ConfigurationError) as refused:
        load(application(table("links", *fields, unique=[{"fields": ["page", "title"]}])))
    assert "together these fields may take 3068 bytes" in str(refused.value.problems[0])
    fields[1]["maxLength"] = 100
    assert first(load(application(table("links", *fields, unique=[{"fields": ["page", "title"]}])))).indexes[0].unique
