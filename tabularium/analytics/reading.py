"""The five reads: what was seen in a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tabularium.analytics.span import Granularity, Span, plan_span, steps_of
from tabularium.clock import instant_text
from tabularium.context import Context
from tabularium.db.analytics_days import PAGE
from tabularium.db.analytics_listing import EVERYTHING, Listed, Listing
from tabularium.db.analytics_reading import Figures, Reader
from tabularium.schema.fields.base import plain_number

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HUNDREDTH: Final = Decimal("0.01")
_WHOLE: Final = 10_000
"""Hundredths of a percent."""


async def overview(context: Context, first: str, last: str, timezone: str, granularity: Granularity) -> dict[str, Any]:
    """Return `{summary, timeSeries}`."""
    span = plan_span(first, last, timezone)
    steps = steps_of(span, granularity)
    reader = _reader(context, span)
    total, series, robots = await reader.overview(steps)
    points = zip(steps, series, strict=True)
    return {
        "summary": {**_summary(total), "botsFiltered": robots},
        "timeSeries": [
            {
                "period": _instant(begin),
                "pageViews": seen.views,
                "uniqueVisitors": seen.visitors,
                "sessions": seen.sessions,
            }
            for (begin, _), seen in points
        ],
    }


async def pages(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{pages, total}`."""
    listed, total = await _listing(context, plan_span(first, last, timezone), Listing(PAGE, limit, offset))
    return {"pages": [_page(each) for each in listed], "total": total}


async def referrers(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{referrers, total}`."""
    listed, total = await _listing(context, plan_span(first, last, timezone), Listing("referrer", limit, offset))
    return {"referrers": [{"domain": each.values[0], **_figures(each)} for each in listed], "total": total}


async def campaigns(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{campaigns, total}`: of views with any of the three."""
    listed, total = await _listing(context, plan_span(first, last, timezone), Listing("campaign", limit, offset))
    names = ("source", "medium", "campaign")
    found = [{**dict(zip(names, each.values, strict=True)), **_figures(each)} for each in listed]
    return {"campaigns": found, "total": total}


async def devices(context: Context, first: str, last: str, timezone: str) -> dict[str, Any]:
    """Return `{deviceTypes, browsers, operatingSystems}`."""
    kinds = (Listing(kind, EVERYTHING, 0) for kind in ("device", "browser", "system"))
    found = await _reader(context, plan_span(first, last, timezone)).listings(*kinds)
    names = ("deviceTypes", "browsers", "operatingSystems")
    return {name: _shares(listed) for name, (listed, _) in zip(names, found, strict=True)}


async def _listing(context: Context, span: Span, listing: Listing) -> tuple[list[Listed], int]:
    (found,) = await _reader(context, span).listings(listing)
    return found


def _figures(seen: Listed) -> dict[str, int]:
    return {"pageViews": seen.views, "uniqueVisitors": seen.visitors}


def _reader(context: Context, span: Span) -> Reader:
    return Reader(context.session, span.start, span.end)


def _instant(milliseconds: int) -> str:
    return instant_text(_EPOCH + timedelta(milliseconds=milliseconds))


def _summary(total: Figures) -> dict[str, Any]:
    begun = total.sessions
    return {
        "pageViews": total.views,
        "uniqueVisitors": total.visitors,
        "sessions": begun,
        "bounceRate": _ratio(100 * total.bounces, begun),
        "averageSessionSeconds": _ratio(total.milliseconds, 1000 * begun),
        "viewsPerSession": _ratio(total.session_views, begun),
    }


def _ratio(part: int, whole: int) -> int | Decimal | None:
    return plain_number((Decimal(part) / whole).quantize(_HUNDREDTH, ROUND_HALF_UP)) if whole else None


def _page(seen: Listed) -> dict[str, Any]:
    named = {"path": seen.values[0]} if seen.title is None else {"path": seen.values[0], "title": seen.title}
    return {**named, **_figures(seen), "entries": seen.entries, "exits": seen.exits}


def _shares(found: Sequence[Listed]) -> list[dict[str, Any]]:
    """Return values with percentages that add up to 100: what rounding leaves goes to the largest remainders."""
    whole = sum(seen.views for seen in found)
    parts = [divmod(seen.views * _WHOLE, whole) for seen in found]
    left = _WHOLE - sum(part for part, _ in parts)
    largest = set(sorted(range(len(parts)), key=lambda place: -parts[place][1])[:left])
    return [
        {
            "name": seen.values[0],
            "count": seen.views,
            "percentage": plain_number(Decimal(part + (place in largest)).scaleb(-2)),
        }
        for place, (seen, (part, _)) in enumerate(zip(found, parts, strict=True))
    ]
