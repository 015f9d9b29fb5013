"""A bound on how long the event loop works on a read that may scan."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import apsw

from tabularium.db.database import Statement
from tabularium.errors import Unavailable

T = TypeVar("T")

_SECONDS: Final = 0.0015
"""A hop to a thread and back costs about as much, since both then contend for the interpreter."""
_STEPS: Final = 4_000
"""So many steps of SQLite's machine, a fraction of a millisecond, lie between two looks at the clock."""
_MOST_KNOWN: Final = 512


class OverBudget(Exception):
    """The read would take too long in the event loop. Nothing of it was seen."""


class Budget:
    """Lets a connection try reads that may scan, and stops those that take long.

    Whether a scan is long depends on the rows that are there. Most tables are small, so it is tried; what was stopped
    once is not tried again.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._until: float | None = None
        self._is_over = False
        self._long: OrderedDict[tuple[str, ...], None] = OrderedDict()
        connection.set_progress_handler(self._look, _STEPS)

    def _look(self) -> bool:
        self._is_over = self._until is not None and time.perf_counter() > self._until
        return self._is_over

    def run(self, read: Callable[[], T], statements: Sequence[Statement]) -> T:
        """Run a read. Raises `OverBudget` where it takes too long, or has done so before."""
        key = tuple(sql for sql, _ in statements)
        if key in self._long:
            raise OverBudget
        self._until, self._is_over = time.perf_counter() + _SECONDS, False
        try:
            return read()
        except Unavailable:
            if not self._is_over:
                raise
        finally:
            self._until = None
        self._long[key] = None
        if len(self._long) > _MOST_KNOWN:
            self._long.popitem(last=False)
        raise OverBudget
