"""How many mails an address may get within an hour."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

_HOUR: Final = 3600.0


class HourlyLimit:
    """Counts in memory, over any span of an hour. Of too many addresses the one longest without mail is forgotten."""

    def __init__(self, monotonic: Callable[[], float], most: int = 30, most_addresses: int = 10_000) -> None:
        self._monotonic = monotonic
        self._most = most
        self._most_addresses = most_addresses
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()
        """The moments of each address, in the order of the last ones."""

    def __len__(self) -> int:
        return len(self._moments)

    def take(self, address: str) -> bool:
        """Count one more mail, if it may be sent."""
        now = self._monotonic()
        self._forget(now - _HOUR)
        address = address.lower()
        moments = self._moments.setdefault(address, deque())
        while moments and moments[0] <= now - _HOUR:
            moments.popleft()
        if len(moments) >= self._most:
            return False
        moments.append(now)
        self._moments.move_to_end(address)
        if len(self._moments) > self._most_addresses:
            self._moments.popitem(last=False)
        return True

    def _forget(self, before: float) -> None:
        while self._moments:
            address, moments = next(iter(self._moments.items()))
            if moments[-1] > before:
                return
            del self._moments[address]
