"""The parameters of one table's operations, each made from the generic one of the same name."""

from __future__ import annotations

from typing import Any

from server.typed_contract.caller_table import CallerTable
from server.typed_contract.values import key_schema
from tabularium.query.sorting import MAX_SORT_FIELDS
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.characters import TEXT_PATTERN
from tabularium.schema.model import Field

Parameter = dict[str, Any]


def record_id_parameter(generic: Parameter, table: CallerTable) -> Parameter:
    """Return `recordId` with the form of the table's keys."""
    return {**generic, "schema": key_schema(table)}


def view_parameter(generic: Parameter, table: CallerTable) -> Parameter:
    """Return `viewId` or `view` with what can name a view of the table."""
    return {**generic, "schema": {"type": "string", "enum": list(table.view_names)}, "example": table.view_names[0]}


def fields_parameter(generic: Parameter, table: CallerTable) -> Parameter:
    """Return `fields` with the names that may be asked for."""
    names = [each.name for each in table.named]
    items = {"type": "string", "enum": names}
    schema = {"type": "array", "minItems": 1, "maxItems": len(names), "uniqueItems": True, "items": items}
    return {**generic, "schema": schema}


def sort_parameter(generic: Parameter, table: CallerTable) -> Parameter:
    """Return `sort` with the fields that can be sorted by.

    It stays a text: a list of enumerated words would say more, but few generators of clients write one with commas.
    """
    sortable = "|".join(name for name, each in _every_name(table).items() if each.type.is_sortable)
    term = f"(?:{sortable})(?::(?:[Aa][Ss][Cc]|[Dd][Ee][Ss][Cc]))?"
    pattern = f"^{term}(?:,{term}){{0,{MAX_SORT_FIELDS - 1}}}$"
    return {**generic, "schema": {**generic["schema"], "pattern": pattern}}


def filter_parameter(generic: Parameter, table: CallerTable, filter_schema: dict[str, Any]) -> Parameter:
    """Return `filter`, which says what its JSON form holds, and which fields its text form may name.

    It stays a text for generators of clients, of which many have no parameters with a media type of their own.
    """
    content = {"contentMediaType": "application/json", "contentSchema": filter_schema}
    character = TEXT_PATTERN.removeprefix("^").removesuffix("*$")
    pattern = rf"^(?:(?:{'|'.join(_every_name(table))}):|\{{){character}*$"
    return {**generic, "schema": {**generic["schema"], "pattern": pattern, **content}}


def _every_name(table: CallerTable) -> dict[str, Field]:
    """Return what a caller may name, in every spelling."""
    return {**system_fields(table.table), **{each.name: each for each in table.named}}


def limit_parameter(generic: Parameter, default: int, maximum: int) -> Parameter:
    """Return `limit` with the numbers of the application."""
    return {
        **generic,
        "description": f"How many records to return at most. A limit over {maximum} is refused, never reduced.",
        "schema": {**generic["schema"], "default": default, "maximum": maximum},
    }
