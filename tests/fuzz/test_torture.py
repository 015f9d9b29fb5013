from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.fuzz import aftermath, seed
from tests.fuzz.torture import torture
from tests.fuzz.wire import Answer, Attack, Fault, request, send
from tests.provision.server import running_server

APPLICATION = Path(__file__).with_name("app.yaml")


def test_every_attack_is_answered_in_order_and_leaves_server_and_database_sound(
    database_url: str, tmp_path: Path
) -> None:
    environment = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
        "LOG_LEVEL": "warning",
        "LOG_FORMAT": "json",
    }
    with running_server(APPLICATION, tmp_path / "server.log", environment) as server:
        seed.store(server.url)
        report = torture(server.port, with_slow=False)
        assert report.faults == ()
        assert report.count > 1000
        assert aftermath.is_alive(server.process)
        assert aftermath.resident_mebibytes(server.process) > 0
    assert not aftermath.is_alive(server.process)
    assert aftermath.log_errors(server.log) == []
    assert aftermath.database_faults(database_url) == []


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ('{"time":"2026-01-01T00:00:00.000Z","level":"error","message":"x"}', True),
        ('{"time":"2026-01-01T00:00:00.000Z","level":"warning","message":"error"}', False),
        ("Listening on http://127.0.0.1:1", False),
        ("Traceback (most recent call last):", True),
        ('{"level":', True),
    ],
)
def test_an_error_in_the_log_is_found(line: str, is_error: bool, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(f"Listening\n{line}\n", encoding="utf-8")
    assert bool(aftermath.log_errors(log)) is is_error


def test_a_broken_sqlite_database_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (parent REFERENCES parent)")
        connection.execute("INSERT INTO child VALUES (7)")
    connection.close()
    assert len(aftermath.database_faults(f"sqlite:{path}")) == 1


def test_an_attack_is_sent_as_it_is_written() -> None:
    data = request("GET", "/a b", None, [("Host", "<none>"), ("X-Raw", "\xff")])
    assert data == b"GET /a b HTTP/1.1\r\nConnection: close\r\nX-Raw: \xff\r\n\r\n"
    with_body = request("POST", b"/\xff", b"{}", [("Content-Length", "9")])
    assert with_body.endswith(b"Content-Length: 9\r\n\r\n{}")
    assert b"Content-Length: 2" not in with_body


def test_nobody_who_listens_is_a_fault_that_names_the_attack() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        fault = send(taken.getsockname()[1], Attack("knock", (b"GET / HTTP/1.1\r\n\r\n",), frozenset({200})))
    assert fault is not None
    assert str(fault).startswith("knock: the connection ended")


def test_a_fault_shows_what_was_sent_and_answered() -> None:
    attack = Attack("knock", (b"a" * 300,), frozenset({200}))
    text = str(Fault(attack, "odd", Answer(500, {}, b"oh", 0.1)))
    assert "500 b'oh'" in text
    assert "a" * 200 in text
    assert "a" * 201 not in text
