"""Rules about schemas: every value is bounded, and nothing is in them that one of the tools gets wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.contract import Contract, Place
from tools.rules.finding import Finding

MARKS_OF_TEMPLATES: Final = ("{{", "}}", "{%", "%}", "{#", "#}")


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    kinds = schema.get("type", ())
    return frozenset([kinds] if isinstance(kinds, str) else kinds)


def _is_listed(schema: Mapping[str, Any]) -> bool:
    return "enum" in schema or "const" in schema


def objects_are_closed(contract: Contract) -> Iterator[Finding]:
    """An object says what its other properties are: none, or values of a schema."""
    for place, schema in contract.schemas():
        if "object" in _types(schema) and not (
            schema.get("additionalProperties") is False or isinstance(schema.get("additionalProperties"), dict)
        ):
            remedy = "Set additionalProperties to false, or to the schema of the values"
            yield Finding(place, "the object is open", remedy)


def schemas_with_properties_are_objects(contract: Contract) -> Iterator[Finding]:
    """A schema with properties says that it is an object; without that it takes any text or number."""
    for place, schema in contract.schemas():
        if "properties" in schema and "object" not in _types(schema):
            yield Finding(place, "it has properties and no type", "Add `type: object`")


def strings_are_bounded(contract: Contract) -> Iterator[Finding]:
    """A string has a maximal length, or is one of a list."""
    for place, schema in contract.schemas():
        if "string" in _types(schema) and "maxLength" not in schema and not _is_listed(schema):
            yield Finding(place, "the string has no maxLength", "Set maxLength, enum or const")


def numbers_are_bounded(contract: Contract) -> Iterator[Finding]:
    """A number has a minimum and a maximum, or is one of a list."""
    for place, schema in contract.schemas():
        if not _types(schema) & {"integer", "number"} or _is_listed(schema):
            continue
        for low, high in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if low not in schema and high not in schema:
                yield Finding(place, f"the number has no {low}", f"Set {low}")


def arrays_are_bounded(contract: Contract) -> Iterator[Finding]:
    """An array has a maximal length and says what its items are."""
    for place, schema in contract.schemas():
        if "array" not in _types(schema):
            continue
        if "maxItems" not in schema:
            yield Finding(place, "the array has no maxItems", "Set maxItems")
        if "items" not in schema and schema.get("maxItems") != 0:
            yield Finding(place, "the array says nothing of its items", "Set items")


def all_of_stands_alone(contract: Contract) -> Iterator[Finding]:
    """`allOf` has no siblings: code generators lose what stands beside it."""
    for place, schema in contract.schemas():
        beside = sorted(schema.keys() & {"required", "properties", "minProperties"})
        if "allOf" in schema and beside:
            yield Finding(place, f"{', '.join(beside)} beside allOf is lost", "Write a named schema of its own")


def conditions_are_whole(contract: Contract) -> Iterator[Finding]:
    """`if` has both `then` and `else`, each a named schema: the generated models know it as their union."""
    for place, schema in contract.schemas():
        if "if" in schema and not all("$ref" in schema.get(key, {}) for key in ("then", "else")):
            yield Finding(place, "`if` lacks a branch, or a branch has no name", "Refer to named schemas")


def bodies_are_required_where_properties_are(contract: Contract) -> Iterator[Finding]:
    """A body whose schema needs properties is itself required: no body at all would not do."""
    for each in contract.operations:
        body = each.content.get("requestBody", {})
        needs = any(
            contract.follow(media.get("schema", {})).get("required") for media in body.get("content", {}).values()
        )
        if needs and not body.get("required"):
            yield Finding(
                contract.place(each), "its body has required properties, and is optional", "Set required: true"
            )


def component_names_are_pascal_case(contract: Contract) -> Iterator[Finding]:
    """A component has a name that can be a class."""
    for section in ("schemas", "parameters", "headers", "responses"):
        for place, name, _ in contract.components(section):
            if not re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", name):
                yield Finding(place, "the name is not PascalCase", "Rename it")


def definitions_are_used(contract: Contract) -> Iterator[Finding]:
    """Everything in the files is in the document."""
    for unused in contract.bundle.unused:
        file, _, name = unused.partition("#/")
        yield Finding(Place(file, name), "nothing refers to it", "Remove it")


def texts_have_no_marks_of_templates(contract: Contract) -> Iterator[Finding]:
    """No text has double braces or the like: loaders that render templates would choke on it."""
    for where, text in _texts(contract.document, ""):
        for mark in MARKS_OF_TEMPLATES:
            if mark in text:
                yield Finding(Place("openapi.yaml", where), f"the text has {mark}", "Put a space between the signs")


def _texts(node: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _texts(item, f"{where}.{number}")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, f"{where}.{key}" if where else key)
