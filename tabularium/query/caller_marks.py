"""What is the caller's own, in statements: the names of its placeholders, and the values that are bound to them."""

from __future__ import annotations

from typing import Any, Final

from tabularium import json_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.fold import fold
from tabularium.query.conditions import CallerValue
from tabularium.query.moment import Caller

_PREFIX: Final = "caller"
_FOLDED: Final = "folded"
_PLAIN: Final = "plain"


def caller_mark(value: CallerValue, dialect: Dialect) -> str:
    """Return the name of the placeholder for a value of the caller."""
    form = "text" if not value.is_list else "json" if dialect is SQLITE else "list"
    return f"{_PREFIX}:{value.name}:{_FOLDED if value.is_folded else _PLAIN}:{form}"


def is_of_caller(mark: str) -> bool:
    """Say whether a placeholder is one for a value of the caller."""
    return mark.startswith(f"{_PREFIX}:")


def caller_value(mark: str, caller: Caller) -> Any:
    """Return what is bound to a placeholder: null for what the caller lacks, which makes every comparison untrue."""
    _, name, folding, form = mark.split(":")
    found = _values(name, caller)
    if not found:
        return None
    if folding == _FOLDED:
        found = [fold(each) for each in found]
    if form == "text":
        return found[0]
    return json_text.dump(found).decode() if form == "json" else found


def _values(name: str, caller: Caller) -> list[str]:
    if name == "role":
        return list(caller.roles)
    value = caller.user_id if name == "id" else caller.email
    return [] if value is None else [value]
