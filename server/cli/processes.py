"""Processes that all do the same work, made and ended by this one."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from server.log import Log, stack_of

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_TOO_SHORT_SECONDS: Final = 5.0
"""A process that lives no longer would not do so the next time either."""


class Processes:
    """Copies of this process. The main thread must be the only one when they are made."""

    def __init__(self, count: int, log: Log) -> None:
        self.is_stopping = False
        """Whether a signal has asked for the end."""
        self._count = count
        self._log = log
        self._work: Callable[[], int] = lambda: 0
        self._started: dict[int, float] = {}
        self._lifeline = os.pipe()

    def listen(self) -> None:
        """Pass the signals that end a program on to the processes from now on."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def start(self, work: Callable[[], int]) -> None:
        """Make the processes; each does `work` and ends with the exit code that it returns."""
        self._work = work
        for _ in range(self._count):
            self._fork()

    def tend(self) -> bool:
        """Replace processes that have ended. Return whether to go on.

        That is over when a signal has ended all of them, or when one has ended right after its start.
        """
        for process in list(self._started):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended:
                continue
            seconds = time.monotonic() - self._started.pop(process)
            if self.is_stopping:
                continue
            self._log.event("error", "A worker process has ended.", code=os.waitstatus_to_exitcode(status))
            if seconds < _TOO_SHORT_SECONDS:
                return False
            self._fork()
        return bool(self._started) or not self.is_stopping

    def stop(self) -> None:
        """End the processes, each with the requests that it still serves, and wait for them."""
        self._signal(signal.SIGTERM)
        while self._started:
            process = next(iter(self._started))
            os.waitpid(process, 0)
            del self._started[process]

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        # A second signal goes on too, and ends them at once.
        self.is_stopping = True
        self._signal(number)

    def _signal(self, number: int) -> None:
        for process in self._started:
            os.kill(process, number)

    def _fork(self) -> None:
        self._log.flush()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal in between would find a process that is not noted yet, or one with the handlers of this one.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            if self.is_stopping:
                return
            process = os.fork()
            if not process:
                self._be_a_copy()
            self._started[process] = time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _be_a_copy(self) -> NoReturn:
        code = 1
        try:
            # Ctrl-C reaches every process of a group, and these get it from their maker already.
            os.setpgid(0, 0)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(self._lifeline[1])
            threading.Thread(target=_end_with_maker, args=(self._lifeline[0],), daemon=True).start()
            code = self._work()
        except BaseException as error:  # noqa: BLE001  # a copy must never return into the code of its maker
            self._log.event("error", "A worker process failed.", stack=stack_of(error))
        finally:
            self._log.flush()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _end_with_maker(lifeline: int) -> None:
    """Wait until the maker is gone, which closes its end of the pipe, and stop in order."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
