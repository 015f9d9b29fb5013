"""Who may call what: the contract's `x-access` is held to by the flows, since dispatch alone cannot judge it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.asgi import Answer
from tests.support.auth import Browser, Settings, Site, site

CONTRACT = json.loads(Path("generated/openapi.json").read_text())
STRATEGIES = [
    *({"type": "emailAndPassword"}, {"type": "magicLink"}, {"type": "emailOtp"}),
    {"type": "oauth", "providers": ["google"]},
]
OPEN_TO_KEYS = {"list_api_keys", "get_api_key", "has_permission", "export_account", "get_pending_erasure"}
"""What a key may do that has an owner who is no administrator, beside `get_session`, which is public."""


class Call(NamedTuple):
    """A request of the contract that holds all that it needs."""

    operation_id: str
    method: str
    path: str
    query: dict[str, Any]
    body: Any

    def by(self, browser: Browser, **headers: Any) -> Answer:
        browser.site.clock.pass_by(seconds=61)  # each is let through by the limits
        return browser(self.method, self.path, self.body, query=self.query, headers=headers)


def calls(*access: str) -> list[Call]:
    found = []
    for path, methods in CONTRACT["paths"].items():
        for method, content in methods.items():
            if content["tags"][0] in ("auth", "account") and content["x-access"] in access:
                query = {
                    each["name"]: each["example"]
                    for each in content.get("parameters", ())
                    if each["in"] == "query" and each.get("required")
                }
                found.append(Call(content["operationId"], method.upper(), path, query, _body_of(content)))
    return found


def _body_of(content: dict[str, Any]) -> Any:
    sent = content.get("requestBody", {}).get("content", {}).get("application/json", {})
    values = [sent.get("example"), *(each["value"] for each in sent.get("examples", {}).values())]
    return next((each for each in values if each is not None), None)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Site]:
    """An application in which every operation is there."""
    settings = Settings(credentials={"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"})
    options = {"strategies": STRATEGIES, "twoFactor": True}
    with site(tmp_path, f"sqlite:{tmp_path / 'a.db'}", options, settings=settings) as opened:
        yield opened


def test_whoever_is_not_signed_in_is_refused(whole: Site) -> None:
    found = {call.operation_id: call.by(whole.browser()).status for call in calls("session", "admin")}
    assert len(found) > 40
    assert set(found.values()) == {401}, found


def test_whoever_is_no_administrator_is_refused(whole: Site) -> None:
    browser = whole.browser()
    browser.sign_up()
    found = {call.operation_id: call.by(browser).status for call in calls("admin")}
    assert len(found) > 10
    assert set(found.values()) == {403}, found


def test_a_key_serves_few_operations(whole: Site) -> None:
    browser = whole.browser()
    browser.sign_up()
    key = browser.post("/api-key/create", name="k").json()["key"]
    program = {"x-api-key": key, "origin": None}
    found = {call.operation_id: call.by(whole.browser(), **program).status for call in calls("session")}
    assert {name for name, status in found.items() if status != 401} == OPEN_TO_KEYS
