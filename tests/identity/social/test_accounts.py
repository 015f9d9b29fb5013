"""Looking at accounts, and taking them away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.auth import Browser
from tests.support.social import Stage, named


def listed(browser: Browser) -> list[dict[str, Any]]:
    answer = browser.get("/list-accounts")
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def with_both(stage: Stage) -> Browser:
    """Return the browser of somebody with a password and a provider, who signed up a second before they linked."""
    browser = stage.local()
    stage.site.clock.pass_by(seconds=1)
    stage.link(browser)
    return browser


def test_accounts_are_listed_without_secrets(stage: Stage) -> None:
    browser = with_both(stage)
    password, provider = listed(browser)
    user = browser.session["user"]["id"]
    assert password == {
        "id": password["id"],
        "providerId": "credential",
        "accountId": user,
        "userId": user,
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
        "scopes": [],
    }
    assert (provider["providerId"], provider["accountId"]) == ("keycloak", "subject-4711")
    assert provider["scopes"] == ["openid", "email", "profile"]
    assert provider.keys() == password.keys()


def test_only_who_is_signed_in_has_accounts(stage: Stage) -> None:
    assert named(stage.browser().get("/list-accounts")) == (401, "UNAUTHORIZED", "Unauthorized")
    assert named(stage.browser().post("/unlink-account", providerId="keycloak"))[:2] == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("by", ["provider", "subject", "both", "row"])
def test_an_account_is_taken_away_by_any_of_its_names(stage: Stage, by: str) -> None:
    browser = with_both(stage)
    row = listed(browser)[1]["id"]
    selection = {
        "provider": {"providerId": "keycloak"},
        "subject": {"accountId": "subject-4711"},
        "both": {"providerId": "keycloak", "accountId": "subject-4711"},
        "row": {"accountId": row},
    }[by]
    answer = browser.post("/unlink-account", **selection)
    assert (answer.status, answer.json()) == (200, {"status": True})
    assert [each["providerId"] for each in listed(browser)] == ["credential"]
    assert stage.details("account.unlinked") == [{"provider": "keycloak"}]


def test_a_password_can_be_taken_away_too(stage: Stage) -> None:
    browser = with_both(stage)
    assert browser.post("/unlink-account", providerId="credential").status == 200
    assert browser.sign_in("ada@example.org").status == 401


def test_the_last_account_stays_whatever_is_asked_for(stage: Stage) -> None:
    browser = stage.local()
    refusal = (400, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
    assert named(browser.post("/unlink-account", providerId="credential")) == refusal
    assert named(browser.post("/unlink-account", providerId="nobody")) == refusal


@pytest.mark.parametrize(
    "selection",
    [
        {"providerId": "nobody"},
        {"providerId": "keycloak", "accountId": "another"},
        {"accountId": "another"},
        {"providerId": "credential", "accountId": "subject-4711"},
    ],
)
def test_an_account_that_is_not_there_is_not_found(stage: Stage, selection: dict[str, str]) -> None:
    answer = with_both(stage).post("/unlink-account", **selection)
    assert named(answer) == (400, "ACCOUNT_NOT_FOUND", "Account not found")


def test_with_a_provider_the_id_of_the_row_says_nothing(stage: Stage) -> None:
    browser = with_both(stage)
    answer = browser.post("/unlink-account", providerId="keycloak", accountId=listed(browser)[1]["id"])
    assert named(answer)[:2] == (400, "ACCOUNT_NOT_FOUND")


def test_the_accounts_of_others_are_not_found(stage: Stage) -> None:
    browser = with_both(stage)
    foreign = listed(browser)[1]
    stage.is_somebody(number=5, email="bob@example.org")
    other = stage.local("bob@example.org")
    stage.link(other)
    for name in ("id", "accountId"):
        answer = other.post("/unlink-account", accountId=foreign[name])
        assert named(answer)[:2] == (400, "ACCOUNT_NOT_FOUND")
    assert len(stage.accounts()) == 2


def test_a_subject_that_two_providers_have_must_be_told_apart(stage: Stage) -> None:
    browser = with_both(stage)
    stage.at("google").link(browser)
    answer = browser.post("/unlink-account", accountId="subject-4711")
    message = "Multiple accounts share this account ID. Pass a providerId to disambiguate."
    assert named(answer) == (400, "AMBIGUOUS_ACCOUNT", message)
    assert browser.post("/unlink-account", accountId="subject-4711", providerId="google").status == 200


@pytest.mark.parametrize("body", [{}, {"providerId": ""}, {"accountId": 7}])
def test_a_selection_that_says_nothing_is_refused_first(stage: Stage, body: dict[str, Any]) -> None:
    for path in ("/unlink-account", "/get-access-token", "/refresh-token"):
        assert named(stage.browser().post(path, **body))[:2] == (400, "VALIDATION_ERROR")


def test_the_session_must_be_fresh(stage: Stage) -> None:
    browser = with_both(stage)
    stage.site.clock.pass_by(days=1)
    answer = browser.post("/unlink-account", providerId="nobody")
    assert named(answer) == (403, "SESSION_NOT_FRESH", "Session is not fresh")


def test_two_at_once_leave_one(stage: Stage) -> None:
    browser = with_both(stage)
    stage.together(*[(browser, "/list-accounts")] * 4)  # else the second waits for a connection to be opened
    bodies = [{"providerId": name} for name in ("credential", "keycloak")]
    answers = stage.together(*((browser, "/unlink-account", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [200, 400]
    assert len(listed(browser)) == 1
