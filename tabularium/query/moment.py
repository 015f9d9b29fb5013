"""When, where and by whom a query is asked: what relative dates, days among instants, and rules for rows depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from tabularium.errors import FieldError
from tabularium.schema.fields.option_types import zone_names


@dataclass(frozen=True, slots=True)
class Caller:
    """What rules for rows may ask of the one who sends a request; nothing of somebody who is not signed in."""

    user_id: str | None = None
    email: str | None = None
    roles: tuple[str, ...] = ()


NOBODY: Final = Caller()


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant of a request, as text, the zone in which its days begin, and who sends it."""

    now: str
    zone: tzinfo = UTC
    caller: Caller = NOBODY

    @property
    def today(self) -> date:
        """The day of the instant in the zone."""
        return datetime.fromisoformat(self.now).astimezone(self.zone).date()


ANY_MOMENT: Final = Moment("2000-01-01T00:00:00.000Z")
"""For conditions that are only checked."""


def find_zone(name: str) -> tzinfo | None:
    """Return the zone of the IANA database with this name, or `None`."""
    return ZoneInfo(name) if name in zone_names() else None


def plan_zone(name: str | None, errors: list[FieldError]) -> tzinfo | None:
    """Read `timezone`, appending a failure to `errors`."""
    zone = None if name is None else find_zone(name)
    if name is not None and zone is None:
        message = "Must be the name of an IANA time zone, such as Europe/Zurich."
        errors.append(FieldError("timezone", message, "invalid_value"))
    return zone
