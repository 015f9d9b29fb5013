from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import accounts, flights
from tabularium.application import load_schema


def test_both_applications_count_requests_and_refuse_none(tmp_path: Path) -> None:
    (tmp_path / "accounts.yaml").write_text(accounts.APPLICATION, encoding="utf-8")
    flights.write_application(tmp_path / "flights.yaml")
    for name in ("accounts", "flights"):
        schema = load_schema(tmp_path / f"{name}.yaml").schema
        assert set(schema.api.rate_limits.values()) == {(1_000_000, 1)}
    assert schema.auth is None


def test_a_session_is_compared_with_the_same_request_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_sign_up", lambda port, email: f"session={port}-{email}")
    with_session, alone, disturbed = accounts.scenarios(80)
    assert (with_session.compared_with, disturbed.compared_with) == ("get one", alone.name)
    assert disturbed.beside is not None
    assert disturbed.beside.connections == 16
    for scenario in (with_session, alone, disturbed):
        assert all("Cookie: session=80-user" in request for request in scenario.requests())
    assert "Cookie" not in "".join(disturbed.beside.requests())
