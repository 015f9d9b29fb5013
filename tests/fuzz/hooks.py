"""What Schemathesis loads: meaningful requests, a verdict on failures, and a count of the cases."""

from __future__ import annotations

import atexit
import time
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response

from tests.fuzz.application import Case
from tests.fuzz.meaning import meaningful, purposeful, spoils
from tests.fuzz.refusals import is_fault
from tests.fuzz.run_folder import write_tally


@schemathesis.hook
def flatmap_case(_: schemathesis.HookContext, case: Case) -> st.SearchStrategy[Case]:
    """Let a case become a meaningful one."""
    return meaningful(case)


@schemathesis.hook
def filter_case(_: schemathesis.HookContext, case: Case) -> bool:
    """Leave out a scenario's step that would delete what the links of other records lead to."""
    return not spoils(case)


@schemathesis.hook
def before_add_examples(_: schemathesis.HookContext, examples: list[Case]) -> None:
    """Let each example be about one thing only."""
    for case in examples:
        purposeful(case)


@schemathesis.hook
def map_case(_: schemathesis.HookContext, case: Case) -> Case:
    """Let a case that is not random be about one thing only."""
    return purposeful(case)


@schemathesis.hook
def filter_failure(_: schemathesis.HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Keep the failures that are faults."""
    return is_fault(failure, case, response)


class _Tally:
    """Counts the cases and statuses of each phase, and takes the time between the first and the last."""

    def __init__(self) -> None:
        self._phases: dict[str, dict[str, Any]] = {}

    def add(self, phase: str, status: int) -> None:
        now = time.monotonic()
        entry = self._phases.setdefault(phase, {"cases": 0, "began": now, "statuses": {}})
        entry["cases"] += 1
        entry["seconds"] = now - entry["began"]
        group = f"{status // 100}xx"
        entry["statuses"][group] = entry["statuses"].get(group, 0) + 1

    def write(self) -> None:
        write_tally(self._phases)


_TALLY: Final = _Tally()
atexit.register(_TALLY.write)


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: Case, response: Response) -> None:
    """Count a case."""
    _TALLY.add(case.meta.phase.name.value if case.meta else "other", response.status_code)
