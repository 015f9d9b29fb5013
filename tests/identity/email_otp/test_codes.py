"""Codes: how they are stored, how often one may be wrong, and who of several gets one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.identity.conftest import Open
from tests.identity.email_otp.conftest import ADA, CODES, NOBODY, code, other, send, told
from tests.support.auth import SECRET, Settings, Site
from tests.support.auth import site as serve

SIGN_IN = "/api/auth/sign-in/email-otp"
CHECK = "/api/auth/email-otp/check-verification-otp"


def try_out(site: Site, otp: str, email: str = ADA) -> Any:
    return site.browser().post("/sign-in/email-otp", email=email, otp=otp)


def stored(site: Site) -> list[tuple[Any, ...]]:
    return site.sql("SELECT identifier, value FROM verification WHERE identifier <> 'admin-bootstrap'")


def test_a_code_is_stored_as_a_hmac_with_the_number_of_wrong_tries(site: Site) -> None:
    otp = send(site)
    assert len(otp) == 6
    assert otp.isdigit()
    mac, _, wrong = stored(site)[0][1].rpartition(":")
    assert wrong == "0"
    assert bytes.fromhex(mac) == site.auth.secrets.mac(f"sign-in-otp-{ADA}:{otp}")
    try_out(site, other(otp))
    assert stored(site) == [(f"sign-in-otp-{ADA}", f"{mac}:1")]


def test_three_wrong_tries_end_a_code(site: Site) -> None:
    otp = send(site)
    for _ in range(3):
        assert told(try_out(site, other(otp))) == (400, "INVALID_OTP")
    assert told(try_out(site, otp)) == (403, "TOO_MANY_ATTEMPTS")
    assert told(try_out(site, otp)) == (400, "INVALID_OTP")
    assert stored(site) == []


def test_two_wrong_tries_leave_a_third(site: Site) -> None:
    otp = send(site)
    for _ in range(2):
        try_out(site, other(otp))
    assert try_out(site, otp).status == 200


def test_wrong_tries_count_that_come_at_the_same_time(site: Site) -> None:
    otp = send(site)
    answers = site.client.together(*[("POST", SIGN_IN, {"email": ADA, "otp": other(otp)})] * 8)
    counted = Counter(told(answer) for answer in answers)
    assert counted[403, "TOO_MANY_ATTEMPTS"] == 1
    assert counted[400, "INVALID_OTP"] == 7
    assert told(try_out(site, otp)) == (400, "INVALID_OTP")


def test_looks_at_a_code_count_with_the_other_tries_at_the_same_time(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site)
    wrong = {"email": ADA, "otp": other(otp)}
    site.client.together(("POST", SIGN_IN, wrong), ("POST", CHECK, {**wrong, "type": "sign-in"}))
    assert stored(site)[0][1].endswith(":2")


def test_a_code_is_used_once_even_by_five_at_the_same_time(site: Site) -> None:
    otp = send(site)
    answers = site.client.together(*[("POST", SIGN_IN, {"email": ADA, "otp": otp})] * 5)
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]
    assert site.sql("SELECT count(*) FROM session") == [(1,)]


def test_a_newer_code_takes_the_place_of_the_older(site: Site) -> None:
    first = send(site)
    try_out(site, other(first))
    second = send(site)
    assert len(stored(site)) == 1
    if first != second:
        assert told(try_out(site, first)) == (400, "INVALID_OTP")
    assert try_out(site, second).status == 200


def test_a_code_serves_its_own_type(site: Site) -> None:
    site.browser().sign_up()
    for kind in ("email-verification", "forget-password"):
        otp = send(site, kind)
        assert told(try_out(site, otp)) == (400, "INVALID_OTP")
        answer = site.browser().post("/email-otp/check-verification-otp", email=ADA, type=kind, otp=otp)
        assert answer.json() == {"success": True}


def test_a_code_expires(opened: Open) -> None:
    site = opened({"strategies": [{"type": "emailOtp", "expirationMinutes": 2}]})
    otp = send(site)
    assert site.last_mail().values["lifetime"] == "2 minutes"
    site.clock.pass_by(minutes=2)
    assert told(try_out(site, otp)) == (400, "OTP_EXPIRED")
    otp = send(site)
    site.clock.pass_by(seconds=119)
    assert try_out(site, otp).status == 200


def test_a_code_outlives_a_change_of_the_secret(tmp_path: Any, database_url: str) -> None:
    with serve(tmp_path, database_url, CODES, settings=Settings()) as before:
        otp = send(before)
    new = "fedcba9876543210fedcba9876543210"
    with serve(tmp_path, database_url, CODES, secrets=(new, SECRET)) as after:
        assert try_out(after, otp).status == 200


def test_what_is_no_code_is_a_wrong_one(site: Site) -> None:
    for otp in ("", "12345", "1234567", "٣٤٥٦٧٨", "x" * 1000):
        send(site)
        assert told(try_out(site, otp)) == (400, "INVALID_OTP")


def test_known_and_unknown_addresses_are_told_apart_by_nothing(opened: Open) -> None:
    site = opened({**CODES, "allowSignUp": False})
    site.sql(
        'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") VALUES '
        f"('1', 'Ada', '{ADA}', {'TRUE' if site.auth.database.dialect.name == 'postgresql' else '1'}, "
        "'2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
    )
    assert _tale_of(site, ADA) == _tale_of(site, NOBODY)
    assert {mail.to for mail in site.letters.sent} == {ADA}
    assert site.sql('SELECT count(*) FROM "user"') == [(1,)]


def _tale_of(site: Site, email: str) -> list[Any]:
    """Try everything that there is to try for an address, with codes that cannot be right."""
    tale: list[Any] = []

    def note(path: str, **body: Any) -> None:
        browser = site.browser()
        answer = browser.post(path, email=email, **body)
        shown = answer.json()
        shown.pop("requestId", None)
        tale.append((path, answer.status, shown, browser.set_cookies))

    tries = {
        "sign-in": ("/sign-in/email-otp", {}),
        "email-verification": ("/email-otp/verify-email", {}),
        "forget-password": ("/email-otp/reset-password", {"password": "correct-horse-2"}),
    }
    for kind, (path, more) in tries.items():
        note(path, otp="no code", **more)
        note("/email-otp/send-verification-otp", type=kind)
        note("/email-otp/check-verification-otp", type=kind, otp="no code")
        for _ in range(4):
            note(path, otp="no code", **more)
        note("/email-otp/send-verification-otp", type=kind)
        site.clock.pass_by(minutes=5)
        note(path, otp="no code", **more)
        note("/email-otp/check-verification-otp", type=kind, otp="no code")
        site.clock.pass_by(minutes=-5)
    note("/email-otp/request-password-reset")
    note("/forget-password/email-otp")
    return tale


def test_an_address_that_has_had_too_many_mails_keeps_its_code(site: Site) -> None:
    otp = send(site)
    site.letters.allows = False
    before = stored(site)
    assert site.browser().post("/email-otp/send-verification-otp", email=ADA, type="sign-in").json() == {
        "success": True
    }
    assert (stored(site), code(site), len(site.letters.sent)) == (before, otp, 1)
