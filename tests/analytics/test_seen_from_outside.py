"""From a page of another site to the dashboard: the server as users start it, and a real browser before and behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from tests.provision.server import running_server
from tests.support.chromium import Chromium, Page, installed_chromium

ADMIN: Final = {"email": "root@example.com", "password": "correct-horse-of-root"}
VIEWER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""The browser says otherwise that it has no window, and would be counted as a robot."""
HOSTILE: Final = "</title><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


@dataclass(frozen=True)
class Places:
    product: str
    site: str


@contextmanager
def _site(product: list[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = f'<script defer src="{product[0]}/api/analytics/script.js"></script>'
            body = f"<!doctype html><title>Books</title>{script}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def places(tmp_path: Path, database_url: str) -> Iterator[Places]:
    installed_chromium()
    file = tmp_path / "app.json"
    auth = {"strategies": [{"type": "emailAndPassword"}]}
    tables = [{"id": 1, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}]
    file.write_text(json.dumps({"name": "library", "auth": auth, "analytics": True, "tables": tables}))
    environment = {
        "AUTH_SECRET": "0123456789abcdef0123456789abcdef",
        "AUTH_ADMIN_EMAIL": ADMIN["email"],
        "AUTH_ADMIN_PASSWORD": ADMIN["password"],
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
        "SQLITE_SYNCHRONOUS": "normal",
    }
    product: list[str] = []
    with _site(product) as site, running_server(file, tmp_path / "server.log", environment) as server:
        # The address that it takes for its own: its port is a free one, and the cookie needs no other.
        product.append(f"http://127.0.0.1:{server.port}")
        yield Places(product[0], site)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(installed_chromium(), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def sign_in(page: Page, places: Places) -> None:
    """Sign in from the page that says that one has to."""
    page.open(f"{places.product}/docs/analytics")
    assert "Sign in to library" in page.evaluate("document.body.textContent")
    options = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": json.dumps(ADMIN)}
    # The error page's own policy allows no request, so another page of the server sends it.
    page.open(f"{places.product}/docs")
    assert (
        page.evaluate(f"fetch('/api/auth/sign-in/email', {json.dumps(options)}).then((answer) => answer.status)") == 200
    )


def texts(page: Page, selector: str) -> list[str]:
    found: list[str] = page.evaluate(
        f"[...document.querySelectorAll('{selector}')].map((each) => each.textContent.trim())"
    )
    return found


def test_views_of_another_site_are_on_the_dashboard(places: Places, chromium: Chromium) -> None:
    with chromium.page() as page:
        page.call("Network.setUserAgentOverride", userAgent=VIEWER, platform="Linux")
        page.open(f"{places.site}/books?utm_source=letter&utm_campaign=spring&private=1")
        page.evaluate("history.pushState({}, '', '/books/7'); 0")
        page.evaluate(
            f"new Promise((done) => setTimeout(() => {{ document.title = {json.dumps(HOSTILE)}; tabularium.view('/x\"><script>'); setTimeout(done, 300) }}, 300))"
        )
        assert page.complaints() == []
    with chromium.page() as page:
        sign_in(page, places)
        before = page.complaints()  # of the page that was refused
        for _ in range(50):
            page.open(f"{places.product}/docs/analytics?timezone=Europe/Berlin")
            if texts(page, ".tile dd")[:1] == ["3"]:
                break
        page.wait_until("document.querySelector('#chart canvas')")
        assert texts(page, ".tile dd")[0] == "3"
        assert sorted(texts(page, ".path")) == ["/books", "/books/7", "/x%22%3E%3Cscript%3E"]
        assert HOSTILE in texts(page, ".title")
        assert "spring" in texts(page, "#campaigns + .scroll th")
        assert page.evaluate("window.hacked") is None
        assert page.complaints() == before
