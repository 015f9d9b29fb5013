from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.serve import ADDRESS_TAKEN, AddressUnavailable, bind

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, request: bytes) -> bytes:
        """Send bytes and return everything that comes until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def wait(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


def read_answer(connection: socket.socket) -> bytes:
    """Receive until the body of `/echo` is there."""
    received = b""
    while not received.endswith(b"}"):
        received += connection.recv(65536)
    return received


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


@contextmanager
def started(port: int = 0, prepare: Callable[[], None] | None = None) -> Iterator[Running]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.server_process", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=prepare
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        yield Running(process, int(line.rpartition(":")[2]) if line.startswith("Listening") else 0)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with started() as running:
        yield running


CLOSE = b"Host: x\r\nConnection: close\r\n"


def test_a_request_is_served_without_naming_the_server(server: Running) -> None:
    answer = server.send(
        b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Content-Type: application/octet-stream\r\nContent-Length: 3\r\n\r\nabc"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b'{"length":3}'
    assert b"\r\nserver:" not in head.lower()
    assert b"x-powered-by" not in head.lower()


def test_a_body_over_the_limit_is_answered_though_it_is_still_being_sent(server: Running) -> None:
    answer = server.send(b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"PAYLOAD_TOO_LARGE"' in answer


@pytest.mark.parametrize("request_line", [b"nonsense\r\n\r\n", b"GET /a b HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_the_parser_refuses_is_400(server: Running, request_line: bytes) -> None:
    assert server.send(request_line).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(80)) + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"v" * 200_000,
    ],
)
def test_a_head_over_64_kib_is_431(server: Running, head: bytes) -> None:
    assert server.send(head).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET"])
def test_a_head_that_does_not_come_is_waited_for_in_vain(server: Running, begin: bytes) -> None:
    begun = time.monotonic()
    assert server.send(begin) == b""
    assert time.monotonic() - begun < 5


def test_a_head_that_drips_is_cut_off_too(server: Running) -> None:
    with server.connect() as connection:
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 5:
                connection.sendall(b"X" if time.monotonic() - begun > 0.1 else b"GET / HTTP/1.1\r\nX: ")
                time.sleep(0.05)
        except OSError:
            pass
        assert time.monotonic() - begun < 4


def test_a_body_that_pauses_is_cut_off_and_a_connection_that_idles_is_not(server: Running) -> None:
    with server.connect() as idle:
        idle.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(idle).startswith(b"HTTP/1.1 200 ")
        headers = b"Host: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nabc"
        assert server.send(b"POST /echo HTTP/1.1\r\n" + headers) == b""
        idle.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(idle).startswith(b"HTTP/1.1 200 ")


def test_a_slow_handler_is_not_taken_for_a_slow_client(server: Running) -> None:
    assert server.send(b"GET /echo HTTP/1.1\r\n" + CLOSE + b"\r\n").endswith(b'{"slow":true}')


def test_sigterm_finishes_what_runs_cuts_off_what_takes_too_long_and_exits_with_0() -> None:
    with started() as running, running.connect() as slow, running.connect() as endless:
        slow.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        endless.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.8)
        running.process.send_signal(signal.SIGTERM)
        assert read_all(slow).endswith(b'{"slow":true}')
        cut_off = read_all(endless)
        assert cut_off.startswith(b"HTTP/1.1 503 ")
        assert b'"SERVICE_UNAVAILABLE"' in cut_off
        code, out, err = running.wait()
    assert code == 0
    assert out.endswith("closed\n")
    assert "Traceback" not in err


def test_a_second_signal_ends_at_once() -> None:
    with started() as running, running.connect() as endless:
        endless.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        running.process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        code, _, _ = running.wait()
        assert time.monotonic() - begun < 1.5
    assert code == -signal.SIGINT


def test_a_taken_port_is_exit_code_5_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-W", "ignore", "-m", "tests.support.server_process", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False)
    assert done.returncode == ADDRESS_TAKEN == 5
    assert f"127.0.0.1:{port} is taken." in done.stdout
    assert "--port" in done.stdout
    assert "closed" in done.stdout, "the database is closed all the same"


def test_an_address_that_is_not_ours_is_refused_with_the_reason_and_what_to_set() -> None:
    with pytest.raises(AddressUnavailable, match="cannot be used") as caught:
        bind("203.0.113.1", 0)
    assert "Set --host or HOST" in str(caught.value)
    assert "Stop what listens" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="Limits are set for another process.")
def test_idle_connections_beyond_the_usual_limit_of_open_files_harm_nobody() -> None:
    import resource

    usual = 64
    with started(prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (usual, 4096))) as running:
        idle = [running.connect() for _ in range(2 * usual)]
        answer = running.send(b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for each in idle:
            each.close()
    assert answer.endswith(b'{"slow":true}')


def test_a_name_is_listened_on_at_all_of_its_addresses() -> None:
    sockets = bind("localhost", 0)
    port = sockets[0].getsockname()[1]
    for each in sockets:
        each.close()
    sockets = bind("localhost", port)
    try:
        assert {each.getsockname()[1] for each in sockets} == {port}
    finally:
        for each in sockets:
            each.close()
