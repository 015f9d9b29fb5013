"""Answers the page: what was asked for, the five reads on one snapshot, and the page of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tabularium.analytics import reading
from tabularium.analytics.dashboard.page import Figures, Surroundings, html
from tabularium.analytics.dashboard.period import Asked, Period, period_of
from tabularium.context import Context
from tabularium.errors import FieldError, ValidationFailed
from tabularium.query.moment import plan_zone


async def read(context: Context, query: Mapping[str, Any], around: Surroundings) -> bytes:
    """Return the page of the days that a query names. Raises `ValidationFailed` for what the reads do not take."""
    period = period_of(asked_for(query), context.clock.now())
    return html(await _figures(context, period), period, around)


def asked_for(query: Mapping[str, Any]) -> Asked:
    """Read a query that fits the contract. Raises `ValidationFailed` for a zone that nobody knows."""
    errors: list[FieldError] = []
    plan_zone(query["timezone"], errors)
    if errors:
        raise ValidationFailed(errors=errors)
    return Asked(
        first=_day(query["from_"]),
        last=_day(query["to"]),
        timezone=query["timezone"],
        granularity=query["granularity"],
        rows=query["rows"],
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


async def _figures(context: Context, period: Period) -> Figures:
    asked = (context, period.first.isoformat(), period.last.isoformat(), period.timezone)
    return Figures(
        overview=await reading.overview(*asked, period.granularity),
        pages=await reading.pages(*asked, period.rows, 0),
        referrers=await reading.referrers(*asked, period.rows, 0),
        devices=await reading.devices(*asked),
        campaigns=await reading.campaigns(*asked, period.rows, 0),
    )
