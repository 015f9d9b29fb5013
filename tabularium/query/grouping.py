"""The second stage for `groupBy`, and the groups of an answer in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tabularium import json_text
from tabularium.db.database import Row
from tabularium.db.dialect import Dialect
from tabularium.errors import FieldError, ValidationFailed
from tabularium.query.aggregates import Aggregates
from tabularium.query.names import NamedFields
from tabularium.schema.model import Field

PATH: Final = "groupBy"
MAX_GROUPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Grouping:
    """The field whose values make the groups, and the direction of their order."""

    field: Field
    descending: bool = False


def plan_grouping(name: str | None, fields: NamedFields, errors: list[FieldError]) -> Grouping | None:
    """Read `groupBy`, appending a failure to `errors`."""
    if name is None:
        return None
    found = fields.find(name)
    if found is None:
        errors.append(fields.unknown(PATH, name))
        return None
    if not found.type.is_sortable or "A" in found.type.groups:
        message = f'The field "{found.name}" ({found.type.names[0]}) cannot be grouped by.'
        errors.append(FieldError(PATH, message, "not_groupable"))
        return None
    return Grouping(found)


def present_groups(
    grouping: Grouping, aggregates: Aggregates | None, rows: Iterable[Row], dialect: Dialect
) -> list[dict[str, Any]]:
    """Make the groups of rows of `(value, count, columns…)`, ordered by name, numbers by value, null last.

    Raises `ValidationFailed` where there are too many.
    """
    decode = grouping.field.type.decoder(dialect)
    groups = []
    for value, count, *columns in rows:
        shown = decode(value) if decode and value is not None else value
        group: dict[str, Any] = {"name": _name(shown), "value": shown, "count": count}
        if aggregates is not None:
            group["aggregations"] = aggregates.present(count, columns, dialect)
        groups.append(group)
    if len(groups) > MAX_GROUPS:
        raise ValidationFailed.of(PATH, f"There are more than {MAX_GROUPS} groups.", "too_many_groups")
    is_number = "sum" in grouping.field.type.aggregates
    present = [group for group in groups if group["value"] is not None]
    present.sort(key=lambda group: Decimal(group["name"]) if is_number else group["name"], reverse=grouping.descending)
    return present + [group for group in groups if group["value"] is None]


def _name(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text.dump(value).decode()
