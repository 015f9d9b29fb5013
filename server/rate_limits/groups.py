"""Which group of limits an operation counts in, beside `address`, and by what its callers are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Group = Literal["address", "read", "write", "batch", "admin", "docs", "collect"]

BY_ADDRESS: Final[frozenset[Group]] = frozenset({"address", "docs", "collect"})
"""Groups that count by address even where the caller is signed in."""

_BY_OPERATION: Final[Mapping[str, Group]] = MappingProxyType(
    {
        "batch_restore_records": "batch",
        "collect_page_view": "collect",
        "get_analytics_script": "docs",
        "get_analytics_dashboard": "docs",
        "get_analytics_asset": "docs",
    }
)
_BY_TAG: Final[Mapping[str, Group | None]] = MappingProxyType(
    {
        "health": None,
        "docs": "docs",
        "batch": "batch",
        "activity": "admin",
        "analytics": "admin",
        "auth": "address",
        "account": "address",
    }
)
"""What a tag's operations count in whatever they do. Of `auth` and `account`, `AuthLimits` has the rest."""


def group_of(operation_id: str, tag: str, method: str) -> Group | None:
    """Return the group of an operation: `None` where nothing is limited, `address` where nothing else is.

    An operation of a tag that is not known here counts as reading or writing, by its method.
    """
    if operation_id in _BY_OPERATION:
        return _BY_OPERATION[operation_id]
    if tag in _BY_TAG:
        return _BY_TAG[tag]
    return "read" if method.upper() in {"GET", "HEAD"} else "write"


def caller_key(user_id: str | None, address_key: str) -> str:
    """Return what a caller is counted by: the user when signed in, else the address.

    Ids may be any text, also that of an address, and must not meet one.
    """
    return address_key if user_id is None else f"user {user_id}"
