"""The values of one table's records, as JSON Schema: what is answered, and what may be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from server.typed_contract.caller_table import CallerTable
from tabularium.query.system_fields import system_fields
from tabularium.records.merging import can_merge_on
from tabularium.schema.fields.base import SchemaMode
from tabularium.schema.fields.exact import MAX_INTEGER
from tabularium.schema.model import KEY_COLUMN, Field, KeyKind

JsonSchema = dict[str, Any]

_INTEGER_KEY: Final[JsonSchema] = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "maxLength": 19}
_KEYS: Final[Mapping[KeyKind, JsonSchema]] = {
    "auto-increment": _INTEGER_KEY,
    "composite": _INTEGER_KEY,
    "uuid": {"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36},
    "text": {
        "type": "string",
        # All but `.` and `..`, said without a lookahead, which not every engine of regular expressions has.
        "pattern": r"^(?:\.{0,2}[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\.{3}[A-Za-z0-9._~-]*)$",
        "minLength": 1,
        "maxLength": 128,
    },
}


def key_schema(table: CallerTable) -> JsonSchema:
    """Return the schema of the ids of a table, as paths and answers hold them."""
    return dict(_KEYS[table.table.primary_key.kind])


def sent_key_schema(table: CallerTable) -> JsonSchema:
    """Return the schema of the ids of a table in bodies, where a number may stand as one."""
    if not table.table.primary_key.is_integer:
        return key_schema(table)
    return {**_INTEGER_KEY, "type": ["string", "integer"], "minimum": 1, "maximum": MAX_INTEGER}


def merge_field_schema(table: CallerTable) -> JsonSchema:
    """Return the schema of the names of fields that can tell records apart in an upsert."""
    names = [each.name for each in table.writable if can_merge_on(each)]
    return {"type": "string", "enum": names} if names else {"type": "string", "minLength": 1, "maxLength": 63}


def displayed_values(table: CallerTable) -> JsonSchema:
    """Return the schema of the fields of a record that was asked for with `format=display`."""
    text = {"description": "The value as people read it.", "type": ["string", "null"]}
    properties = {
        name: closed_object({"value": schema, "displayValue": text}, ["value", "displayValue"])
        for name, schema in record_values(table)["properties"].items()
    }
    return closed_object(properties, description=f"The fields of a record of {table.name} with their texts.")


def nullable(schema: JsonSchema) -> JsonSchema:
    """Return the schema that takes null too."""
    kinds = schema.get("type")
    if kinds is None or "const" in schema or "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    # The other keywords of these schemas say something of texts or numbers alone, and so nothing of null.
    widened = {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    return {**widened, "enum": [*schema["enum"], None]} if "enum" in schema else widened


def closed_object(properties: Mapping[str, Any], required: Sequence[str] = (), **keywords: Any) -> JsonSchema:
    """Return the schema of an object that has these properties and no other."""
    schema = {**keywords, "type": "object", "additionalProperties": False, "properties": dict(properties)}
    return {**schema, "required": list(required)} if required else schema


def record_values(table: CallerTable) -> JsonSchema:
    """Return the schema of `fields` in an answer, which holds those fields that were asked for."""
    # A field may be another name for a column of the server's, some of which always have a value.
    always = {name for name, each in system_fields(table.table).items() if each.required}
    properties = {}
    for each in table.readable:
        has_value = each.always_has_value or each.type.column(each.name) in always
        schema = each.type.schema("record")
        properties[each.name] = _described(table, each, schema if has_value else nullable(schema))
    return closed_object(
        properties, description=f"Values of a record of {table.name}: those asked for, or else all. Null is empty."
    )


def create_values(table: CallerTable) -> JsonSchema:
    """Return the schema of the values of a new record."""
    properties = {
        each.name: _described(table, each, _value(each, "create"), _default_text(each)) for each in table.writable
    }
    required = [each.name for each in table.writable if each.required and not each.has_default]
    if table.table.primary_key.is_sent_by_client:
        properties = {KEY_COLUMN: {"description": "The id of the new record.", **key_schema(table)}, **properties}
        required = [KEY_COLUMN, *required]
    return closed_object(
        properties,
        required,
        description=f"Values of a new record of {table.name}. A field that is left out takes its default, or is empty.",
    )


def upsert_values(table: CallerTable) -> JsonSchema:
    """Return the schema of the values of one row of an upsert, which needs all of them only for a new record."""
    whole = create_values(table)
    description = f"Values of a record of {table.name}, for the one that is there or a new one."
    return closed_object(whole["properties"], description=description)


def update_values(table: CallerTable) -> JsonSchema:
    """Return the schema of the values that an update may send."""
    return closed_object(
        {each.name: _described(table, each, _value(each, "update")) for each in table.writable},
        description=f"New values for a record of {table.name}. What is left out stays, null empties.",
    )


def _value(field: Field, mode: SchemaMode) -> JsonSchema:
    return field.type.required_schema(mode) if field.required else nullable(field.type.schema(mode))


def _described(table: CallerTable, field: Field, schema: JsonSchema, *more: str) -> JsonSchema:
    related = table.seen_target(field)
    link = f"The id of a record of {related}." if related else None
    if field.type.is_user:
        link = "The ids of users." if "A" in field.type.groups else "The id of a user."
    description = " ".join(text for text in (field.description, link, *more) if text)
    return {"description": description, **schema} if description else schema


def _default_text(field: Field) -> str:
    # In words, since generators of clients make a field with the keyword `default` one that must be sent.
    if not field.has_default or field.default is None:
        return ""
    is_exact = isinstance(field.default, Decimal)
    return f"Default: {field.default if is_exact else json.dumps(field.default, ensure_ascii=False)}."
