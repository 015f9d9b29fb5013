"""A site with pages, another origin that has the script and takes the views, and a real browser between them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from server.tracking import load_tracking_script
from server.validators import ValidatorFactory
from tests.support.chromium import Chromium, Page, installed_chromium

SCRIPT: Final = "/api/analytics/script.js"
_PATIENCE: Final = 10.0
_QUIET: Final = 0.2
"""Longer than the script waits for a title."""


def _contract() -> dict[str, Any]:
    generated = Path(__file__).parents[3] / "generated" / "openapi.json"
    contract: dict[str, Any] = json.loads(generated.read_text(encoding="utf-8"))
    return contract


COLLECTED: Final = ValidatorFactory(_contract()).compile({"$ref": "#/components/schemas/PageView"})


@dataclass
class Received:
    """A view as it came in."""

    path: str
    headers: dict[str, str]
    text: str

    @property
    def view(self) -> dict[str, Any]:
        view: dict[str, Any] = json.loads(self.text)
        return view


@dataclass
class Collector:
    """Has the script, and keeps what is sent to it."""

    received: list[Received] = field(default_factory=list)
    preflights: int = 0
    respect: bool = True
    address: str = ""

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return the views once there are so many, and no more of them a moment later."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(_QUIET)
        views = [each.view for each in self.received]
        assert len(views) == count, views
        assert [COLLECTED.explain(each) for each in views if not COLLECTED.is_valid(each)] == []
        return views

    def paths(self, count: int) -> list[str]:
        """Return the paths of the views, in their order."""
        return [each["p"] for each in self.wait_for(count)]


@dataclass
class Visit:
    """Opens pages of the site, and knows what was sent meanwhile."""

    site: str
    collector: Collector
    chromium: Chromium
    stack: ExitStack
    page: Page | None = None

    def open(
        self, path: str = "/", *, before: str = "", attributes: str = "", head: str = "", wait: bool = True
    ) -> Page:
        """Open a page that has the script, with some attributes."""
        if self.page is None:
            self.page = self.stack.enter_context(self.chromium.page(before))
        PAGES["attributes"], PAGES["head"] = attributes, head
        self.page.open(self.site + path)
        return self.page


PAGES: dict[str, str] = {"attributes": "", "head": "", "script": ""}
"""What the site's pages have. Tests of one process run one after the other."""


RELEASED = threading.Event()
"""Lets `/wait` answer: how a page that nobody looks at is told to go on."""
PRERENDERED = threading.Event()
"""Says that the browser has asked for a page in advance."""


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/wait":
            RELEASED.wait(_PATIENCE)
        if "prerender" in self.headers.get("Sec-Purpose", ""):
            PRERENDERED.set()
        script = f'<script defer src="{PAGES["script"]}" {PAGES["attributes"]}></script>'
        name = self.path.partition("?")[0]
        text = f'<!doctype html><title>Page {name}</title>{PAGES["head"]}{script}<a id="next" href="/next">next</a>'
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _collecting(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = load_tracking_script(collector.respect).body
            self._answer(200 if self.path == SCRIPT else 404, body)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            collector.received.append(Received(self.path, headers, text))
            self._answer(204, b"")

        def do_OPTIONS(self) -> None:
            collector.preflights += 1
            self._answer(204, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/javascript; charset=utf-8")
            if body:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(installed_chromium(), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def _servers() -> Iterator[tuple[str, Collector]]:
    collector = Collector()
    with _listening(_Site) as site, _listening(_collecting(collector)) as product:
        collector.address = f"http://127.0.0.1:{product}"
        yield f"http://localhost:{site}", collector


@pytest.fixture
def visit(chromium: Chromium, _servers: tuple[str, Collector]) -> Iterator[Visit]:
    """Open pages of a site in a fresh profile; the views come to another origin."""
    site, collector = _servers
    collector.received, collector.preflights, collector.respect = [], 0, True
    PAGES["script"] = collector.address + SCRIPT
    with ExitStack() as stack:
        yield Visit(site, collector, chromium, stack)


@pytest.fixture
def automated_visit(_servers: tuple[str, Collector], tmp_path: Path) -> Iterator[Visit]:
    """The same in a browser that says that a program drives it."""
    site, collector = _servers
    collector.received = []
    PAGES["script"] = collector.address + SCRIPT
    browser = Chromium(installed_chromium(), tmp_path, is_automated=True)
    try:
        with ExitStack() as stack:
            yield Visit(site, collector, browser, stack)
    finally:
        browser.close()
