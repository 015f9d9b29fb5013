"""Secrets of an adopted database, and of an earlier secret of the server, are read, and written anew when they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tabularium.db.identity import rows
from tabularium.db.identity.tables import TWO_FACTOR, USER
from tabularium.identity.two_factor.switching import remove_enrolment
from tabularium.identity.xchacha import hchacha20
from tests.support.auth import SECRET, Site
from tests.support.two_factor import AUTH, App, challenged, enrol, refusal, two

Open = Callable[..., Site]
NEW = "a new secret, of more than 32 characters"
CODES = ["aaaaa-bbbbb", "ccccc-ddddd"]


def adopted(text: str) -> str:
    """Encrypt a text as an adopted database holds it."""
    nonce = bytes(range(24))
    key = hchacha20(hashlib.sha256(SECRET.encode()).digest(), nonce[:16])
    return (nonce + ChaCha20Poly1305(key).encrypt(bytes(4) + nonce[16:], text.encode(), b"")).hex()


def adopt(site: Site, **more: Any) -> App:
    """Give a user an enrolment as another program has left it, and return the app that goes with it."""
    browser = site.browser()
    user_id = browser.sign_up()["id"]
    row = {"id": "t1", "secret": adopted("wA9_-fixedTotpSecretOf32Letters_"), "userId": user_id, **more}
    row["backupCodes"] = "$ba$1$" + adopted(json.dumps(CODES))

    async def work(session: Any) -> None:
        await rows.insert(session, TWO_FACTOR, row)
        await rows.update(session, USER, {"twoFactorEnabled": True}, {"id": user_id})

    site.write(work)
    uri = two(browser, "get-totp-uri", password="correct-horse-1").json()["totpURI"]
    return App(uri, site.clock)


def stored(site: Site) -> tuple[str, str]:
    return site.sql('SELECT secret, "backupCodes" FROM "twoFactor"')[0]


def test_an_adopted_enrolment_goes_on_and_is_written_anew(secured: Site) -> None:
    app = adopt(secured)
    assert app.key == b"wA9_-fixedTotpSecretOf32Letters_"
    browser = secured.browser()
    assert browser.sign_in().json()["twoFactorMethods"] == ["totp", "otp"]
    assert two(browser, "verify-totp", code=app.code()).status == 200
    assert all(each.startswith("tb1:") for each in stored(secured))
    browser = challenged(secured)
    assert refusal(two(browser, "verify-totp", code=app.code())) == (401, "INVALID_CODE")
    assert two(browser, "verify-backup-code", code=CODES[1]).status == 200
    browser = challenged(secured)
    assert refusal(two(browser, "verify-backup-code", code=CODES[1])) == (401, "INVALID_BACKUP_CODE")
    assert two(browser, "verify-backup-code", code=CODES[0]).status == 200


def test_a_failure_writes_an_adopted_enrolment_anew_too(secured: Site) -> None:
    app = adopt(secured, verified=True, failedVerificationCount=2)
    assert refusal(two(challenged(secured), "verify-totp", code=app.wrong())) == (401, "INVALID_CODE")
    assert all(each.startswith("tb1:") for each in stored(secured))
    assert secured.sql('SELECT "failedVerificationCount" FROM "twoFactor"') == [(3,)]


def test_what_an_earlier_secret_has_encrypted_is_written_under_the_new_one(opened: Open) -> None:
    site = opened(AUTH)
    _, app, codes = enrol(site)
    before = stored(site)
    later = opened(AUTH, secrets=(NEW, SECRET), clock=site.clock)
    assert two(challenged(later), "verify-totp", code=app.code(1)).status == 200
    assert all(old[:13] != new[:13] for old, new in zip(before, stored(later), strict=True))
    alone = opened(AUTH, secrets=(NEW,), clock=site.clock)
    assert two(challenged(alone), "verify-backup-code", code=codes[0]).status == 200


def test_what_cannot_be_read_opens_nothing(secured: Site) -> None:
    browser, app, codes = enrol(secured)
    secured.sql('UPDATE "twoFactor" SET secret = ?1, "backupCodes" = ?1', "tb1:00000000:AAAA")
    other = challenged(secured)
    assert refusal(two(other, "verify-totp", code=app.code())) == (401, "INVALID_CODE")
    assert refusal(two(other, "verify-backup-code", code=codes[0])) == (401, "INVALID_BACKUP_CODE")
    assert refusal(two(browser, "get-totp-uri", password="correct-horse-1")) == (400, "TOTP_NOT_ENABLED")


def test_an_administrator_can_remove_an_enrolment(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    two(browser, "verify-totp", code=app.code(), trustDevice=True)
    user_id = browser.session["user"]["id"]

    class Exchange:
        now = "2026-03-01T09:00:00.000Z"

    async def work(session: Any) -> tuple[Any, Any]:
        return await remove_enrolment(session, Exchange(), user_id), await remove_enrolment(session, Exchange(), "x")

    removed, nobody = secured.write(work)
    assert removed["twoFactorEnabled"] is False
    assert nobody is None
    for left in ('"twoFactor"', "_totp_step", "verification WHERE identifier LIKE 'trust-%'"):
        assert secured.sql(f"SELECT count(*) FROM {left}") == [(0,)]
    assert secured.browser().sign_in().json()["redirect"] is False
