"""The limits of groups of operations: a sliding window for each caller, or for each address."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server.rate_limits.groups import Group
from server.rate_limits.store import CounterStore, Window
from server.rate_limits.verdict import Limit, Verdict

DEFAULTS: Final[Mapping[str, Limit]] = MappingProxyType(
    {
        "address": Limit(3_000, 60),
        "read": Limit(1_200, 60),
        "write": Limit(600, 60),
        "batch": Limit(120, 60),
        "admin": Limit(300, 60),
        "docs": Limit(300, 60),
        "collect": Limit(600, 60),
    }
)

# The library `limits` has this algorithm too. With its memory a hit and the figures for the headers took 11 µs, and
# after each hit it looks through all of its keys in the event loop: 80 µs a request with 1,000 keys, 1.1 ms with
# 10,000. It bounds no keys, follows the machine's clock, and asks Redis twice. This takes 2.3 µs with 100,000 keys too.


class GroupLimits:
    """Says how often the operations of a group may be called.

    `configured` is `api.rateLimits`: requests and seconds by group, `None` where a group has no limit. Raises
    `ValueError` for a group that there is not.
    """

    def __init__(self, store: CounterStore, configured: Mapping[str, tuple[int, int] | None] | None = None) -> None:
        self._store = store
        self._limits: dict[str, Limit | None] = {**DEFAULTS}
        for group, limit in (configured or {}).items():
            if group not in self._limits:
                raise ValueError(f"there is no group of limits called {group}")
            self._limits[group] = None if limit is None else Limit(*limit)

    def limit_of(self, group: Group) -> Limit | None:
        """Return the limit of a group, `None` where it has none."""
        return self._limits[group]

    async def check(self, group: Group, key: str) -> Verdict | None:
        """Count a request, unless the group's limit is used up for `key`. Returns `None` where there is no limit."""
        limit = self._limits[group]
        if limit is None:
            return None
        return await self.check_limit(group, key, limit)

    async def check_limit(self, group: str, key: str, limit: Limit) -> Verdict:
        """Count a request, unless a limit is used up for `key`."""
        window = await self._store.add_to_window(f"{group} {key}", limit.requests, limit.seconds * 1000)
        return _verdict(group, limit, window)


def _verdict(group: str, limit: Limit, window: Window) -> Verdict:
    allowed, previous, current, left = window
    most, length = limit.requests, limit.seconds * 1000
    remaining = max(0, most - current - previous * left // length)
    milliseconds = left if remaining else _until_room(previous, current, left, most, length)
    return Verdict(group, allowed, limit, remaining, -(-milliseconds // 1000))


def _until_room(previous: int, current: int, left: int, most: int, window: int) -> int:
    """Return after how many milliseconds a sliding window that is full has room for one more (see `fits`)."""
    if current >= most:
        # Not before the next window, where what is in this one is what counts by its share.
        return left + _until_room(current, 0, window, most, window)
    return left - ((most - current) * window - 1) // previous
