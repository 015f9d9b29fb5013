"""The log on stdout: one line an event, as text or as JSON. It holds no bodies, query strings, values or addresses."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, Final, TextIO

import orjson

from tabularium.settings import LogFormat, LogLevel

Level = LogLevel
Format = LogFormat

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_FLUSH_AFTER: Final = 0.05
"""Seconds that a line may wait for others: a write for each request would cost as much as the line."""

_CONTROLS = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)]}
_CONTROLS |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Log:
    """Writes lines. All of them go through here, those of libraries too (`LogHandler`), so that they stay in order."""

    def __init__(self, level: Level = "info", form: Format = "text", stream: TextIO | None = None) -> None:
        self._least = LEVELS[level]
        self._is_json = form == "json"
        self._stream = stream
        self._lines: list[str] = []
        self._scheduled_on: asyncio.AbstractEventLoop | None = None
        self._second = -1
        self._second_text = ""
        self.writes_info = self._least <= LEVELS["info"]
        self.writes_debug = self._least <= LEVELS["debug"]

    def request(
        self,
        level: Level,
        request_id: str,
        user: str | None,
        method: str,
        route: str,
        operation: str,
        status: int,
        ms: float,
    ) -> None:
        """Write the line of a request. `route` is the template of the contract, not the path that was sent."""
        if LEVELS[level] < self._least:
            return
        if self._is_json:
            fields = {
                "time": self._now(),
                "level": level,
                "requestId": request_id,
                "userId": user,
                "method": method,
                "route": route,
                "operation": operation,
                "status": status,
                "ms": round(ms, 3),
            }
            self._append(orjson.dumps(fields).decode())
        else:
            text = f"{request_id} {user or '-'} {method} {route} {operation} {status} {ms:.3f}ms"
            self._append(f"{self._now()} {level} {text.translate(_CONTROLS)}")

    def event(self, level: Level, message: str, **fields: Any) -> None:
        """Write something that happened, at once."""
        if LEVELS[level] < self._least:
            return
        if self._is_json:
            self._append(
                orjson.dumps({"time": self._now(), "level": level, "message": message, **fields}, default=str).decode()
            )
        else:
            details = "".join(f" {name}={value}" for name, value in fields.items())
            self._append(f"{self._now()} {level} {(message + details).translate(_CONTROLS)}")
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._scheduled_on = None
        if self._lines:
            text = "\n".join(self._lines) + "\n"
            self._lines.clear()
            stream = self._stream or sys.stdout
            stream.write(text)
            stream.flush()

    def _append(self, line: str) -> None:
        self._lines.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if self._scheduled_on is not loop:
            self._scheduled_on = loop
            loop.call_later(_FLUSH_AFTER, self.flush)

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{int((now - second) * 1000):03d}Z"


def stack_of(error: BaseException) -> str:
    """Describe an exception by the names of its classes and its frames: messages may hold values of records."""
    described: list[str] = []
    current: BaseException | None = error
    while current is not None and len(described) < 10:
        frames = traceback.extract_tb(current.__traceback__)
        places = " < ".join(
            f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}" for each in reversed(frames)
        )
        described.append(f"{type(current).__name__} at {places or 'no frame'}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "; after ".join(described)


class LogHandler(logging.Handler):
    """Leads records of the standard library's logging into the log."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level: Level = "error"
        for name in ("debug", "info", "warning"):
            if record.levelno <= LEVELS[name]:
                level = name
                break
        # The first line only: asyncio goes on with the `repr` of exceptions, which may hold values.
        message = record.getMessage().strip().partition("\n")[0]
        if record.exc_info and record.exc_info[1] is not None:
            message += f" ({stack_of(record.exc_info[1])})"
        self._log.event(level, message, logger=record.name)
