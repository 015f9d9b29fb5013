"""What Schemathesis loads: meaningful requests, a verdict on failures, and a count of the cases."""

from __future__ import annotations

from typing import Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response

from tests.fuzz.application import Case
from tests.fuzz.meaning import meaningful, purposeful, spoils
from tests.fuzz.patterns import keep_great_lengths
from tests.fuzz.refusals import is_fault
from tests.fuzz.tally import Tally

keep_great_lengths()


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


_TALLY: Final = Tally()


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: Case, response: Response) -> None:
    """Count a case."""
    _TALLY.add(case.meta.phase.name.value if case.meta else "other", response.status_code)
