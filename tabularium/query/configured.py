"""Filters of the application file: read and planned as those of a request are, once at start."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tabularium import json_text
from tabularium.config.problems import suggestion
from tabularium.errors import BadRequest, FieldError, ValidationFailed, shown
from tabularium.query.conditions import EVERY_ROW, Condition
from tabularium.query.parse import parse_filter
from tabularium.query.plan_filter import plan_filter
from tabularium.query.system_fields import system_fields
from tabularium.schema.model import Field, Table


def plan_configured(
    filters: Any, table: Table, find: Callable[[str], Field | None], names: Collection[str]
) -> tuple[Condition, Sequence[FieldError]]:
    """Plan filters over a table, whose fields `find` knows by `names`.

    The paths of errors begin behind the name of the option: `.and.1.operator`, or nothing for the filter as a whole.
    """
    text = filters if isinstance(filters, str) else json_text.dump(filters).decode()
    try:
        parsed = parse_filter(text, "")
    except ValidationFailed as failed:
        return EVERY_ROW, failed.errors
    except BadRequest as broken:
        return EVERY_ROW, [FieldError("", str(broken), "invalid_value")]
    errors = list(parsed.errors)
    condition = plan_filter(parsed.node, _ConfiguredFields(table, find, names), errors)
    return condition, errors


@dataclass(frozen=True, slots=True)
class _ConfiguredFields:
    """The fields of a table that is still being built."""

    table: Table
    find_field: Callable[[str], Field | None]
    names: Collection[str]

    def find(self, name: str) -> Field | None:
        return self.find_field(name) or system_fields(self.table).get(name)

    def unknown(self, path: str, name: str) -> FieldError:
        message = f'the table "{self.table.name}" has no field "{shown(name)}"{suggestion(name, self.names)}'
        return FieldError(path, message, "unknown_field")
