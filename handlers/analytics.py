"""Handlers of the tag `analytics`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from handlers.reply import Reply
from handlers.services import Services
from tabularium.analytics import reading as figures
from tabularium.analytics.dashboard import page, reading
from tabularium.analytics.seeing import Visit
from tabularium.context import Context
from tabularium.errors import NotFound

_FOR_AN_HOUR: Final = "public, max-age=3600"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"


async def collect_page_view(
    services: Services,
    body: dict[str, Any],
    address: str,
    dnt: str | None,
    sec_gpc: str | None,
    sec_purpose: str | None,
    purpose: str | None,
    x_moz: str | None,
    user_agent: str | None,
    origin: str | None,
    referer: str | None,
) -> Reply:
    """Answer `POST /api/analytics/collect`."""
    if services.collector is None:
        raise NotFound
    purposes = " ".join(each for each in (sec_purpose, purpose, x_moz) if each)
    visit = Visit(address, user_agent or "", origin or "", referer or "", "1" in (dnt, sec_gpc), purposes)
    await services.collector.collect(body, visit)
    return Reply(None, 204)


async def get_analytics_overview(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/analytics/overview`."""
    return await figures.overview(context, query["from_"], query["to"], query["timezone"], query["granularity"])


async def list_analytics_pages(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/analytics/pages`."""
    return await figures.pages(context, *_span(query), query["limit"], query["offset"])


async def list_analytics_referrers(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/analytics/referrers`."""
    return await figures.referrers(context, *_span(query), query["limit"], query["offset"])


async def get_analytics_devices(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/analytics/devices`."""
    return await figures.devices(context, *_span(query))


async def list_analytics_campaigns(context: Context, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `GET /api/analytics/campaigns`."""
    return await figures.campaigns(context, *_span(query), query["limit"], query["offset"])


def _span(query: Mapping[str, Any]) -> tuple[str, str, str]:
    return query["from_"], query["to"], query["timezone"]


async def get_analytics_script(services: Services) -> Reply:
    """Answer `GET /api/analytics/script.js`."""
    script = services.tracking_script
    headers = {"ETag": script.etag, "Cache-Control": _FOR_AN_HOUR}
    return Reply(script.body, headers=headers, content_type=_JAVASCRIPT, gzip=script.gzip)


async def get_analytics_dashboard(context: Context, services: Services, query: Mapping[str, Any]) -> Reply:
    """Answer `GET /docs/analytics`."""
    files = services.dashboard
    around = page.Surroundings(services.schema.name, services.base_url, files.scripts, files.styles)
    content = await reading.read(context, query, around)
    headers = {"Content-Security-Policy": page.CONTENT_SECURITY_POLICY, "Cache-Control": "no-store"}
    return Reply(content, headers=headers, content_type=_HTML)


async def get_analytics_asset(services: Services, asset: str) -> Reply:
    """Send a file of the dashboard. Its name holds a hash of its content, so callers may keep it for ever."""
    found = services.dashboard.assets.get(asset)
    if found is None:
        raise NotFound
    headers = {"ETag": f'"{asset}"', "Cache-Control": _IMMUTABLE}
    return Reply(found.body, headers=headers, content_type=found.content_type, gzip=found.gzip)
