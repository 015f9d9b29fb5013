"""Counts what Schemathesis sends."""

from __future__ import annotations

import atexit
import time
from typing import Any

from tests.fuzz.run_folder import write_tally


class Tally:
    """Counts the cases and statuses of each phase, and takes the time between the first and the last."""

    def __init__(self) -> None:
        self._phases: dict[str, dict[str, Any]] = {}
        atexit.register(self.write)

    def add(self, phase: str, status: int) -> None:
        """Count a case."""
        now = time.monotonic()
        entry = self._phases.setdefault(phase, {"cases": 0, "began": now, "statuses": {}})
        entry["cases"] += 1
        entry["seconds"] = now - entry["began"]
        group = f"{status // 100}xx"
        entry["statuses"][group] = entry["statuses"].get(group, 0) + 1

    def write(self) -> None:
        """Hand the numbers to the run."""
        write_tally(self._phases)
