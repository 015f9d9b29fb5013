"""The five reads: what was seen in a span of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tabularium.analytics.span import Granularity, Span, plan_span, steps_of
from tabularium.clock import instant_text
from tabularium.context import Context
from tabularium.db.analytics_reading import Reader, Seen, Values
from tabularium.db.analytics_spans import Figures
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
    found, titles = await _reader(context, plan_span(first, last, timezone)).pages()
    listed = sorted(found.items(), key=lambda each: (-each[1].views, each[0]))[offset : offset + limit]
    return {"pages": [_page(path, titles.get(path), seen) for path, seen in listed], "total": len(found)}


async def referrers(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{referrers, total}`."""
    (found,) = await _reader(context, plan_span(first, last, timezone)).kinds("referrer")
    listed = [{"domain": values[0], **_figures(seen)} for values, seen in _ordered(found)]
    return {"referrers": listed[offset : offset + limit], "total": len(listed)}


async def campaigns(context: Context, first: str, last: str, timezone: str, limit: int, offset: int) -> dict[str, Any]:
    """Return `{campaigns, total}`: of views with any of the three."""
    (found,) = await _reader(context, plan_span(first, last, timezone)).kinds("campaign")
    names = ("source", "medium", "campaign")
    listed = [
        {**dict(zip(names, values, strict=True)), **_figures(seen)} for values, seen in _ordered(found) if any(values)
    ]
    return {"campaigns": listed[offset : offset + limit], "total": len(listed)}


async def devices(context: Context, first: str, last: str, timezone: str) -> dict[str, Any]:
    """Return `{deviceTypes, browsers, operatingSystems}`."""
    found = await _reader(context, plan_span(first, last, timezone)).kinds("device", "browser", "system")
    names = ("deviceTypes", "browsers", "operatingSystems")
    return {name: _shares(_ordered(values)) for name, values in zip(names, found, strict=True)}


def _ordered(found: Mapping[Values, Seen]) -> list[tuple[Values, Seen]]:
    """Return the most usual first, then by code points, null last."""
    return sorted(found.items(), key=lambda each: (-each[1].views, *((text is None, text or "") for text in each[0])))


def _figures(seen: Seen) -> dict[str, int]:
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


def _page(path: str, title: str | None, seen: Seen) -> dict[str, Any]:
    named = {"path": path} if title is None else {"path": path, "title": title}
    return {**named, **_figures(seen), "entries": seen.entries, "exits": seen.exits}


def _shares(found: Sequence[tuple[Values, Seen]]) -> list[dict[str, Any]]:
    """Return values with percentages that add up to 100: what rounding leaves goes to the largest remainders."""
    whole = sum(seen.views for _, seen in found)
    parts = [divmod(seen.views * _WHOLE, whole) for _, seen in found]
    left = _WHOLE - sum(part for part, _ in parts)
    largest = set(sorted(range(len(parts)), key=lambda place: -parts[place][1])[:left])
    return [
        {
            "name": values[0],
            "count": seen.views,
            "percentage": plain_number(Decimal(part + (place in largest)).scaleb(-2)),
        }
        for place, ((values, seen), (part, _)) in enumerate(zip(found, parts, strict=True))
    ]
