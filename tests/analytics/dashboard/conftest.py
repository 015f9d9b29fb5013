"""The page with its files and its policy on a server of its own, and a real browser to look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from server.dashboard import ASSETS_PATH, load_dashboard_assets
from tabularium.analytics.dashboard import page
from tests.analytics.dashboard.sample import AROUND
from tests.support.chromium import Chromium, installed_chromium

PICTURES: Final = Path(__file__).parents[3] / "build" / "screenshots"
"""Where the tests leave what the browser has shown."""

Show = Callable[[page.Figures, page.Period], str]
"""Serves the page of some figures, and returns its address."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(installed_chromium(), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def show() -> Iterator[Show]:
    assets = load_dashboard_assets()
    shown = {"html": b""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asset = assets.by_name.get(self.path.removeprefix(ASSETS_PATH))
            body = shown["html"] if asset is None else asset.body
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8" if asset is None else asset.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", page.CONTENT_SECURITY_POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def serve(figures: page.Figures, period: page.Period) -> str:
            around = replace(AROUND, scripts=assets.scripts, styles=assets.styles)
            shown["html"] = page.html(figures, period, around)
            return f"http://127.0.0.1:{server.server_address[1]}/docs/analytics"

        yield serve
        server.shutdown()
        thread.join()
