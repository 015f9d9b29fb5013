"""Many rows in few statements: how many of them one statement takes, and in which sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

MOST_ROWS: Final = 512
MOST_PARAMETERS: Final = 32_766
"""Of one statement, on either database."""

T = TypeVar("T")


def rows_at_once(width: int) -> int:
    """Return how many rows with `width` bound values go into one statement."""
    return max(1, min(MOST_ROWS, (MOST_PARAMETERS - 1) // max(1, width)))


def pieces(items: Sequence[T], most: int = MOST_ROWS) -> Iterator[Sequence[T]]:
    """Divide items into parts whose lengths are powers of two, so that few texts of statements are needed."""
    largest, start = 1 << (most.bit_length() - 1), 0
    while rest := len(items) - start:
        size = min(largest, 1 << (rest.bit_length() - 1))
        yield items[start : start + size]
        start += size
