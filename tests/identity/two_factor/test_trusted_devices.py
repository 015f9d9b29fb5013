"""On a trusted device the password is enough, for thirty days, which each sign-in renews."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from tests.support.auth import SECRET, Browser, Site
from tests.support.two_factor import AUTH, challenged, enrol, two

Open = Callable[..., Site]


def trusting(site: Site, **more: object) -> Browser:
    """Return a browser that has met a challenge and is trusted."""
    _, app, _ = enrol(site)
    browser = challenged(site, **more)
    assert two(browser, "verify-totp", code=app.code(), trustDevice=True).status == 200
    return browser


def line_of(browser: Browser, name: str) -> str:
    return next(line for line in browser.set_cookies if line.startswith(f"better-auth.{name}="))


def forged(user_id: str, identifier: str) -> str:
    """Return a cookie as the server makes it for a user and a device."""
    mac = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), f"{user_id}!{identifier}".encode(), "sha256"))
    value = f"{mac.decode().rstrip('=')}!{identifier}"
    signature = base64.b64encode(hmac.digest(SECRET.encode(), value.encode(), "sha256")).decode()
    return quote(f"{value}.{signature}", safe="!'()*-._~")


def test_the_cookie_and_its_row_have_the_form_of_the_wire(secured: Site) -> None:
    browser = trusting(secured)
    user_id = browser.session["user"]["id"]
    value = unquote(browser.cookies["better-auth.trust_device"]).rpartition(".")[0]
    identifier = value.partition("!")[2]
    assert re.fullmatch(r"trust-device-[A-Za-z0-9]{32}", identifier)
    assert browser.cookies["better-auth.trust_device"] == forged(user_id, identifier)
    found = secured.sql('SELECT value, "expiresAt" FROM verification WHERE identifier = ?1', identifier)
    assert [row[0] for row in found] == [user_id]
    assert str(found[0][1])[:10] == "2026-03-31"


def test_it_skips_the_challenge_and_is_replaced_for_another_thirty_days(secured: Site) -> None:
    browser = trusting(secured)
    assert "Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax" in line_of(browser, "trust_device")
    old = browser.cookies["better-auth.trust_device"]
    secured.clock.pass_by(days=29)
    assert browser.sign_in().json()["redirect"] is False
    assert secured.activities()[-1][1] == "user.signed_in"
    new = browser.cookies["better-auth.trust_device"]
    assert new != old
    secured.clock.pass_by(days=29)
    assert browser.sign_in().json()["redirect"] is False
    browser.cookies["better-auth.trust_device"] = new  # already replaced
    assert browser.sign_in().json()["twoFactorRedirect"] is True
    assert "Max-Age=0" in line_of(browser, "trust_device")


def test_it_ends_after_thirty_days(secured: Site) -> None:
    browser = trusting(secured)
    secured.clock.pass_by(days=30)
    assert browser.sign_in().json()["twoFactorRedirect"] is True
    assert browser.cookie("trust_device") is None


def test_a_device_of_somebody_else_is_cleared_and_still_theirs(secured: Site) -> None:
    browser = trusting(secured)
    ours = browser.cookies["better-auth.trust_device"]
    enrol(secured, "bob@example.com")
    browser.cookies = {"better-auth.trust_device": ours}
    assert browser.sign_in("bob@example.com").json()["twoFactorRedirect"] is True
    assert browser.cookie("trust_device") is None
    browser.cookies = {"better-auth.trust_device": ours}
    assert browser.sign_in().json()["redirect"] is False


def test_only_a_cookie_of_its_own_form_counts(secured: Site) -> None:
    _, _, _ = enrol(secured)
    browser = secured.browser()
    user_id = secured.sql('SELECT id FROM "user"')[0][0]
    waiting = challenged(secured)
    challenge = unquote(waiting.cookies["better-auth.two_factor"]).rpartition(".")[0]
    for value in (forged(user_id, challenge), forged(user_id, "trust-device-" + "x" * 32), "x", "%ff"):
        browser.cookies = {"better-auth.trust_device": value}
        assert browser.sign_in().json()["twoFactorRedirect"] is True
        assert browser.cookie("trust_device") is None


def test_trusting_a_device_forgets_that_the_browser_was_not_to_be_remembered(secured: Site) -> None:
    browser = trusting(secured, rememberMe=False)
    assert "Max-Age=0" in line_of(browser, "dont_remember")
    assert "Max-Age" not in line_of(browser, "session_token")
    secured.clock.pass_by(hours=20)
    assert browser.session["session"]["expiresAt"] == "2026-03-02T09:00:00.000Z"


def test_a_reset_of_the_password_forgets_it(secured: Site) -> None:
    browser = trusting(secured)
    browser.post("/request-password-reset", email="ada@example.com", redirectTo="/reset")
    token = secured.link().split("/reset-password/")[1].split("?")[0]
    assert browser.post("/reset-password", token=token, newPassword="correct-horse-2").status == 200
    assert browser.sign_in(password="correct-horse-2").json()["twoFactorRedirect"] is True


def test_it_goes_on_under_a_new_secret_beside_the_old(opened: Open) -> None:
    browser = trusting(opened(AUTH))
    later = opened(AUTH, secrets=("a new secret, of more than 32 characters", SECRET))
    moved = later.browser()
    moved.cookies = dict(browser.cookies)
    assert moved.sign_in().json()["redirect"] is False
