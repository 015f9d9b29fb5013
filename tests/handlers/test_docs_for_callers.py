"""Who may see the contract and the explorer, where the application says who."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.auth import PASSWORDS, Site, site

PATHS = ("/docs", "/docs/openapi.json", "/docs/openapi.json?expand=tables", "/api/openapi.json", "/api/scalar")


def opened(tmp_path: Path, shown: str) -> AbstractContextManager[Site]:
    return site(tmp_path, f"sqlite:{tmp_path / 'a.db'}", PASSWORDS, api={"docs": shown})


def statuses(crm: Site, headers: dict[str, str]) -> set[int]:
    return {crm.client("GET", path, headers=headers).status for path in PATHS}


def test_docs_for_those_who_are_signed_in(tmp_path: Path) -> None:
    with opened(tmp_path, "authenticated") as crm:
        assert statuses(crm, {}) == {401}
        browser = crm.browser()
        browser.sign_up()
        cookie = {"cookie": browser.cookie_header}
        assert statuses(crm, cookie) == {200, 308}
        assert crm.client("GET", "/docs", headers=cookie).headers["cache-control"] == "private, no-cache"


def test_docs_for_administrators(tmp_path: Path) -> None:
    with opened(tmp_path, "admin") as crm:
        browser = crm.browser()
        browser.sign_up()
        cookie = {"cookie": browser.cookie_header}
        assert statuses(crm, cookie) == {403}
        crm.promote("ada@example.com")
        assert statuses(crm, cookie) == {200, 308}
        assert statuses(crm, {"authorization": "Bearer x"}) == {401}


def test_the_typed_contract_is_the_callers_own(tmp_path: Path) -> None:
    with opened(tmp_path, "public") as crm:
        nobody = crm.client("GET", "/docs/openapi.json?expand=tables")
        assert nobody.headers["cache-control"] == "private, no-cache"
        paths = json.loads(nobody.body)["paths"]
        assert "/api/tables/notes/records" not in paths
        assert "/api/auth/sign-in/email" in paths
        browser = crm.browser()
        browser.sign_up()
        typed = crm.client("GET", "/docs/openapi.json?expand=tables", headers={"cookie": browser.cookie_header})
        assert "/api/tables/notes/records" in json.loads(typed.body)["paths"]
