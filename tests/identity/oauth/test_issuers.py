"""Whose tokens and codes are believed."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.identity.oauth.discovery import resolve
from tabularium.identity.oauth.issuers import is_issuer, issuer_problem
from tabularium.identity.oauth.providers import ProviderKind, ProviderOptions

ONE = "11111111-2222-3333-4444-555555555555"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


def judged(kind: ProviderKind, issuer: str, tenant: object = None, /, **changes: Any) -> bool:
    options = ProviderOptions(id=kind, kind=kind, client_id="c", **changes)
    return is_issuer(options, resolve(options, {}), issuer, tenant)


def of_tenant(tenant: str) -> str:
    return f"https://login.microsoftonline.com/{tenant}/v2.0"


def test_google_has_two_forms() -> None:
    assert judged("google", "https://accounts.google.com")
    assert judged("google", "accounts.google.com")
    for other in ("http://accounts.google.com", "https://accounts.google.com/", "google.com", ""):
        assert not judged("google", other)


def test_a_moved_issuer_is_the_only_one() -> None:
    assert judged("google", "https://id.example", issuer="https://id.example")
    assert not judged("google", "https://accounts.google.com", issuer="https://id.example")
    assert judged("microsoft", "https://id.example", "", issuer="https://id.example")


def test_microsofts_issuer_names_the_tenant_of_the_token() -> None:
    assert judged("microsoft", of_tenant(ONE), ONE)
    for tenant in (PERSONAL, "", "x"):
        assert not judged("microsoft", of_tenant(ONE), tenant)
    for issuer in (
        of_tenant(""),
        of_tenant(f"{ONE}/x"),
        "https://login.microsoftonline.com/v2.0",
        f"https://evil.example/{ONE}/v2.0",
    ):
        assert not judged("microsoft", issuer, ONE)


@pytest.mark.parametrize(
    ("configured", "accepted"),
    [
        (None, {ONE, PERSONAL}),
        ("common", {ONE, PERSONAL}),
        ("organizations", {ONE}),
        ("consumers", {PERSONAL}),
        (ONE.upper(), {ONE}),
        ("contoso.example", set()),
    ],
)
def test_microsofts_tenant_is_the_configured_one(configured: str | None, accepted: set[str]) -> None:
    for tenant in (ONE, PERSONAL):
        assert judged("microsoft", of_tenant(tenant), tenant, tenant_id=configured) is (tenant in accepted)


def test_without_a_known_issuer_no_token_is_believed_and_no_callback_refused() -> None:
    options = ProviderOptions(id="github", kind="github", client_id="c")
    endpoints = resolve(options, {})
    assert not is_issuer(options, endpoints, "https://github.com")
    assert issuer_problem(options, endpoints, "https://github.com") is None
    assert issuer_problem(options, endpoints, None) is None


def test_a_callback_names_the_known_issuer_or_none() -> None:
    options = ProviderOptions(id="microsoft", kind="microsoft", client_id="c", tenant_id=ONE)
    endpoints = resolve(options, {})
    assert issuer_problem(options, endpoints, None) is None
    assert issuer_problem(options, endpoints, of_tenant(ONE)) is None
    assert issuer_problem(options, endpoints, of_tenant(PERSONAL)) == "issuer_mismatch"
    assert issuer_problem(options, endpoints, "") == "issuer_mismatch"
