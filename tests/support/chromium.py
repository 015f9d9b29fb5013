"""A real browser, spoken to over a pipe by the protocol of its developer tools. No driver and no package is needed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_UNNOTICED: Final = "--disable-blink-features=AutomationControlled"
"""Makes `navigator.webdriver` false, as it is where a person uses the browser."""
_MOVE: Final = """import fcntl, os, sys
read, write = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads from descriptor 3 and writes to 4. Between fork and exec of a process with threads, nothing may be
done to them; so a second program does."""
_PATIENCE: Final = 15.0
_END: Final = b"\0"


class BrowserFailure(Exception):
    """The browser refused a command, or did not do in time what a test waits for."""


def installed_chromium() -> str:
    """Return where Chromium is; a test that needs it is skipped where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("These tests need a real browser: install Chromium (on Debian: apt-get install chromium).")
    return found


class Chromium:
    """A running browser. Its pages keep nothing between them: each has a profile of its own."""

    def __init__(self, program: str, profile: Path, *, is_automated: bool = False) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        flags = [*_FLAGS, f"--user-data-dir={profile}", "--enable-automation" if is_automated else _UNNOTICED]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-S",
                "-E",
                "-c",
                _MOVE,
                str(to_browser),
                str(from_browser),
                program,
                *flags,
                "about:blank",
            ],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._unread = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Have a command done and return its result."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + _END)
        deadline = time.monotonic() + _PATIENCE
        while True:
            answer = self._read(deadline, method)
            if answer.get("id") != self._last:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise BrowserFailure(f"{method}: {answer['error']['message']}")
            result: dict[str, Any] = answer["result"]
            return result

    def _read(self, deadline: float, method: str) -> dict[str, Any]:
        while _END not in self._unread:
            if not select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise BrowserFailure(f"{method}: no answer in {_PATIENCE:.0f} s")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise BrowserFailure(f"{method}: the browser has ended")
            self._unread += read
        message, _, self._unread = self._unread.partition(_END)
        answer: dict[str, Any] = json.loads(message)
        return answer

    @contextlib.contextmanager
    def page(self, before: str = "") -> Iterator[Page]:
        """Open an empty page with a fresh profile; `before` is a script that runs ahead of those of every document."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        page.listen()
        if before:
            page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        try:
            yield page
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(BrowserFailure, OSError):
            self.call("Browser.close")
        try:
            self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session

    def listen(self) -> None:
        """Begin to hear of what happens in the tab."""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Leave the tab to itself: the browser does not prerender while somebody looks on."""
        self._browser.call("Target.detachFromTarget", sessionId=self._session)
        yield
        attached = self._browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        self.listen()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Have a command done in this tab."""
        return self._browser.call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Go to an address and wait until all of it is loaded."""
        self.call("Page.navigate", url=url)
        self.wait_until(f"location.href !== 'about:blank' && document.readyState === 'complete' /* {url[:60]} */")

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        options = {"expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True}
        result = self.call("Runtime.evaluate", **options)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserFailure(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Wait until an expression is true. While a document goes away, it is not."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(BrowserFailure):
                if self.evaluate(f"Boolean({condition})"):
                    return
            time.sleep(0.01)
        raise BrowserFailure(f"never true: {condition}")

    def look(self, *, scheme: str, width: int, height: int, scale: float = 1) -> None:
        """Show the page in a window of some size, `light` or `dark`, without animations."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]
        self.call("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in features])

    def picture(self) -> bytes:
        """Return all of the page as PNG."""
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(taken["data"])

    def press(self, key: str, **more: Any) -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, **more)

    def complaints(self) -> list[str]:
        """Return what the console has said of errors so far, those of the security policy included."""
        self.evaluate("0")  # what was said before this has then arrived
        told: list[str] = []
        for event in self._browser.events:
            if event.get("sessionId") == self._session:
                told += _complaint(event["method"], event["params"])
        return told


def _complaint(method: str, parameters: Mapping[str, Any]) -> list[str]:
    if method == "Runtime.exceptionThrown":
        return [str(parameters["exceptionDetails"].get("exception", {}).get("description", "?"))]
    if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
        return [str(parameters["entry"]["text"])]
    if method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
        return [json.dumps(parameters["args"])]
    return []
