"""What a check of a limit found, and how an answer tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from server.headers import Header

AUTH: Final = "auth"
"""Stands for a group where the limits of `/api/auth` are meant, whose clients read `X-Retry-After`."""


class Limit(NamedTuple):
    """So many requests in so many seconds, both at least 1."""

    requests: int
    seconds: int


class Verdict(NamedTuple):
    """Whether a request may pass one limit, and what is left of that."""

    group: str
    """Whose limit it is: `AUTH`, or a group of operations."""
    allowed: bool
    limit: Limit
    remaining: int
    """How many more requests would pass at this moment."""
    reset: int
    """Whole seconds, rounded up. Of a limit that is used up: until it lets a request pass again."""

    @property
    def retry_after(self) -> int:
        """Whole seconds after which a refused request may come again, at least 1; 0 where it was allowed."""
        return 0 if self.allowed else max(1, self.reset)

    def headers(self) -> list[Header]:
        """Return the four headers `RateLimit-*`."""
        requests, seconds = self.limit
        return [
            (b"ratelimit-limit", b"%d" % requests),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset),
            (b"ratelimit-policy", b"%d;w=%d" % (requests, seconds)),
        ]


def nearest_to_end(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Return the verdict whose headers the answer carries, `None` where nothing is limited.

    A refusal goes before everything, the longest one first; then comes the limit with the fewest requests left.
    """
    found = [each for each in verdicts if each is not None]
    return min(found, key=lambda each: (each.allowed, each.remaining, -each.reset), default=None)
