"""Whom a rule of the file admits: read, and its roles checked against those that the application has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple

from tabularium.config.nodes import ListNode, Place
from tabularium.config.problems import quoted, suggestion
from tabularium.schema.permissions import EVERYONE, SIGNED_IN, Audience

Access = Literal["read", "write"]
"""What a rule of a field is about."""


class Rule(NamedTuple):
    """Whom a rule admits, and where the table says so: its own line, or that of `inherit`."""

    audience: Audience
    place: Place


_WORDS: Final = {"all": EVERYONE, "authenticated": SIGNED_IN}
_NO_ROLES: Final = ("guest", "anonymous")


def read_audience(place: Place, key: str, roles: Collection[str]) -> Audience | None:
    """Return whom the value of a key of the mapping `place` admits, or `None` where the key is missing or unusable.

    The block that the key belongs to reports values of another form; unknown roles are reported here.
    """
    value = place.child(key)
    if value is None:
        return None
    if not isinstance(value.node, ListNode):
        return _WORDS.get(str(value.value))
    for item in value.items():
        _check_role(item, roles)
    return Audience(frozenset(str(item.value) for item in value.items()))


def _check_role(place: Place, roles: Collection[str]) -> None:
    role = place.value
    if not isinstance(role, str) or role in roles:
        return
    if role.startswith("group:"):
        place.error("groups are not supported; name roles")
    elif role in _NO_ROLES:
        place.error(f'{quoted(role)} is no role; write "all" for everyone')
    else:
        place.error(f"there is no role {quoted(role)}{suggestion(role, roles)}")
