"""What analytics should answer, worked out from the views one by one, slowly and without any cleverness."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = 60_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A view by a person, whom only the test knows. `number` is its place in the order of arrival."""

    at: int
    person: str
    path: str
    referrer: str | None
    device: str
    campaign: tuple[str | None, str | None, str | None]
    title: str | None = None
    number: int = 0

    @property
    def day(self) -> int:
        return self.at // (24 * 60 * MINUTE)


def sessions_of(views: Sequence[Seen], gap: int) -> list[list[Seen]]:
    """Go through each person's views in order: a pause of more than `gap` begins a session."""
    found: list[list[Seen]] = []
    by_person = defaultdict(list)
    for view in sorted(views, key=lambda each: (each.at, each.number)):
        by_person[view.person].append(view)
    for own in by_person.values():
        current = [own[0]]
        for view in own[1:]:
            if view.at - current[-1].at > gap:
                found.append(current)
                current = []
            current.append(view)
        found.append(current)
    return found


def visitors(views: Sequence[Seen]) -> int:
    return len({(view.day, view.person) for view in views})


def moment(at: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=at)).astimezone(zone)


@cache
def first_instant(day: date, zone: ZoneInfo) -> int:
    """Look from quarter to quarter of an hour for the first one that clocks in the zone show on this day."""
    start = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
    for at in range(start - 30 * 60 * MINUTE, start + 30 * 60 * MINUTE, 15 * MINUTE):
        if moment(at, zone).date() >= day:
            return at
    raise AssertionError


def step_of(at: int, granularity: str, zone: ZoneInfo) -> int:
    """Return where the step begins in which an instant lies."""
    day = moment(at, zone).date()
    if granularity == "hour":
        start = first_instant(day, zone)
        return start + (at - start) // (60 * MINUTE) * 60 * MINUTE
    if granularity == "week":
        day -= timedelta(days=day.weekday())
    if granularity == "month":
        day = day.replace(day=1)
    return first_instant(day, zone)


def steps_between(start: int, end: int, granularity: str, zone: ZoneInfo) -> list[int]:
    """Ask each quarter of an hour of the span to which step it belongs."""
    asked = [*range(start, end, 15 * MINUTE), end - 1]
    return sorted({step_of(at, granularity, zone) for at in asked})


def rounded(part: int, whole: int) -> Any:
    if not whole:
        return None
    exact = Fraction(part, whole)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def kept_sessions(views: Sequence[Seen], gap: int, since: int) -> list[list[Seen]]:
    """Return the sessions without those that were over before `since`, which are forgotten."""
    return [each for each in sessions_of(views, gap) if each[-1].at >= since]


def overview(
    views: Sequence[Seen],
    gap: int,
    start: int,
    end: int,
    granularity: str,
    zone: ZoneInfo,
    robots: Sequence[int],
    since: int,
) -> dict[str, Any]:
    inside = [view for view in views if start <= view.at < end and view.at >= since]
    begun = [each for each in kept_sessions(views, gap, since) if start <= each[0].at < end]
    seen_in, begun_in = defaultdict(list), defaultdict(list)
    for view in inside:
        seen_in[step_of(view.at, granularity, zone)].append(view)
    for each in begun:
        begun_in[step_of(each[0].at, granularity, zone)].append(each)
    series = []
    for step in steps_between(start, end, granularity, zone):
        own, sessions = seen_in[step], begun_in[step]
        at = (EPOCH + timedelta(milliseconds=step)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        series.append({"period": at, "pageViews": len(own), "uniqueVisitors": visitors(own), "sessions": len(sessions)})
    return {
        "summary": {
            "pageViews": len(inside),
            "uniqueVisitors": visitors(inside),
            "sessions": len(begun),
            "bounceRate": rounded(100 * sum(len(each) == 1 for each in begun), len(begun)),
            "averageSessionSeconds": rounded(sum(each[-1].at - each[0].at for each in begun), 1000 * len(begun)),
            "viewsPerSession": rounded(sum(map(len, begun)), len(begun)),
            "botsFiltered": sum(max(start, since) <= at - at % (15 * MINUTE) < end for at in robots),
        },
        "timeSeries": series,
    }


def pages(
    views: Sequence[Seen], gap: int, start: int, end: int, titles: dict[str, str], since: int
) -> list[dict[str, Any]]:
    inside = [view for view in views if start <= view.at < end and view.at >= since]
    sessions = kept_sessions(views, gap, since)
    entries = Counter(each[0].path for each in sessions if start <= each[0].at < end)
    exits = Counter(each[-1].path for each in sessions if start <= each[-1].at < end)
    found = []
    for path in {view.path for view in inside}:
        own = [view for view in inside if view.path == path]
        named = {"title": titles[path]} if path in titles else {}
        figures = {"pageViews": len(own), "uniqueVisitors": visitors(own)}
        found.append({"path": path, **named, **figures, "entries": entries[path], "exits": exits[path]})
    return sorted(found, key=lambda each: (-each["pageViews"], each["path"]))


def referrers(views: Sequence[Seen], start: int, end: int) -> list[dict[str, Any]]:
    inside = [view for view in views if start <= view.at < end]
    found = []
    for domain in {view.referrer for view in inside}:
        own = [view for view in inside if view.referrer == domain]
        found.append({"domain": domain, "pageViews": len(own), "uniqueVisitors": visitors(own)})
    return sorted(found, key=lambda each: (-each["pageViews"], each["domain"] is None, each["domain"] or ""))


def campaigns(views: Sequence[Seen], start: int, end: int) -> list[dict[str, Any]]:
    inside = [view for view in views if start <= view.at < end and any(view.campaign)]
    found = []
    for campaign in {view.campaign for view in inside}:
        own = [view for view in inside if view.campaign == campaign]
        names = dict(zip(("source", "medium", "campaign"), campaign, strict=True))
        found.append({**names, "pageViews": len(own), "uniqueVisitors": visitors(own)})
    return sorted(
        found,
        key=lambda each: (
            -each["pageViews"],
            *((each[name] is None, each[name] or "") for name in ("source", "medium", "campaign")),
        ),
    )
