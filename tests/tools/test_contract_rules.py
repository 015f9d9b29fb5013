"""Each rule of the contract finds what it is there for: a small sound document is broken in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tools.bundle import Bundle
from tools.contract import Contract
from tools.contract_rules import RULES, breaches
from tools.rules.responses import errors_have_the_one_form

Document = dict[str, Any]
HEADERS = {"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}}
THING = {"$ref": "#/components/schemas/Thing"}
PATH = "/api/tables/{tableId}"


def response(schema: dict[str, str], example: object, **headers: object) -> Document:
    content = {"application/json": {"schema": schema, "examples": {"one": {"summary": "One.", "value": example}}}}
    return {"description": "An answer.", "headers": {**HEADERS, **headers}, "content": content}


def error(**headers: object) -> Document:
    return response({"$ref": "#/components/schemas/Error"}, {"code": "SOME"}, **headers)


def error_page() -> Document:
    """Return an error that is a page where HTML is asked for."""
    page = {"schema": {"$ref": "#/components/schemas/ErrorPage"}}
    return {**error(), "content": {**error()["content"], "text/html": page}}


def operation(operation_id: str, action: str, transaction: str, **more: object) -> Document:
    retry_after = {"description": "Seconds.", "example": 1, "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    errors = {status: error() for status in ("400", "401", "403", "404", "429", "500")}
    return {
        "operationId": operation_id,
        "tags": ["things"],
        "summary": "Do it",
        "description": "Does it.",
        "x-access": "table",
        "x-action": action,
        "x-transaction": transaction,
        "parameters": [{"$ref": "#/components/parameters/TableId"}],
        "responses": {"200": response(THING, {"size": 1}), **errors, "503": error(**{"Retry-After": retry_after})},
        **more,
    }


def sound() -> Document:
    """Return a document that breaks no rule."""
    get = operation("get_thing", "read", "read")
    update = operation(
        "update_thing",
        "update",
        "write",
        requestBody={"description": "New.", "content": {"application/json": {"schema": THING, "example": {"size": 2}}}},
    )
    update["parameters"] = [*update["parameters"], {"$ref": "#/components/parameters/Switch"}]
    update["responses"] |= {"413": error(), "415": error()}
    get["responses"]["200"]["links"] = {
        "update": {"operationId": "update_thing", "parameters": {"tableId": "x"}, "description": "Changes it."}
    }
    text = {"type": "string", "maxLength": 9}
    return {
        "info": {"title": "Things", "description": "All about things."},
        "tags": [{"name": "things", "description": "Things."}],
        "paths": {PATH: {"get": get, "patch": update}},
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "size": {"type": "integer", "minimum": 0, "maximum": 9},
                        "names": {"type": "array", "maxItems": 3, "items": dict(text)},
                    },
                    "examples": [{"size": 1, "names": ["a"]}],
                },
                "Error": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"code": dict(text)},
                    "examples": [{"code": "SOME"}],
                },
            },
            "parameters": {
                "TableId": {"name": "tableId", "in": "path", "description": "A.", "schema": dict(text), "example": "a"},
                "Switch": {
                    "name": "switch",
                    "in": "query",
                    "description": "A.",
                    "x-action": "delete",
                    "schema": {"type": "boolean"},
                    "example": True,
                },
            },
            "headers": {"XRequestId": {"description": "An id.", "schema": dict(text), "example": "a"}},
        },
    }


def contract(document: Document, unused: tuple[str, ...] = ()) -> Contract:
    files = {(section, name): f"{section}.yaml" for section, names in document["components"].items() for name in names}
    return Contract(Bundle(document, dict.fromkeys(document["paths"], "paths/things.yaml"), files, unused))


def changed(*steps: object, to: object) -> Callable[[Document], None]:
    """Return a breaker that sets what stands at the end of the steps; `...` removes it."""

    def apply(document: Document) -> None:
        node: Any = document
        for step in steps[:-1]:
            node = node[step]
        if to is ...:
            del node[steps[-1]]
        else:
            node[steps[-1]] = to

    return apply


def with_header(where: tuple[str, ...], name: str) -> Callable[[Document], None]:
    """Return a breaker that gives the operation at a place a header."""

    def apply(document: Document) -> None:
        node: Any = document
        for step in where:
            node = node[step]
        schema = {"type": "string", "maxLength": 9}
        node["parameters"].append({"name": name, "in": "header", "description": "A.", "schema": schema, "example": "a"})

    return apply


GET = ("paths", PATH, "get")
PATCH = ("paths", PATH, "patch")
ANSWER = (*GET, "responses", "200")
EXAMPLES = (*ANSWER, "content", "application/json", "examples")
SCHEMAS = ("components", "schemas")
TABLE_ID = ("components", "parameters", "TableId")
SWITCH = ("components", "parameters", "Switch")
SIZE = (*SCHEMAS, "Thing", "properties", "size")
NAMES = (*SCHEMAS, "Thing", "properties", "names")
BAD_PARAMETER = {"name": "tableID", "in": "query", "description": "A.", "schema": {"type": "boolean"}, "example": True}

# By rule: what breaks it, and words that the message must have.
BREAKERS: list[tuple[str, Callable[[Document], None], str]] = [
    ("operation_ids_begin_with_a_verb", changed(*GET, "operationId", to="thing_get"), '"thing_get" is not verb first'),
    ("operation_ids_begin_with_a_verb", changed(*GET, "operationId", to="getThing"), "not verb first"),
    ("operation_ids_are_unique", changed(*GET, "operationId", to="update_thing"), "called update_thing too"),
    ("operations_stand_in_the_file_of_their_tag", changed(*GET, "tags", to=["others"]), "tags are"),
    ("operations_stand_in_the_file_of_their_tag", changed("tags", 0, "name", to="others"), "no operation has this tag"),
    ("extensions_are_complete", changed(*GET, "x-access", to=...), "x-access: it is None"),
    ("extensions_are_complete", changed(*GET, "x-action", to="look"), "x-action: it is 'look'"),
    ("extensions_are_complete", changed(*GET, "x-handler", to="a.b"), "x-handler: this extension is not known"),
    ("extensions_are_consistent", changed(*GET, "x-access", to="public"), "only those"),
    ("extensions_are_consistent", changed(*PATCH, "x-transaction", to="read"), "it changes records"),
    ("extensions_are_consistent", changed(*GET, "x-transaction", to="write"), "GET has a write transaction"),
    ("parameters_with_actions_are_switches", changed(*TABLE_ID, "x-action", to="restore"), "is no switch"),
    ("parameters_with_actions_are_switches", changed(*SWITCH, "x-action", to="any"), "it is 'any'"),
    ("parameters_with_actions_are_switches", changed(*PATCH, "x-action", to=...), "only a parameter of it"),
    ("parameters_have_one_type", changed(*TABLE_ID, "schema", to={"type": ["string", "null"]}), "no single type"),
    ("parameters_have_one_type", changed(*TABLE_ID, "schema", to=THING), "no single type"),
    ("parameter_names_make_distinct_arguments", changed(*TABLE_ID, "name", to="body"), 'called "body"'),
    ("parameter_names_make_distinct_arguments", changed(*TABLE_ID, "name", to="table_id"), "not camelCase"),
    ("operations_are_described", changed(*GET, "summary", to="Does it."), "no title"),
    ("operations_are_described", changed(*GET, "description", to=...), "description: it is missing"),
    ("descriptions_end_with_a_full_stop", changed(*SIZE, "description", to="how big"), "size.description"),
    ("descriptions_end_with_a_full_stop", changed("tags", 0, "description", to="Things"), "full stop"),
    ("links_lead_to_operations", changed(*ANSWER, "links", "update", "operationId", to="get_it"), "get_it"),
    ("links_lead_to_operations", changed(*ANSWER, "links", "update", "parameters", to={"id": "x"}), "['id']"),
    ("errors_are_declared", changed(*GET, "responses", "403", to=...), "response 403 is missing"),
    ("errors_are_declared", changed(*PATCH, "responses", "413", to=...), "a body can be too large"),
    ("errors_have_the_one_form", changed(*GET, "responses", "400", to=response(THING, {})), "not the object Error"),
    ("errors_have_the_one_form", changed(*GET, "responses", "400", to=error_page()), "not the object Error"),
    ("one_success_is_declared", changed(*GET, "responses", "201", to=response(THING, {})), "['200', '201']"),
    ("headers_are_declared", changed(*ANSWER, "headers", to={}), "X-Request-Id is missing"),
    ("headers_are_declared", changed(*GET, "responses", "503", to=error()), "Retry-After is missing"),
    ("conditions_have_their_answers", with_header(GET, "If-None-Match"), "the response 304 is missing"),
    ("conditions_have_their_answers", with_header(GET, "If-None-Match"), "the header ETag of its success"),
    ("conditions_have_their_answers", with_header(PATCH, "If-Match"), "the response 412 is missing"),
    ("conditions_have_their_answers", with_header(PATCH, "Idempotency-Key"), "the response 422 is missing"),
    ("conditions_have_their_answers", with_header(PATCH, "Idempotency-Key"), "the header Idempotency-Replayed"),
    ("conditions_fit_their_operation", with_header(GET, "If-Match"), "it has If-Match and writes nothing"),
    ("conditions_fit_their_operation", with_header(GET, "Idempotency-Key"), "it has Idempotency-Key"),
    ("conditions_fit_their_operation", with_header(PATCH, "If-None-Match"), "PATCH has If-None-Match"),
    ("tagged_answers_declare_their_tag", changed(*GET, "x-etag", to="body"), "no header ETag"),
    ("extensions_are_complete", changed(*GET, "x-etag", to="head"), "x-etag: it is 'head'"),
    ("parameter_names_make_distinct_arguments", with_header(GET, "if-match"), "not written as headers are"),
    ("objects_are_closed", changed(*SCHEMAS, "Thing", "additionalProperties", to=...), "the object is open"),
    ("objects_are_closed", changed(*SCHEMAS, "Thing", "additionalProperties", to=True), "the object is open"),
    ("schemas_with_properties_are_objects", changed(*SCHEMAS, "Thing", "type", to=...), "no type"),
    ("strings_are_bounded", changed(*TABLE_ID, "schema", "maxLength", to=...), "no maxLength"),
    ("strings_are_bounded", changed(*NAMES, "items", to={"type": ["string", "null"]}), "names.items"),
    ("numbers_are_bounded", changed(*SIZE, "maximum", to=...), "no maximum"),
    ("numbers_are_bounded", changed(*SIZE, "minimum", to=...), "no minimum"),
    ("arrays_are_bounded", changed(*NAMES, "maxItems", to=...), "no maxItems"),
    ("arrays_are_bounded", changed(*NAMES, "items", to=...), "nothing of its items"),
    ("all_of_stands_alone", changed(*SCHEMAS, "Thing", "allOf", to=[THING]), "beside allOf"),
    ("conditions_are_whole", changed(*SCHEMAS, "Thing", "if", to={"required": ["size"]}), "lacks a branch"),
    (
        "bodies_are_required_where_properties_are",
        changed(*PATCH, "requestBody", "content", "application/json", "schema", to={"required": ["size"]}),
        "required properties",
    ),
    ("component_names_are_pascal_case", changed(*SCHEMAS, "thing_two", to={"examples": [1]}), "not PascalCase"),
    ("texts_have_no_marks_of_templates", changed("info", "description", to="A {{b}}."), "info.description"),
    ("examples_are_given", changed(*SCHEMAS, "Thing", "examples", to=...), "no example"),
    ("examples_are_given", changed(*TABLE_ID, "example", to=...), "no example"),
    ("examples_are_given", changed(*EXAMPLES, to={}), "no example"),
    ("named_examples_have_a_summary", changed(*EXAMPLES, "one", "summary", to="one"), "no summary"),
    ("examples_are_valid", changed(*SCHEMAS, "Thing", "examples", 0, to={"size": 99}), "size does not fit"),
    ("examples_are_valid", changed(*EXAMPLES, "one", "value", to={"weight": 1}), "does not fit"),
    ("examples_are_valid", changed(*TABLE_ID, "schema", "default", to=7), "default"),
]


def test_the_sound_document_breaks_no_rule() -> None:
    assert [str(finding) for finding in breaches(contract(sound()))] == []


@pytest.mark.parametrize(("name", "breaker", "words"), BREAKERS)
def test_a_broken_document_is_found(name: str, breaker: Callable[[Document], None], words: str) -> None:
    document = copy.deepcopy(sound())
    breaker(document)
    rule = next(each for each in RULES if each.__name__ == name)
    found = [str(finding) for finding in rule(contract(document))]
    assert any(words in text for text in found), found
    assert all(text.startswith("openapi/") and text.endswith(".") for text in found)


def test_two_parameters_that_make_one_argument_are_found() -> None:
    document = sound()
    document["paths"][PATH]["get"]["parameters"].append(BAD_PARAMETER)
    found = [str(finding) for finding in breaches(contract(document))]
    assert any('another argument of the handler is called "table_id"' in text for text in found), found


def test_an_operation_in_the_file_of_another_tag_is_found() -> None:
    document = sound()
    elsewhere = Contract(Bundle(document, {PATH: "paths/others.yaml"}, {}, ()))
    found = [str(finding) for finding in breaches(elsewhere)]
    assert found == [
        f'openapi/paths/others.yaml: {name}: it has the tag "things". Move it to paths/things.yaml.'
        for name in ("get_thing", "update_thing")
    ]


def test_a_definition_that_nothing_refers_to_is_found() -> None:
    found = [str(finding) for finding in breaches(contract(sound(), unused=("schemas/things.yaml#/Old",)))]
    assert found == ["openapi/schemas/things.yaml: Old: nothing refers to it. Remove it."]


def test_every_rule_is_proven() -> None:
    proven = {name for name, _, _ in BREAKERS} | {"definitions_are_used"}
    assert {rule.__name__ for rule in RULES} == proven


def test_errors_of_a_page_may_be_pages() -> None:
    document = sound()
    responses = document["paths"][PATH]["get"]["responses"]
    responses["200"]["content"] = {"text/html": {"schema": {"type": "string", "maxLength": 9}}}
    responses["401"] = error_page()
    contract = Contract(Bundle(document, {}, {}, ()))
    assert list(errors_have_the_one_form(contract)) == []
