from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest

from server.log import Log, LogHandler, stack_of


def test_a_line_of_text_has_every_part_in_its_place() -> None:
    output = io.StringIO()
    Log("info", "text", output).request("info", "r1", None, "GET", "/a/{b}", "get_b", 200, 1.23456)
    time, rest = output.getvalue().split(" ", 1)
    assert rest == "info r1 - GET /a/{b} get_b 200 1.235ms\n"
    assert len(time) == len("2026-03-02T10:30:00.125Z")


def test_control_characters_are_escaped() -> None:
    output = io.StringIO()
    log = Log("info", "text", output)
    log.event("info", "one\ntwo\x1b[31m\x85\u2028", detail="x\ty")
    log.request("info", "r", None, "GET\r", "-", "-", 405, 1)
    assert output.getvalue().count("\n") == 2
    assert "one\\x0atwo\\x1b[31m\\x85\\u2028 detail=x\\x09y" in output.getvalue()
    assert "GET\\x0d" in output.getvalue()


def test_lines_below_the_level_are_left_out() -> None:
    output = io.StringIO()
    log = Log("warning", "json", output)
    log.event("info", "no")
    log.request("info", "r", None, "GET", "/", "a", 200, 1)
    log.event("error", "yes", count=3)
    line = json.loads(output.getvalue())
    assert (line["level"], line["message"], line["count"]) == ("error", "yes", 3)


def test_lines_of_requests_are_written_together_and_soon() -> None:
    output = io.StringIO()
    log = Log("info", "json", output)

    async def requests() -> None:
        for number in range(3):
            log.request("info", f"r{number}", "u", "GET", "/", "a", 200, 1)
        assert output.getvalue() == ""
        await asyncio.sleep(0.1)
        assert len(output.getvalue().splitlines()) == 3

    asyncio.run(requests())


def test_the_stack_of_an_exception_names_places_and_no_values() -> None:
    def inner() -> None:
        raise KeyError("sesame")

    try:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("sesame") from error
    except RuntimeError as error:
        stack = stack_of(error)
    assert "RuntimeError at test_log.py" in stack
    assert "KeyError at test_log.py" in stack
    assert " inner < test_log.py" in stack
    assert "sesame" not in stack


@pytest.mark.parametrize(
    ("number", "level"), [(5, "debug"), (20, "info"), (30, "warning"), (40, "error"), (50, "error")]
)
def test_records_of_libraries_are_led_into_the_log(number: int, level: str) -> None:
    output = io.StringIO()
    handler = LogHandler(Log("debug", "json", output))
    record = logging.LogRecord("lib", number, "x.py", 1, "lost %s\nfuture: sesame", ("it",), None)
    handler.emit(record)
    line = json.loads(output.getvalue())
    assert (line["level"], line["message"], line["logger"]) == (level, "lost it", "lib")
