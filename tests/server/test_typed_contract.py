"""Each table's own contract as a document: it is valid, its names are its own, and tools can read it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openapi_core
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.core.result import Err

from server.specification import Spec31
from server.typed_contract import expand_tables, typed_contract_bytes
from server.validators import ValidatorFactory
from tabularium.access.identity import ANONYMOUS, GUEST, Identity
from tabularium.application import load_schema
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import KeyKind
from tests.contract.test_validity import strict_validator
from tests.schema.fields.cases import NEEDED
from tests.support.auth import PASSWORDS
from tests.support.effort import examples
from tests.support.shop import GENERIC, HOME, SHOP, expanded, operations, parameter, schema_of

EXAMPLES = ["crm", "flights"]
KEYS: tuple[KeyKind, ...] = ("auto-increment", "uuid", "text", "composite")


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return expanded(SHOP)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_contract_of_an_example_is_openapi_31_in_the_eyes_of_two_validators(name: str) -> None:
    schema = load_schema(HOME / "examples" / name / "app.yaml").schema
    document = json.loads(typed_contract_bytes(GENERIC, schema, GUEST))
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert [error.message for error in strict_validator().iter_errors(document)] == []


def test_every_table_has_paths_operations_schemas_and_a_tag(shop: dict[str, Any]) -> None:
    paths = [path for path in shop["paths"] if "/records" in path]
    assert paths == [
        "/api/tables/Order%20Items/records",
        "/api/tables/Order%20Items/records/batch",
        "/api/tables/Order%20Items/records/batch/restore",
        "/api/tables/Order%20Items/records/upsert",
        "/api/tables/Order%20Items/records/{recordId}",
        "/api/tables/Order%20Items/records/{recordId}/restore",
        "/api/tables/Order%20Items/records/{recordId}/history",
        "/api/tables/Order%20Items/records/{recordId}/history/{revision}/revert",
        "/api/tables/Order%20Items/records/{recordId}/comments",
        "/api/tables/Order%20Items/records/{recordId}/comments/{commentId}",
        "/api/tables/record/records",
        "/api/tables/record/records/batch",
        "/api/tables/record/records/batch/restore",
        "/api/tables/record/records/upsert",
        "/api/tables/record/records/{recordId}",
        "/api/tables/record/records/{recordId}/restore",
        "/api/tables/record/records/{recordId}/history",
        "/api/tables/record/records/{recordId}/history/{revision}/revert",
        "/api/tables/record/records/{recordId}/comments",
        "/api/tables/record/records/{recordId}/comments/{commentId}",
        "/api/tables/health/records",
        "/api/tables/health/records/batch",
        "/api/tables/health/records/batch/restore",
        "/api/tables/health/records/upsert",
        "/api/tables/health/records/{recordId}",
        "/api/tables/health/records/{recordId}/restore",
        "/api/tables/health/records/{recordId}/history",
        "/api/tables/health/records/{recordId}/history/{revision}/revert",
        "/api/tables/health/records/{recordId}/comments",
        "/api/tables/health/records/{recordId}/comments/{commentId}",
        "/api/tables/health/views/{viewId}/records",
    ]
    assert [each["operationId"] for each in shop["paths"][paths[0]].values()] == [
        "list_order_items_records",
        "create_order_items_record",
    ]
    assert [each["name"] for each in shop["tags"]] == [
        "Order Items",
        "record",
        "health2",
        "tables",
        "activity",
        "health",
        "analytics",
        "docs",
    ]
    for ending in ("Record", "RecordList", "Create", "Update", "Filter"):
        assert f"OrderItems{ending}" in shop["components"]["schemas"]


def test_only_a_table_with_views_has_operations_and_parameters_of_views(shop: dict[str, Any]) -> None:
    assert parameter(shop, "HealthViewId").is_valid("Positive ones")
    assert not parameter(shop, "HealthViewParameter").is_valid("2")
    names = {each["operationId"] for each in operations(shop)}
    assert {"get_view_of_health", "list_view_health_records", "list_views_of_record"} <= names
    assert not {"get_view_of_record", "list_view_record_records"} & names
    assert "#/components/parameters/View" not in json.dumps(shop)


def test_only_a_table_that_tracks_reading_has_the_operation_that_marks() -> None:
    fields = [{"name": "title", "type": "single-line-text"}]
    tables = [
        {"name": "tracked", "fields": fields, "permissions": {"read": "all"}, "comments": {"readTracking": True}},
        {"name": "open", "fields": fields, "permissions": {"read": "all"}, "comments": {"guestComments": True}},
    ]
    content = {"name": "crm", "auth": PASSWORDS, "tables": tables}
    member = Identity(user_id="u", roles=frozenset({"member"}))
    ids = {each["operationId"] for each in operations(expand_tables(json.loads(GENERIC), schema_of(content), member))}
    assert {"mark_comments_read_of_tracked", "list_comments_of_tracked", "create_comment_of_open"} <= ids
    assert "mark_comments_read_of_open" not in ids
    guest = expand_tables(json.loads(GENERIC), schema_of(content), ANONYMOUS)
    found = {each["operationId"] for each in operations(guest) if "comment" in each["operationId"]}
    assert found == {"list_comments_of_open", "create_comment_of_open", "get_comment_of_open"}


def test_no_name_is_taken_twice(shop: dict[str, Any]) -> None:
    names = [each["operationId"] for each in operations(shop)]
    assert len(names) == len(set(names))
    # A table that is called `record` would make `RecordCreate`, which is a schema of the generic contract.
    assert {"Record2Create", "HealthRecord"} < shop["components"]["schemas"].keys()
    assert not {"Record", "RecordCreate", "FieldValues"} & shop["components"]["schemas"].keys()


def test_tables_whose_names_make_the_same_words_are_kept_apart() -> None:
    fields = [{"name": "a", "type": "integer"}]
    names = ["ab c", "abC", "list", "view_a", "a"]
    document = expanded({"name": "x", "tables": [{"name": each, "fields": fields} for each in names]})
    schemas = document["components"]["schemas"]
    assert {"AbCCreate", "AbC2Create", "ListCreate", "ViewACreate", "ACreate"} < schemas.keys()
    assert len({name.lower() for name in schemas}) == len(schemas)


def test_fields_whose_names_make_the_same_word_are_kept_apart() -> None:
    choice = {"type": "single-select", "options": ["x"]}
    fields = [{"name": name, **choice} for name in ("a_b", "ab", "filter")]
    document = expanded({"name": "x", "tables": [{"name": "t", "fields": fields}]})
    assert {"TABCondition", "TAb2Condition", "TFilter2Operators"} < document["components"]["schemas"].keys()


def test_fields_that_take_the_same_share_the_schemas_of_their_conditions() -> None:
    types = ["email", "url", "datetime", "integer"]
    tables = [{"name": name, "fields": [{"name": f"a_{each}", "type": each} for each in types]} for name in ("t", "u")]
    schemas = expanded({"name": "x", "tables": tables})["components"]["schemas"]
    assert sorted(name for name in schemas if name.endswith("Operators")) == [
        "DatetimeOperators",
        "EmailOperators",
        "IdOperators",
        "IntegerOperators",
        "UrlOperators",
    ]
    assert schemas["TFilterFields"]["properties"]["created_at"] == {"$ref": "#/components/schemas/DatetimeCondition"}


def test_a_caller_who_may_only_read_has_only_operations_that_read() -> None:
    viewer = Identity(user_id="u", roles=frozenset({"viewer"}))
    document = expand_tables(json.loads(GENERIC), schema_of(SHOP), viewer)
    ids = [each["operationId"] for each in operations(document)]
    assert "get_record_record" in ids
    # Whoever lost the right to comment may still delete what they have said.
    changing = [each for each in ids if each.startswith(("create_", "update_", "delete_"))]
    assert not [each for each in changing if not each.startswith("delete_comment_")]
    assert not [name for name in document["components"]["schemas"] if name.endswith(("Create", "Update"))]


def test_a_caller_without_rights_has_no_tables() -> None:
    nobody = Identity(user_id=None, roles=frozenset())
    document = expand_tables(json.loads(GENERIC), schema_of(SHOP), nobody)
    assert not [path for path in document["paths"] if "/records" in path]
    assert [error.message for error in strict_validator().iter_errors(document)] == []


def test_links_lead_to_operations_that_are_there_with_parameters_that_they_have(shop: dict[str, Any]) -> None:
    known = {}
    for each in operations(shop):
        found = [item if "name" in item else resolve(shop, item["$ref"]) for item in each.get("parameters", [])]
        known[each["operationId"]] = {item["name"] for item in found}
    links = [link for each in operations(shop) for answer in each["responses"].values() for link in linked(answer)]
    assert "get_order_items_record" in {link["operationId"] for link in links}
    for link in links:
        assert link["parameters"].keys() <= known[link["operationId"]]


def linked(response: dict[str, Any]) -> list[dict[str, Any]]:
    return list(response.get("links", {}).values())


def resolve(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_parameter_that_names_a_table_knows_the_tables(shop: dict[str, Any]) -> None:
    schema = shop["components"]["parameters"]["TableId"]["schema"]
    assert schema["enum"] == ["Order Items", "record", "health", "1", "2", "3"]


def test_descriptions_and_defaults_are_told_in_words(shop: dict[str, Any]) -> None:
    properties = shop["components"]["schemas"]["OrderItemsCreateValues"]["properties"]
    assert properties["field"]["description"] == "Any word."
    assert properties["parent"]["description"] == "The id of a record of Order Items."
    assert properties["price"]["description"] == "Default: 1.5."
    assert not [name for name, schema in properties.items() if "default" in schema]


def test_people_stand_where_a_table_declares_them() -> None:
    fields = [
        {"name": "title", "type": "single-line-text"},
        {"name": "owner", "type": "user", "required": True},
        {"name": "crew", "type": "user", "allowMultiple": True},
        {"name": "author", "type": "created-by"},
    ]
    tables = [{"id": 1, "name": "tasks", "fields": fields}, {"id": 2, "name": "notes", "fields": fields[:1]}]
    schemas = expanded({"name": "crm", "auth": PASSWORDS, "tables": tables})["components"]["schemas"]
    people = {"createdBy", "updatedBy", "deletedBy"}
    assert people & schemas["TasksRecord"]["properties"].keys() == {"createdBy"}
    assert not people & schemas["NotesRecord"]["properties"].keys()
    values = schemas["TasksRecordFields"]["properties"]
    assert values["owner"] == {"description": "The id of a user.", "type": ["string", "null"]}  # who may be erased
    assert values["crew"]["description"] == "The ids of users."
    assert values["author"]["readOnly"] is True
    assert schemas["TasksCreateValues"]["properties"].keys() == {"title", "owner", "crew"}
    assert schemas["TasksCreateValues"]["properties"]["owner"]["type"] == "string"


NAMES = st.one_of(
    st.sampled_from(["select", "Order", "Table 1", "a-b c", "record", "Record List", "tables", "user", "create"]),
    st.from_regex(r"[A-Za-z][A-Za-z0-9_ -]{0,20}[A-Za-z0-9_-]", fullmatch=True),
)
FIELD_NAMES = st.one_of(
    st.sampled_from(["select", "field", "operator", "value", "order", "filter", "and_", "updated"]),
    st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True),
).filter(lambda name: name not in {"id", "fields", "and", "or", "not"} and not name.endswith(("_at", "_by")))
OPTIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "single-select": st.lists(st.text("abü \"'", min_size=1, max_size=4), min_size=1, max_size=3, unique=True).map(
        lambda values: {"options": values}
    ),
    "decimal": st.integers(0, 10).map(lambda places: {"precision": places}),
    "relationship": st.just({"relatedTable": 1}),
    "date": st.booleans().map(lambda with_time: {"includeTime": with_time}),
}
SYSTEM_TYPES = {
    f"{verb}-{what}": f"{verb}_{what}" for verb in ("created", "updated", "deleted") for what in ("at", "by")
}
TYPE_NAMES = sorted(name for name, kind in FIELD_TYPES.items() if not kind.is_computed)


def letters(name: str) -> str:
    """Return what table names must differ in at least: the database knows neither case nor signs between words."""
    return "".join(filter(str.isalnum, name.lower()))


@st.composite
def applications(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an application with any names, types and keys."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=letters))
    tables = [draw(table(number + 1, name)) for number, name in enumerate(names)]
    return {"name": "any", "auth": PASSWORDS, "tables": tables}


@st.composite
def table(draw: st.DrawFn, number: int, name: str) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    for field_name in draw(st.lists(FIELD_NAMES, min_size=1, max_size=5, unique=True)):
        kind = draw(st.sampled_from(TYPE_NAMES))
        options = draw(OPTIONS.get(kind, st.just(dict(NEEDED.get(kind, {})))))
        if kind in SYSTEM_TYPES:
            fields.append({"name": SYSTEM_TYPES[kind], "type": kind})
        else:
            # A required link of a table to itself could never be filled.
            may_be_required = kind != "relationship" and not FIELD_TYPES[kind].is_read_only
            required = may_be_required and draw(st.booleans())
            fields.append({"name": field_name, "type": kind, "required": required, **options})
    unique = list({each["name"]: each for each in fields}.values())
    keyed = [each["name"] for each in unique if each["type"] in ("integer", "single-line-text")]
    key = draw(st.sampled_from(KEYS if keyed else KEYS[:-1]))
    primary = {"type": key, "fields": keyed} if key == "composite" else {"type": key}
    return {"id": number, "name": name, "fields": unique, "primaryKey": primary}


@given(applications())
@settings(max_examples=examples(20))
def test_any_schema_makes_a_valid_document_whose_schemas_compile(application: dict[str, Any]) -> None:
    document = expanded(application)
    assert [f"{error.instance_path}: {error.message}" for error in strict_validator().iter_errors(document)] == []
    factory = ValidatorFactory(Spec31(document).raw)
    for schema in document["components"]["schemas"].values():
        factory.compile(schema)
    ids = [each["operationId"] for each in operations(document)]
    assert len(ids) == len({each.lower() for each in ids})
    for reference in set(references(document)):
        resolve(document, reference)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


@given(applications())
@settings(max_examples=3)
def test_any_schema_makes_a_document_that_the_second_validator_accepts(application: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(expanded(application)).iter_errors()] == []


def test_openapi_core_loads_it(shop: dict[str, Any]) -> None:
    openapi_core.OpenAPI.from_dict(shop).check_spec()


def test_schemathesis_loads_every_operation(shop: dict[str, Any]) -> None:
    loaded = schemathesis.openapi.from_dict(shop)
    found = list(loaded.get_all_operations())
    assert [each.err() for each in found if isinstance(each, Err)] == []
    assert len(found) == len(operations(shop))


def test_models_are_generated_from_it_that_import(shop: dict[str, Any], tmp_path: Path) -> None:
    document, output = tmp_path / "openapi.json", tmp_path / "shop_models.py"
    document.write_text(json.dumps(shop), encoding="utf-8")
    files = ["--input", str(document), "--output", str(output)]
    kinds = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin"]
    subprocess.run([sys.executable, "-m", "datamodel_code_generator", *files, *kinds], check=True, capture_output=True)
    models = load_module(output)
    created = models.OrderItemsCreateValues.model_validate({"id": "x", "select": "ab", "price": "1.50"})
    assert created.select == "ab"
    models.OrderItemsFilter.model_validate({"or": [{"select": {"startsWith": "a"}}, {"operator": [1, None]}]})


def load_module(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module
