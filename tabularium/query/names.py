"""The names that a caller may use in a query, and how names are shown in errors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from tabularium.errors import FieldError, listed, shown
from tabularium.query.system_fields import SYSTEM_NAMES, system_fields
from tabularium.schema.model import Field, Table


def join_path(path: str, name: str) -> str:
    """Return the path of the part called `name`, which came with a request."""
    return f"{path}.{shown(name)}"


class NamedFields(Protocol):
    """What may be named in a filter or a sort."""

    def find(self, name: str) -> Field | None:
        """Return the field with this name, or `None` where there is none."""

    def unknown(self, path: str, name: str) -> FieldError:
        """Return the error for a name that `find` does not know."""


@dataclass(frozen=True, slots=True)
class ReadableFields:
    """What a caller may name: the fields of `names`, and the system columns. All else does not exist for them."""

    table: Table
    names: Collection[str]

    def find(self, name: str) -> Field | None:
        """Return the field with this name, or `None` where the caller sees none."""
        found = self.table.by_name.get(name)
        if found is not None and name in self.names:
            return found
        return system_fields(self.table).get(name)

    def unknown(self, path: str, name: str) -> FieldError:
        """Return the error for a name that `find` does not know."""
        known = [each.name for each in self.table.fields if each.name in self.names]
        names = list(dict.fromkeys([*SYSTEM_NAMES, *known]))
        message = f'There is no field "{shown(name)}" here. Allowed are: {listed(names)}.'
        return FieldError(path, message, "unknown_field")
