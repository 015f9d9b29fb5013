"""An authenticator app of its own, after RFC 6238, and the usual steps to and through the second factor."""

from __future__ import annotations

import base64
import hmac
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.asgi import Answer
from tests.support.auth import Browser, HandClock, Site

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "twoFactor": True,
    "rateLimit": {"enabled": False},
}
PASSWORD = "correct-horse-1"
EMAIL = "ada@example.com"


class App:
    """Reads the URI of an enrolment, and shows codes by the clock."""

    def __init__(self, uri: str, clock: HandClock) -> None:
        parts = urlsplit(uri)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        self.label = unquote(parts.path[1:])
        self.issuer = query["issuer"]
        self.digits, self.period = int(query["digits"]), int(query["period"])
        secret = query["secret"]
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self._clock = clock

    def code(self, steps: int = 0) -> str:
        """Return the code of so many steps from now."""
        counter = int(self._clock.moment.timestamp()) // self.period + steps
        mac = hmac.digest(self.key, counter.to_bytes(8, "big"), "sha1")
        offset = mac[-1] & 15
        number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(number % 10**self.digits).zfill(self.digits)

    def wrong(self) -> str:
        """Return a code that is not accepted now."""
        good = {self.code(step) for step in range(-3, 4)}
        return next(code for code in (str(number).zfill(self.digits) for number in range(10)) if code not in good)


def two(browser: Browser, operation: str, **body: Any) -> Answer:
    """Call an operation of the second factor."""
    return browser.post(f"/two-factor/{operation}", **body)


def enable(browser: Browser, **more: Any) -> tuple[App, list[str]]:
    """Begin an enrolment, and return the app and the backup codes."""
    answer = two(browser, "enable", password=PASSWORD, **more)
    assert answer.status == 200, answer.body
    return App(answer.json()["totpURI"], browser.site.clock), answer.json()["backupCodes"]


def enrol(site: Site, email: str = EMAIL) -> tuple[Browser, App, list[str]]:
    """Sign somebody up, and have them enrol and confirm."""
    browser = site.browser()
    browser.sign_up(email, PASSWORD)
    app, codes = enable(browser)
    assert two(browser, "verify-totp", code=app.code()).status == 200
    return browser, app, codes


def challenged(site: Site, browser: Browser | None = None, email: str = EMAIL, **more: Any) -> Browser:
    """Sign in with the password, and return the browser that has the challenge."""
    browser = browser or site.browser()
    answer = browser.sign_in(email, PASSWORD, **more)
    assert answer.json().get("twoFactorRedirect") is True, answer.body
    return browser


def refusal(answer: Answer) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status, answer.json()["code"]


def mailed_code(site: Site) -> str:
    """Return the code of the last mail."""
    mail = site.last_mail()
    assert mail.template == "emailOtp"
    return mail.values["otp"]


def failures(site: Site) -> list[Any]:
    """Return the details of every failed sign-in of the activity log."""
    return [details for _, action, details in site.activities() if action == "user.sign_in_failed"]
