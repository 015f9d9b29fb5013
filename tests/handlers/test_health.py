from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tabularium.schema.model import Schema
from tests.support.server import Exchange, FakeSettings, Serve

OK = {
    "status": "ok",
    "timestamp": "2026-03-02T10:30:00.125Z",
    "app": {"name": "crm", "version": "1.4"},
    "database": {"status": "ok", "latencyMs": 0.25},
}


def without_version(body: dict[str, Any]) -> dict[str, Any]:
    assert isinstance(body.pop("version"), str)
    return body


def test_a_ready_server_says_so_with_the_time_of_its_database(serve: Serve) -> None:
    answer = serve(validate_responses=True)("GET", "/api/health")
    assert answer.status == 200
    assert without_version(answer.json()) == OK
    assert answer.headers["cache-control"] == "no-store"


def test_a_live_check_does_not_ask_the_database(serve: Serve) -> None:
    served = serve(validate_responses=True)
    served.database.is_away = True
    answer = served("GET", "/api/health?check=live")
    assert answer.status == 200
    assert "database" not in answer.json()
    assert served.database.pings == 0


def test_the_version_of_the_application_is_there_only_if_it_is_configured(serve: Serve) -> None:
    served = serve(schema=Schema(name="plain", tables=()), validate_responses=True)
    assert served("GET", "/api/health").json()["app"] == {"name": "plain"}


def test_without_database_the_answer_has_the_keys_of_health_and_of_errors(serve: Serve) -> None:
    served = serve(validate_responses=True)
    served.database.is_away = True
    answer = served("GET", "/api/health", headers={"x-request-id": "r1"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert without_version(answer.json()) == {
        **OK,
        "status": "unavailable",
        "database": {"status": "unavailable", "latencyMs": None},
        "success": False,
        "message": "The database is not available.",
        "code": "SERVICE_UNAVAILABLE",
        "requestId": "r1",
    }
    assert served("HEAD", "/api/health").body == b""


@pytest.mark.parametrize("check", ["ready", "live"])
def test_a_server_that_stops_is_not_ready(serve: Serve, check: str) -> None:
    served = serve(validate_responses=True)
    served.app.lifecycle.stop()
    answer = served("GET", f"/api/health?check={check}")
    assert (answer.status, answer.json()["status"]) == (503, "stopping")
    assert answer.json()["message"] == "The server is stopping."


def test_a_server_that_has_not_started_is_not_ready(serve: Serve) -> None:
    served = serve(is_started=False, validate_responses=True)
    answer = served("GET", "/api/health")
    assert (answer.status, answer.json()["status"]) == (503, "starting")


def test_a_database_that_does_not_answer_within_a_second_is_away(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.probe._TIME_LIMIT", 0.02)
    served = serve()
    served.database.ping_seconds = 5
    assert served("GET", "/api/health").status == 503


def test_one_question_serves_all_callers_for_a_second(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.probe._SHARED_FOR", 0.1)
    served = serve()
    served.database.ping_seconds = 0.01

    async def ask(times: int) -> list[int]:
        exchanges = [Exchange() for _ in range(times)]
        await asyncio.gather(*(each.run(served.app, "GET", "/api/health") for each in exchanges))
        return [each.messages[0]["status"] for each in exchanges]

    async def scenario() -> None:
        assert await ask(5) == [200] * 5
        assert await ask(1) == [200]
        assert served.database.pings == 1
        await asyncio.sleep(0.12)
        assert await ask(2) == [200, 200]
        assert served.database.pings == 2

    asyncio.run(scenario())


def test_health_is_logged_for_debugging_only(serve: Serve) -> None:
    quiet = serve(settings=FakeSettings(log_level="info"))
    quiet("GET", "/api/health")
    assert quiet.lines() == []
    loud = serve(settings=FakeSettings(log_level="debug"))
    loud("GET", "/api/health")
    assert [each["level"] for each in loud.lines()] == ["debug"]


def test_a_bad_parameter_is_refused(serve: Serve) -> None:
    answer = serve(validate_responses=True)("GET", "/api/health?check=deep")
    assert (answer.status, answer.codes) == (400, {"check": "invalid_value"})
