"""The second stage for `sort` and `order`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.errors import FieldError
from tabularium.query.names import NamedFields
from tabularium.schema.model import KEY_COLUMN, Field

MAX_SORT_FIELDS: Final = 10

_DESCENDING: Final = {"asc": False, "desc": True}
_DIRECTIONS: Final = "Allowed are: asc, desc."


@dataclass(frozen=True, slots=True)
class SortKey:
    """One criterion. Null comes last in both directions."""

    field: Field
    descending: bool = False


def plan_sort(
    sort: str | None, order: str | None, fields: NamedFields, errors: list[FieldError]
) -> tuple[SortKey, ...]:
    """Read `sort=status:asc,amount:desc` and `order`, appending every failure to `errors`.

    Nothing after the key can change the order, so it is left out.
    """
    terms = [] if sort is None else sort.split(",")
    if sort == "":
        errors.append(FieldError("sort", "Name at least one field.", "invalid_value"))
        return ()
    if len(terms) > MAX_SORT_FIELDS:
        errors.append(FieldError("sort", f"At most {MAX_SORT_FIELDS} fields may be named.", "out_of_range"))
        return ()
    default = _plan_order(order, terms, errors)
    keys: list[SortKey] = []
    for term in terms:
        key = _plan_term(term, default, fields, errors)
        if key is not None and any(key.field.name == other.field.name for other in keys):
            errors.append(FieldError("sort", f'The field "{key.field.name}" is named twice.', "duplicate"))
        elif key is not None:
            keys.append(key)
    names = [key.field.name for key in keys]
    return tuple(keys[: names.index(KEY_COLUMN) + 1] if KEY_COLUMN in names else keys)


@lru_cache(maxsize=1024)
def described(sort: tuple[SortKey, ...]) -> list[Any]:
    """Return the sort as JSON: names, directions, and what the values are."""
    return [[key.field.name, key.descending, key.field.type.schema("record")] for key in sort]


def _plan_order(order: str | None, terms: list[str], errors: list[FieldError]) -> bool:
    if order is None:
        return False
    if len(terms) != 1 or ":" in terms[0]:
        message = "order goes with a sort of one field that has no direction."
        errors.append(FieldError("order", message, "conflicting"))
    descending = _DESCENDING.get(order.lower())
    if descending is None:
        errors.append(FieldError("order", _DIRECTIONS, "invalid_value"))
    return bool(descending)


def _plan_term(term: str, default: bool, fields: NamedFields, errors: list[FieldError]) -> SortKey | None:
    name, colon, direction = term.partition(":")
    descending = _DESCENDING.get(direction.lower()) if colon else default
    if descending is None:
        errors.append(FieldError("sort", f"After the colon stands a direction. {_DIRECTIONS}", "invalid_value"))
    found = fields.find(name)
    if found is None:
        errors.append(fields.unknown("sort", name))
        return None
    if not found.type.is_sortable:
        message = f'The field "{found.name}" ({found.type.names[0]}) cannot be sorted by.'
        errors.append(FieldError("sort", message, "not_sortable"))
        return None
    return SortKey(found, bool(descending))
