"""The limits of authentication: by address and path, without the method, and whatever comes of the request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from server.rate_limits.store import CounterStore
from server.rate_limits.verdict import AUTH, Limit, Verdict

_LONGEST_PATH: Final = 128
"""A path may be as long as the server takes, and a hundred thousand of them may be kept: beyond this, as a digest."""


class RateLimitOptions(Protocol):
    """The block `auth.rateLimit`. Rules are the window in seconds and the number, `None` where a path has no limit."""

    @property
    def enabled(self) -> bool: ...
    @property
    def window(self) -> int: ...
    @property
    def max(self) -> int: ...
    @property
    def custom_rules(self) -> Mapping[str, tuple[int, int] | None]: ...


class _Row(NamedTuple):
    limit: Limit
    paths: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    def matches(self, path: str) -> bool:
        return path in self.paths or path.startswith(self.beginnings)


ROWS: Final = (
    _Row(Limit(3, 10), beginnings=("/sign-in", "/sign-up", "/change-password", "/change-email")),
    _Row(
        Limit(3, 60),
        paths=frozenset({"/request-password-reset", "/send-verification-email"}),
        beginnings=("/forget-password",),
    ),
    _Row(Limit(3, 10), beginnings=("/two-factor/",)),
    _Row(
        Limit(3, 60),
        paths=frozenset(
            {
                "/email-otp/send-verification-otp",
                "/email-otp/check-verification-otp",
                "/sign-in/email-otp",
                "/email-otp/verify-email",
                "/email-otp/request-password-reset",
                "/forget-password/email-otp",
                "/email-otp/reset-password",
                "/email-otp/request-email-change",
                "/email-otp/change-email",
            }
        ),
    ),
    _Row(Limit(5, 60), beginnings=("/sign-in/magic-link", "/magic-link/verify")),
    _Row(
        Limit(5, 60),
        paths=frozenset(
            {
                "/admin/accept-invitation",
                "/api/admin/bootstrap/claim",
                "/api/account/delete",
                "/api/account/export",
            }
        ),
    ),
)
"""The table, but for its first row, which is in the options. Of the rows that match, the lowest counts."""


class AuthLimits:
    """Says how often an address may call a path."""

    def __init__(self, options: RateLimitOptions, store: CounterStore) -> None:
        self._enabled = options.enabled
        self._all = Limit(options.max, options.window)
        self._exact: dict[str, Limit | None] = {}
        self._patterns: list[tuple[list[str], Limit | None]] = []
        """What stands between the `*`, the most specific first."""
        self._store = store
        for path, rule in sorted(options.custom_rules.items(), key=_specificity, reverse=True):
            limit = None if rule is None else Limit(requests=rule[1], seconds=rule[0])
            if "*" in path:
                self._patterns.append((path.split("*"), limit))
            else:
                self._exact[path] = limit

    def rule_for(self, path: str) -> Limit | None:
        """Return the limit of a path, `None` where it has none.

        The path is decoded; it is the one below `/api/auth`, or whole where it is another (`/api/account/delete`). Of
        the rules of the file an exact path goes first, then the pattern with the most characters that are not `*`.
        """
        if not self._enabled:
            return None
        if path in self._exact:
            return self._exact[path]
        for parts, limit in self._patterns:
            if _holds_in_order(path, parts):
                return limit
        for row in reversed(ROWS):
            if row.matches(path):
                return row.limit
        return self._all

    async def check(self, address_key: str, path: str) -> Verdict | None:
        """Count a request, unless its limit is used up. Returns `None` where there is no limit.

        `address_key` is what `ClientAddress.key_of` gives, `path` as for `rule_for`.
        """
        limit = self.rule_for(path)
        if limit is None:
            return None
        if len(path) > _LONGEST_PATH:
            path = hashlib.blake2b(path.encode(errors="surrogatepass"), digest_size=16).hexdigest()
        streak = await self._store.add_to_streak(f"{address_key} {path}", limit.requests, limit.seconds * 1000)
        remaining = max(0, limit.requests - streak.counted)
        return Verdict(AUTH, streak.allowed, limit, remaining, -(-streak.left // 1000))


def _specificity(rule: tuple[str, tuple[int, int] | None]) -> int:
    # Sorting keeps the order of the file among equals, also reversed.
    return len(rule[0].replace("*", ""))


def _holds_in_order(path: str, parts: list[str]) -> bool:
    # Not a regular expression: one with two `*` can be made to take seconds by a path of some kilobytes.
    first, *middle, last = parts
    at, end = len(first), len(path) - len(last)
    if at > end or not path.startswith(first) or not path.endswith(last):
        return False
    for part in middle:
        at = path.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
