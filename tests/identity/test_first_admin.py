from __future__ import annotations

from typing import Any

from tabularium.identity import start
from tests.support.asgi import Answer
from tests.support.auth import Site

PATH = "/api/admin/bootstrap/claim"
BODY = {"email": "Root@example.com", "password": "correct-horse-1"}


def token(site: Site) -> str:
    found: str = site.opened["started"].bootstrap_token
    return found


def claim(site: Site, sent: str | None, **more: Any) -> Answer:
    headers = {"authorization": None if sent is None else f"Bearer {sent}"}
    return site.browser()("POST", PATH, {**BODY, **more}, headers=headers)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def test_the_token_of_the_start_makes_the_first_administrator(crm: Site) -> None:
    browser = crm.browser()
    answer = browser("POST", PATH, BODY, headers={"authorization": f"Bearer {token(crm)}"})
    content = answer.json()
    assert answer.status == 200
    assert content == {"success": True, "userId": content["userId"], "email": "root@example.com"}
    assert browser.cookies == {}
    assert answer.headers["cache-control"] == "no-store"
    assert browser.sign_in("root@example.com").status == 200
    user = browser.session["user"]
    assert (user["role"], user["emailVerified"], user["name"]) == ("admin", True, "Administrator")
    assert code(claim(crm, token(crm), email="x@example.com")) == (404, "NOT_FOUND")
    assert code(claim(crm, None)) == (404, "NOT_FOUND")
    assert ("system", "admin.bootstrapped", None) in crm.activities()


def test_a_claim_that_fails_leaves_the_token(crm: Site) -> None:
    crm.browser().sign_up("taken@example.com")
    for sent in (None, "", "0" * 64, token(crm).upper()):
        assert code(claim(crm, sent)) == (401, "UNAUTHORIZED")
    for body, status, expected in (
        ({"email": "no address"}, 400, "VALIDATION_ERROR"),
        ({"password": "short"}, 400, "PASSWORD_TOO_SHORT"),
        ({"password": ""}, 400, "VALIDATION_ERROR"),
        ({"role": "admin"}, 400, "VALIDATION_ERROR"),
        ({"email": "taken@example.com"}, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    ):
        assert code(claim(crm, token(crm), **body)) == (status, expected)
    assert claim(crm, token(crm), name="Root").status == 200


def test_a_token_holds_for_an_hour(crm: Site) -> None:
    crm.clock.pass_by(seconds=3600)
    assert code(claim(crm, token(crm))) == (401, "UNAUTHORIZED")


def test_of_several_claims_at_once_one_wins(crm: Site) -> None:
    # Of two nodes that have started, each has printed a token of its own.
    tokens = [token(crm), crm.client.run(start.start(crm.auth, None)).bootstrap_token]
    answers = crm.client.together(
        *(
            ("POST", PATH, {**BODY, "email": f"root{number}@example.com"}, {"authorization": f"Bearer {each}"})
            for number, each in enumerate([*tokens, *tokens])
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404]
    assert crm.sql("SELECT count(*) FROM \"user\" WHERE role = 'admin'") == [(1,)]
    assert crm.sql("SELECT count(*) FROM verification WHERE identifier = 'admin-bootstrap'") == [(0,)]
