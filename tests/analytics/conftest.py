"""An application that counts views of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from server.app import ServedApplication
from tabularium.analytics.collecting import Collector
from tests.support.asgi import Answer
from tests.support.auth import Browser, Site, site

FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"
COLLECT = "/api/analytics/collect"


class Tracked:
    """The application, as the pages of other sites and its administrators reach it."""

    def __init__(self, opened: Site) -> None:
        self.site = opened
        self.root: Browser = opened.admin()

    @property
    def collector(self) -> Collector:
        application: Any = self.site.client.application
        assert isinstance(application, ServedApplication)
        assert application.collector is not None
        return application.collector

    def view(
        self, path: str = "/", *, headers: Mapping[str, str | None] | None = None, raw: bytes | None = None, **more: Any
    ) -> Answer:
        """Send a view; a header that is `None` is left out."""
        sent = {"user-agent": FIREFOX, **(headers or {})}
        known = {name: value for name, value in sent.items() if value is not None}
        body = None if raw is not None else {"p": path, **more}
        return self.site.client("POST", COLLECT, body, headers=known, raw=raw)

    def flush(self) -> None:
        self.site.client.run(self.collector.flush())

    def read(self, name: str, **query: Any) -> Any:
        """Ask one of the reads, of a span that holds every view of the tests."""
        self.flush()
        answer = self.root("GET", f"/api/analytics/{name}", query={"from": "2026-01-01", "to": "2026-12-31", **query})
        assert answer.status == 200, answer.body
        return answer.json()

    @property
    def summary(self) -> Any:
        return self.read("overview", granularity="month")["summary"]


Track = Callable[..., Tracked]


@pytest.fixture
def track(tmp_path: Path, database_url: str) -> Iterator[Track]:
    """Open an application with a block `analytics`."""
    with ExitStack() as stack:

        def open_site(analytics: Any = True, **more: Any) -> Tracked:
            return Tracked(stack.enter_context(site(tmp_path, database_url, analytics=analytics, **more)))

        yield open_site


@pytest.fixture
def tracked(track: Track) -> Tracked:
    return track()
