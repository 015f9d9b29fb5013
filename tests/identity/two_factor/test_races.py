"""Of several who use the same code or the same challenge at once, one wins."""

from __future__ import annotations

from typing import Any

from tests.support.auth import ORIGIN, Browser, Site
from tests.support.two_factor import EMAIL, PASSWORD, challenged, enable, enrol, two

Step = tuple[Browser, str, dict[str, Any]]


def race(site: Site, *steps: Step) -> list[int]:
    """Send requests at the same time, and return the status of each, sorted."""
    requests = [
        ("POST", f"/api/auth{path}", body, {"origin": ORIGIN, "cookie": browser.cookie_header})
        for browser, path, body in steps
    ]
    return sorted(answer.status for answer in site.client.together(*requests))


def sessions(site: Site) -> int:
    return len(site.sql("SELECT id FROM session"))


def test_one_code_of_the_app_opens_one_session(secured: Site) -> None:
    _, app, _ = enrol(secured)
    before = sessions(secured)
    body = {"code": app.code()}
    steps: list[Step] = [(challenged(secured), "/two-factor/verify-totp", body) for _ in range(3)]
    assert race(secured, *steps) == [200, 401, 401]
    assert sessions(secured) == before + 1
    assert secured.sql('SELECT "failedVerificationCount" FROM "twoFactor"')[0][0] in (0, 1, 2)


def test_one_backup_code_opens_one_session(secured: Site) -> None:
    _, _, codes = enrol(secured)
    before = sessions(secured)
    steps: list[Step] = [(challenged(secured), "/two-factor/verify-backup-code", {"code": codes[3]}) for _ in range(5)]
    assert race(secured, *steps) == [200, 401, 401, 401, 401]
    assert sessions(secured) == before + 1


def test_one_challenge_opens_one_session_whatever_meets_it(secured: Site) -> None:
    _, app, codes = enrol(secured)
    before = sessions(secured)
    browser = challenged(secured)
    steps: list[Step] = [
        (browser, "/two-factor/verify-totp", {"code": app.code()}),
        (browser, "/two-factor/verify-totp", {"code": app.code(1)}),
        (browser, "/two-factor/verify-backup-code", {"code": codes[0]}),
    ]
    assert race(secured, *steps) == [200, 401, 401]
    assert sessions(secured) == before + 1


def test_wrong_codes_at_once_are_all_counted(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    steps: list[Step] = [(browser, "/two-factor/verify-totp", {"code": app.wrong()}) for _ in range(8)]
    assert race(secured, *steps) == [400, 401, 401, 401, 401, 401, 401, 401]
    assert secured.sql('SELECT "failedVerificationCount" FROM "twoFactor"') == [(5,)]


def test_one_session_is_rotated_once_however_often_it_asks(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    app, _ = enable(browser)
    steps: list[Step] = [(browser, "/two-factor/verify-totp", {"code": app.code()}) for _ in range(3)]
    race(secured, *steps)
    assert sessions(secured) == 1
    assert [action for _, action, _ in secured.activities()].count("two_factor.enabled") == 1


def test_enrolling_twice_at_once_leaves_one_enrolment(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    steps: list[Step] = [(browser, "/two-factor/enable", {"password": PASSWORD}) for _ in range(3)]
    assert race(secured, *steps) == [200, 200, 200]
    assert secured.sql('SELECT count(*) FROM "twoFactor"') == [(1,)]


def test_one_trusted_device_skips_one_challenge_at_once(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    two(browser, "verify-totp", code=app.code(), trustDevice=True)
    before = sessions(secured)
    body = {"email": EMAIL, "password": PASSWORD}
    assert race(secured, *[(browser, "/sign-in/email", body) for _ in range(3)]) == [200, 200, 200]
    assert sessions(secured) == before + 1
    assert secured.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'trust-%'") == [(1,)]


def test_a_confirmation_sent_several_times_answers_with_no_session_that_has_ended(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up(EMAIL, PASSWORD)
    app, _ = enable(browser)
    steps: list[Step] = [(browser, "/two-factor/verify-totp", {"code": app.code()})] * 4
    assert race(secured, *steps) == [200, 401, 401, 401]
    # The code is not counted among those used: nobody took a second step with it.
    assert secured.sql('SELECT count(*) FROM "_totp_step"') == [(0,)]
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200
