"""The tables of app.yaml, as the hooks need them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from schemathesis import Case as UntypedCase

from tabularium.application import load_schema
from tabularium.schema.model import Field, Table

Case = UntypedCase[Any]

TABLES: Final = load_schema(Path(__file__).with_name("app.yaml")).schema.tables
BY_REFERENCE: Final = {**{each.name: each for each in TABLES}, **{str(each.id): each for each in TABLES}}


def is_generic(case: Case) -> bool:
    """Say whether a case is made from the contract in which one path serves all tables."""
    return "{tableId}" in case.path


def table_of(case: Case) -> Table | None:
    """Return the table that the path of a case names; `None` where it names none, or one that does not exist."""
    if not case.path.startswith("/api/tables/"):
        return None
    named = case.path_parameters.get("tableId", "") if is_generic(case) else case.path.split("/")[3]
    return BY_REFERENCE.get(unquote(str(named)))


def links_of(table: Table, values: dict[str, Any]) -> list[tuple[Field, str]]:
    """Return those links of a table for which there is a value, each with the table that it leads to."""
    return [
        (field, field.type.referenced_table)
        for field in table.fields
        if field.type.referenced_table is not None and values.get(field.name) is not None
    ]
