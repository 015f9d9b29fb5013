"""Handing out the tokens of a provider."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.identity.oauth.providers import ProviderKind
from tests.support.auth import Browser
from tests.support.social import Stage, named

KINDS: list[ProviderKind] = ["google", "github", "microsoft", "gitlab", "slack", "generic"]


def signed_in(stage: Stage) -> Browser:
    browser = stage.browser()
    stage.sign_in(browser)
    return browser


def row_id(browser: Browser) -> str:
    return str(browser.get("/list-accounts").json()[-1]["id"])


# The access token -----------------------------------------------------------------------------------------------------


def test_a_token_that_is_good_is_handed_out(stage: Stage) -> None:
    browser = signed_in(stage)
    answer = browser.post("/get-access-token", providerId="keycloak").json()
    assert answer["accessToken"].startswith("access-")
    assert answer["accessTokenExpiresAt"] == "2026-03-01T10:00:00.000Z"
    assert answer["scopes"] == ["openid", "email", "profile"]
    assert answer["idToken"].count(".") == 2
    assert browser.post("/get-access-token", accountId=row_id(browser)).json() == answer
    assert browser.post("/get-access-token", accountId="subject-4711", providerId="keycloak").json() == answer
    assert stage.mock.count("/token") == 1


def test_a_token_is_renewed_when_less_than_five_seconds_are_left(stage: Stage) -> None:
    browser = signed_in(stage)
    first = browser.post("/get-access-token", providerId="keycloak").json()
    stage.site.clock.pass_by(seconds=3595)
    assert browser.post("/get-access-token", providerId="keycloak").json() == first
    stage.site.clock.pass_by(seconds=0.001)
    second = browser.post("/get-access-token", providerId="keycloak").json()
    assert second["accessToken"] != first["accessToken"]
    assert second["accessTokenExpiresAt"] > first["accessTokenExpiresAt"]
    assert stage.mock.last("/token").fields["grant_type"] == "refresh_token"
    assert browser.post("/get-access-token", providerId="keycloak").json() == second


def test_a_token_that_has_expired_and_cannot_be_renewed_is_none(stage: Stage) -> None:
    stage.mock.faults.has_no_refresh_token = True
    browser = signed_in(stage)
    stage.site.clock.pass_by(seconds=3598)
    assert browser.post("/get-access-token", providerId="keycloak").status == 200
    stage.site.clock.pass_by(seconds=3)
    answer = browser.post("/get-access-token", providerId="keycloak")
    assert named(answer) == (400, "FAILED_TO_GET_ACCESS_TOKEN", "Failed to get a valid access token")


def test_of_several_requests_at_once_all_get_the_renewed_token(stage: Stage) -> None:
    browser = signed_in(stage)
    stage.site.clock.pass_by(hours=2)
    answers = stage.together(*[(browser, "/get-access-token", {"providerId": "keycloak"}) for _ in range(5)])
    assert [answer.status for answer in answers] == [200] * 5
    assert len({answer.json()["accessToken"] for answer in answers}) == 1


def test_a_provider_that_does_not_renew_is_told(stage: Stage) -> None:
    browser = signed_in(stage)
    stage.mock.faults.status["/token"] = 500
    stage.site.clock.pass_by(hours=2)
    answer = browser.post("/get-access-token", providerId="keycloak")
    assert named(answer)[:2] == (400, "FAILED_TO_GET_ACCESS_TOKEN")
    stage.mock.faults.status.clear()
    assert browser.post("/get-access-token", providerId="keycloak").status == 200


def test_plain_tokens_of_an_adopted_database_are_read_and_sealed_when_they_are_renewed(stage: Stage) -> None:
    browser = signed_in(stage)
    sealed = stage.site.sql('SELECT "refreshToken" FROM account')[0][0]
    stage.site.sql("UPDATE account SET \"accessToken\" = 'plain', scope = 'openid email'")
    answer = browser.post("/get-access-token", providerId="keycloak").json()
    assert (answer["accessToken"], answer["scopes"]) == ("plain", ["openid", "email"])
    assert browser.post("/refresh-token", providerId="keycloak").status == 200
    stored = stage.site.sql('SELECT "accessToken", "refreshToken" FROM account')[0]
    assert all(str(each).startswith("tb1:") and each != sealed for each in stored)


def test_a_token_that_was_moved_to_another_user_opens_nothing(stage: Stage) -> None:
    signed_in(stage)
    taken = stage.site.sql('SELECT "accessToken" FROM account')[0][0]
    stage.is_somebody(number=5, email="bob@example.org")
    browser = signed_in(stage)
    stage.site.sql('UPDATE account SET "accessToken" = ?1', taken)
    answer = browser.post("/get-access-token", providerId="keycloak")
    assert named(answer)[:2] == (400, "FAILED_TO_GET_ACCESS_TOKEN")


# Renewing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_renewed_at_every_kind_of_provider(stage: Stage, kind: ProviderKind) -> None:
    stage = stage.at(kind)
    name = stage.mock.provider_id
    browser = signed_in(stage)
    before = browser.post("/get-access-token", providerId=name).json()["accessToken"]
    answer = browser.post("/refresh-token", providerId=name)
    content = answer.json()
    assert answer.status == 200
    assert content["accessToken"] != before
    assert content["refreshToken"].startswith("refresh-")
    assert (content["accessTokenExpiresAt"], content["refreshTokenExpiresAt"]) == (
        "2026-03-01T10:00:00.000Z",
        "2026-03-02T15:00:00.000Z",
    )
    assert content["providerId"] == name
    assert content["scope"] == ",".join(browser.get("/list-accounts").json()[0]["scopes"])
    assert ("idToken" in content, content["accountId"]) == (True, stage.accounts()[0][1])
    assert browser.post("/get-access-token", providerId=name).json()["accessToken"] == content["accessToken"]


def test_an_account_is_named_as_it_was_asked_for(stage: Stage) -> None:
    browser = signed_in(stage)
    row = row_id(browser)
    assert browser.post("/refresh-token", accountId=row).json()["accountId"] == row
    by_subject = browser.post("/refresh-token", providerId="keycloak", accountId="subject-4711").json()
    assert by_subject["accountId"] == "subject-4711"
    assert browser.post("/refresh-token", accountId="subject-4711").json()["accountId"] == "subject-4711"


def test_a_refresh_token_goes_on_where_no_new_one_comes(stage: Stage) -> None:
    browser = signed_in(stage)
    first = browser.post("/refresh-token", providerId="keycloak").json()
    stage.mock.faults.has_no_refresh_token = stage.mock.faults.has_no_id_token = True
    second = browser.post("/refresh-token", providerId="keycloak").json()
    assert second["accessToken"] != first["accessToken"]
    for name in ("refreshToken", "refreshTokenExpiresAt", "idToken"):
        assert second[name] == first[name]


def test_renewing_has_its_own_refusals(stage: Stage) -> None:
    browser = stage.local()
    path = "/refresh-token"
    assert named(browser.post(path, providerId="nobody")) == (
        *(400, "PROVIDER_NOT_SUPPORTED"),
        "Provider nobody is not supported.",
    )
    assert named(browser.post(path, providerId="keycloak"))[:2] == (400, "ACCOUNT_NOT_FOUND")
    assert named(browser.post(path, accountId=row_id(browser))) == (
        *(400, "PROVIDER_NOT_SUPPORTED"),
        "Provider credential is not supported.",
    )
    stage.mock.faults.has_no_refresh_token = True
    stage.link(browser)
    assert named(browser.post(path, providerId="keycloak"))[:2] == (400, "REFRESH_TOKEN_NOT_FOUND")
    stage.mock.faults.has_no_refresh_token = False
    stage.link(browser)
    stage.mock.faults.status["/token"] = 400
    assert named(browser.post(path, providerId="keycloak")) == (
        *(400, "FAILED_TO_REFRESH_ACCESS_TOKEN"),
        "Failed to refresh access token",
    )


def test_a_provider_whose_document_knows_no_refresh_tokens_is_not_asked(stage: Stage) -> None:
    stage.mock.faults.document["grant_types_supported"] = ["authorization_code"]
    browser = stage.local()
    answer = browser.post("/refresh-token", providerId="keycloak")
    message = "Provider keycloak does not support token refreshing."
    assert named(answer) == (400, "TOKEN_REFRESH_NOT_SUPPORTED", message)


# Asking the provider --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_provider_says_who_it_is(stage: Stage, kind: ProviderKind) -> None:
    stage = stage.at(kind)
    browser = signed_in(stage)
    account = browser.get("/list-accounts").json()[0]
    content = browser.get("/account-info", accountId=account["accountId"]).json()
    assert content["account"] == {name: account[name] for name in ("id", "providerId", "accountId")}
    assert content["user"] == {
        "id": account["accountId"],
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "image": browser.session["user"]["image"],
        "emailVerified": True,
    }
    assert content["data"]["name"] == "Ada Lovelace"
    for query in ({"accountId": account["id"]}, {"providerId": account["providerId"]}):
        assert browser.get("/account-info", **query).json() == content


def test_a_token_is_renewed_before_the_provider_is_asked(stage: Stage) -> None:
    stage = stage.at("github")
    browser = signed_in(stage)
    stage.site.clock.pass_by(hours=2)
    assert browser.get("/account-info", providerId="github").status == 200
    assert stage.mock.count("/token") == 2


def test_asking_has_its_own_refusals(stage: Stage) -> None:
    browser = stage.local()
    assert named(browser.get("/account-info"))[:2] == (400, "ACCOUNT_NOT_FOUND")
    assert named(browser.get("/account-info", providerId="keycloak"))[:2] == (400, "ACCOUNT_NOT_FOUND")
    assert named(browser.get("/account-info", providerId="credential")) == (
        *(400, "PROVIDER_NOT_CONFIGURED"),
        "Account is not associated with a configured social provider.",
    )
    stage.link(browser)
    stage.at("google").link(browser)
    assert named(browser.get("/account-info", accountId="subject-4711"))[:2] == (400, "AMBIGUOUS_ACCOUNT")
    stage.site.sql('UPDATE account SET "accessToken" = NULL')
    answer = browser.get("/account-info", providerId="keycloak")
    assert named(answer) == (400, "ACCESS_TOKEN_NOT_FOUND", "Access token not found")


def test_a_provider_that_says_nothing_is_told(stage: Stage) -> None:
    stage = stage.at("github")
    browser = signed_in(stage)
    stage.mock.faults.status["/userinfo"] = 500
    answer = browser.get("/account-info", providerId="github")
    assert named(answer)[:2] == (400, "FAILED_TO_GET_USER_INFO")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/get-access-token", {"providerId": "keycloak"}),
        ("POST", "/refresh-token", {"providerId": "nobody"}),
        ("GET", "/account-info", None),
    ],
)
def test_without_a_session_the_answer_is_empty(stage: Stage, method: str, path: str, body: Any) -> None:
    answer = stage.browser()(method, path, body)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (401, b"", "application/json")
