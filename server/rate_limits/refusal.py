"""The refusal of a request that came too often."""

from __future__ import annotations

from server.headers import Header
from server.rate_limits.verdict import AUTH, Verdict
from tabularium.errors import TabulariumError


class RateLimited(TabulariumError):
    """A limit is used up. `verdict` says which, and until when."""

    code = "RATE_LIMITED"
    default_message = "Too many requests. Please try again later."

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict

    def headers(self) -> list[Header]:
        """Return `Retry-After` and `RateLimit-*`, and under `/api/auth` the older name of the first beside it."""
        seconds = b"%d" % self.verdict.retry_after
        older = [(b"x-retry-after", seconds)] if self.verdict.group == AUTH else []
        return [(b"retry-after", seconds), *older, *self.verdict.headers()]
