"""From what a browser sends to what counts: left out, a robot, or a view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from tabularium.analytics.agents import is_robot, read_agent
from tabularium.analytics.view import View
from tabularium.analytics.visitors import DayKeys, name_of
from tabularium.schema.model import AnalyticsSettings

_DAY: Final = timedelta(days=1)
_PREFETCHED: Final = re.compile(r"\b(?:prefetch|prerender|preview)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visit:
    """What the request says beside its body. It is not kept."""

    address: str
    """Of IPv6 the /64."""
    agent: str
    origin: str
    referer: str
    wants_no_tracking: bool
    purposes: str
    """What headers say that the page is fetched for."""


@dataclass(frozen=True, slots=True)
class Seer:
    """Looks at views of the pages of one site."""

    site: str
    base_url: str
    settings: AnalyticsSettings
    keys: DayKeys

    async def look(self, body: Mapping[str, Any], visit: Visit, now: datetime) -> View | Literal["robot"] | None:
        """Return the view; `None` for one of which nothing is kept."""
        if self.settings.respect_do_not_track and visit.wants_no_tracking:
            return None
        if _excludes(self.settings.excluded_paths, body["p"]):
            return None
        if is_robot(visit.agent) or _PREFETCHED.search(visit.purposes):
            return "robot"
        return await self._view(body, visit, now)

    async def _view(self, body: Mapping[str, Any], visit: Visit, now: datetime) -> View:
        utc = now.astimezone(UTC)
        agent = read_agent(visit.agent)
        today = utc.date()
        visitor = name_of(await self.keys.of(today), self.site, visit.address, visit.agent)
        return View(
            at=milliseconds(utc),
            visitor=visitor,
            former=await self._former(utc, visit),
            path=body["p"],
            title=body.get("t") or None,
            referrer=_referrer(body.get("r", ""), self._own_host(visit)),
            device=agent.device,
            browser=agent.browser,
            system=agent.system,
            source=body.get("us") or None,
            medium=body.get("um") or None,
            campaign=body.get("uc") or None,
        )

    async def _former(self, utc: datetime, visit: Visit) -> str | None:
        """Return the name by the key of yesterday, whose sessions may go on for a while after midnight."""
        midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
        if utc - midnight > timedelta(minutes=self.settings.session_timeout):
            return None
        return name_of(await self.keys.of((utc - _DAY).date()), self.site, visit.address, visit.agent)

    def _own_host(self, visit: Visit) -> str | None:
        for url in (visit.origin, visit.referer, self.base_url):
            host = host_of(url)
            if host is not None:
                return host
        return None


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds from 1970 to a moment, cut."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def host_of(url: str) -> str | None:
    """Return the host of an http(s) URL in small letters, without `www.`; `None` for other text."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or not _HOST.fullmatch(host):
        return None
    return host.lower().removeprefix("www.") or None


_HOST: Final = re.compile(r"[^\x00-\x20\x7f/?#@]{1,253}")


def _referrer(url: str, own: str | None) -> str | None:
    host = host_of(url)
    return None if host == own else host


@lru_cache(maxsize=8)
def _globs(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    texts = (".*".join(map(re.escape, each.split("*"))) for each in globs)
    return re.compile("|".join(texts), re.DOTALL) if globs else None


def _excludes(globs: tuple[str, ...], path: str) -> bool:
    pattern = _globs(globs)
    return pattern is not None and pattern.fullmatch(path) is not None
