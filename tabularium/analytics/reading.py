"""The five reads: what was seen in a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tabularium.analytics.span import Granularity, Span, plan_span, steps_of
from tabularium.clock import instant_text
from tabularium.context import Context
from tabularium.db.analytics_reading import Reader, Totals
from tabularium.db.database import Row
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
    totals, series = await reader.overview(steps)
    points = zip(steps, series, strict=True)
    return {
        "summary": _summary(totals),
        "timeSeries": [
            {"period": _instant(begin), "pageViews": views, "uniqueVisitors": visitors, "sessions": sessions}
            for (begin, _), (views, visitors, sessions) in points
        ],
    }


async def pages(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{pages, total}`."""
    found, total = await _reader(context, plan_span(first, last, timezone)).pages(limit, offset)
    return {"pages": [_page(*row) for row in found], "total": total}


async def referrers(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{referrers, total}`."""
    reader = _reader(context, plan_span(first, last, timezone))
    found, total = await reader.groups(["referrer"], limit, offset)
    listed = [{"domain": domain, "pageViews": views, "uniqueVisitors": visitors} for domain, views, visitors in found]
    return {"referrers": listed, "total": total}


async def campaigns(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{campaigns, total}`: of views with any of the three."""
    reader = _reader(context, plan_span(first, last, timezone))
    names = ("source", "medium", "campaign")
    found, total = await reader.groups(names, limit, offset, with_any=True)
    keys = (*names, "pageViews", "uniqueVisitors")
    return {"campaigns": [dict(zip(keys, row, strict=True)) for row in found], "total": total}


async def devices(context: Context, first: str, last: str, timezone: str) -> dict[str, Any]:
    """Return `{deviceTypes, browsers, operatingSystems}`."""
    reader = _reader(context, plan_span(first, last, timezone))
    found = await reader.counts(("device", "browser", "system"))
    names = ("deviceTypes", "browsers", "operatingSystems")
    return {name: _shares(rows) for name, rows in zip(names, found, strict=True)}


def _reader(context: Context, span: Span) -> Reader:
    return Reader(context.session, span.start, span.end)


def _instant(milliseconds: int) -> str:
    return instant_text(_EPOCH + timedelta(milliseconds=milliseconds))


def _summary(totals: Totals) -> dict[str, Any]:
    begun = totals.sessions
    return {
        "pageViews": totals.views,
        "uniqueVisitors": totals.visitors,
        "sessions": begun,
        "bounceRate": _ratio(100 * totals.bounces, begun),
        "averageSessionSeconds": _ratio(totals.milliseconds, 1000 * begun),
        "viewsPerSession": _ratio(totals.session_views, begun),
        "botsFiltered": totals.robots,
    }


def _ratio(part: int, whole: int) -> int | Decimal | None:
    return plain_number((Decimal(part) / whole).quantize(_HUNDREDTH, ROUND_HALF_UP)) if whole else None


def _page(path: str, title: str | None, views: int, visitors: int, entries: int, exits: int) -> dict[str, Any]:
    named = {"path": path} if title is None else {"path": path, "title": title}
    return {**named, "pageViews": views, "uniqueVisitors": visitors, "entries": entries, "exits": exits}


def _shares(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return values with percentages that add up to 100: what rounding leaves goes to the largest remainders."""
    whole = sum(row[1] for row in rows)
    parts = [divmod(row[1] * _WHOLE, whole) for row in rows]
    left = _WHOLE - sum(part for part, _ in parts)
    largest = set(sorted(range(len(parts)), key=lambda place: -parts[place][1])[:left])
    return [
        {"name": name, "count": count, "percentage": plain_number(Decimal(part + (place in largest)).scaleb(-2))}
        for place, ((name, count), (part, _)) in enumerate(zip(rows, parts, strict=True))
    ]
