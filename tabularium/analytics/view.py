"""A view as it waits to be stored. It holds neither an address nor a user agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUARTER: Final = 15 * 60 * 1000
"""Milliseconds of a quarter of an hour, the grain of time zones."""


@dataclass(frozen=True, slots=True)
class View:
    """One view that counts, at a time in milliseconds since 1970."""

    at: int
    visitor: str
    """Who it was, for this day in UTC only."""
    former: str | None
    """Who it was by the key of the day before, as long as a session of that day may still go on."""
    path: str
    title: str | None
    referrer: str | None
    device: str
    browser: str
    system: str
    source: str | None
    medium: str | None
    campaign: str | None

    def row(self, session: int) -> tuple[int | str | None, ...]:
        """Return the values of the columns of an event."""
        return (
            *(self.at, self.visitor, session, self.path, self.device, self.browser, self.system),
            *(self.referrer, self.source, self.medium, self.campaign),
        )
