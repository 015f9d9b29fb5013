from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from server.cli import application
from tests.cli.conftest import APPLICATION, Command
from tests.provision.server import free_port, running_process

SECONDS = 20.0


@contextmanager
def served(folder: Path, *options: str, **environment: str) -> Iterator[tuple[int, int]]:
    """Serve the application of the folder in a process of its own; yield port and process."""
    port = free_port()
    arguments = [sys.executable, "-m", "server.cli", "serve", *options, "--port", str(port)]
    with running_process(arguments, folder / "log", environment, f"http://127.0.0.1:{port}/api/health") as process:
        yield port, process


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.load(answer)


def served_name(port: int) -> str | None:
    """Return the name of the application, or nothing while the former server stops, whose health is 503."""
    try:
        name: str = get(port, "/api/health")["app"]["name"]
    except OSError:
        return None
    return name


def post(port: int, path: str, body: Any) -> Any:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def end(process: int, number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and return the exit code; the fixture's own end then finds nothing left to do."""
    os.kill(process, number)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(process: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


def test_a_served_application_answers_says_that_it_is_open_and_stops_with_0(folder: Path) -> None:
    with served(folder, "app.yaml") as (port, process):
        assert get(port, "/api/health")["app"] == {"name": "shop"}
        assert post(port, "/api/tables/products/records", {"name": "Cup"})["id"] == "1"
        taken = subprocess.run(
            [sys.executable, "-m", "server.cli", "serve", "app.yaml", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert taken.returncode == 5
        assert f"127.0.0.1:{port} is taken." in taken.stderr
        assert end(process) == 0
    log = (folder / "log").read_text()
    assert "ATTENTION: there is no authentication." in log
    assert "database: products: create the table" in log
    assert f"Listening on http://127.0.0.1:{port}" in log
    assert "POST /api/tables/{tableId}/records create_record 201" in log


@pytest.mark.skipif(sys.platform != "linux", reason="The processes are found in /proc.")
def test_several_workers_share_the_port_and_the_database_and_end_together(folder: Path) -> None:
    with served(folder, "app.yaml", WORKERS="2") as (port, process):
        workers = children(process)
        assert len(workers) == 2
        ids = {post(port, "/api/tables/products/records", {"name": f"Cup {number}"})["id"] for number in range(10)}
        assert len(ids) == 10
        assert get(port, "/api/tables/products/records")["pagination"]["total"] == 10
        assert end(process, signal.SIGINT) == 0
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


@pytest.mark.skipif(sys.platform != "linux", reason="The processes are found in /proc.")
def test_watching_serves_what_the_file_says_and_keeps_on_while_it_is_broken(folder: Path) -> None:
    file, log = folder / "app.yaml", folder / "log"
    with served(folder, "--watch") as (port, process):
        file.write_text("nam: shop\n")
        until(lambda: "the former one still is" in log.read_text())
        assert get(port, "/api/health")["app"]["name"] == "shop"
        file.write_text(
            APPLICATION.replace("name: shop", "name: new shop") + "      - { id: 4, name: made, type: date }\n"
        )
        until(lambda: served_name(port) == "new shop")
        assert post(port, "/api/tables/products/records", {"name": "Cup", "made": "2026-01-01"})["id"] == "1"
        assert end(process) == 0
    assert 'did you mean "name"?' in log.read_text()
    assert 'database: products: add the field "made"' in log.read_text()


def test_an_option_wins_over_the_environment(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = command("serve", "--port", str(port), PORT="1", HOST="127.0.0.1", LOG_LEVEL="error")
    assert result.exit_code == 5
    assert f"127.0.0.1:{port} is taken." in result.stderr


def test_a_broken_file_is_not_served(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION.replace("decimal", "decimel"))
    result = command("serve", WORKERS="many")
    assert result.exit_code == 1
    assert 'did you mean "decimal"?' in result.stderr
    assert "environment: WORKERS must be" in result.stderr
    assert not (folder / "data").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_away_ends_with_3(command: Command, monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setattr(application, "PATIENCE_SECONDS", 0.0)
    url = f"postgresql://user:password@127.0.0.1:{free_port()}/name"
    result = command("serve", "--workers", workers, DATABASE_URL=url)
    assert result.exit_code == 3
    assert "password" not in result.output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_change_that_needs_a_decision_ends_with_4_and_prints_the_plan(
    command: Command, folder: Path, workers: str
) -> None:
    command("migrate", "apply")
    (folder / "app.yaml").write_text(APPLICATION + "    primaryKey: { type: uuid }\n")
    result = command("serve", "--workers", workers)
    assert result.exit_code == 4
    assert "Refused:" in result.stderr
    assert "primary key" in result.stderr


def test_a_database_that_is_newer_than_the_program_ends_with_4(command: Command, folder: Path) -> None:
    command("migrate", "apply")
    connection = apsw.Connection(str(folder / "data" / "tabularium.db"))
    connection.execute("UPDATE _schema SET format = 99, program = '9.9'")
    connection.close()
    result = command("serve")
    assert result.exit_code == 4
    assert "was written by Tabularium 9.9" in result.stderr


def test_a_database_that_cannot_serve_ends_with_1(command: Command, folder: Path) -> None:
    (folder / "data").mkdir()
    result = command("serve", DATABASE_URL="sqlite:data/x.db?mode=ro")
    assert result.exit_code == 1
    assert "takes no parameters" in result.stderr
