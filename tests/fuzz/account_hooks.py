"""What Schemathesis loads where it fuzzes accounts: a verdict on failures, and a count of the cases."""

from __future__ import annotations

import json
from typing import Final

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode

from tests.fuzz.application import Case
from tests.fuzz.patterns import keep_great_lengths
from tests.fuzz.tally import Tally

keep_great_lengths()

_TALLY: Final = Tally()
_ADMINISTRATED: Final = ("/api/activity", "/api/analytics", "/docs/analytics")
_EXCUSED: Final = (
    *({"field": "cursor", "code": code} for code in ("invalid_cursor", "conflicting")),
    {"field": "table", "code": "conflicting"},
    {"field": "recordId", "code": "required"},
    *({"field": name, "code": "invalid_date"} for name in ("startDate", "endDate", "from", "to")),
    *({"field": name, "code": "invalid_value"} for name in ("endDate", "to", "timezone")),
    *({"field": name, "code": "out_of_range"} for name in ("from", "granularity")),
)
"""What the contract cannot say: parameters that exclude or need each other, days, zones and cursors."""
_HEAD_REFUSED: Final = 431


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: Case, response: Response) -> None:
    """Count a case."""
    _TALLY.add(case.meta.phase.name.value if case.meta else "other", response.status_code)


@schemathesis.hook
def filter_failure(_: schemathesis.HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Keep the failures that are faults."""
    if isinstance(failure, RejectedPositiveData) and response.status_code in (400, 401, 403, 405, 410, 422):
        return not _is_right_refusal(case, response)
    if isinstance(failure, AcceptedNegativeData):
        return response.status_code != 413 and not _is_harmless(case)
    if response.status_code == _HEAD_REFUSED and isinstance(failure, UndefinedStatusCode):
        return False  # the HTTP parser refuses a head that is too long, before there is a request
    # Better Auth's wire has some refusals without a body.
    return not (response.status_code in (401, 404) and not response.content)


def _is_right_refusal(case: Case, response: Response) -> bool:
    """Say whether a body that fits was refused for what it says: a wrong password, a token that there is not."""
    if case.path.startswith(_ADMINISTRATED):
        errors = json.loads(response.content).get("errors", ())
        return bool(errors) and all({"field": each["field"], "code": each["code"]} in _EXCUSED for each in errors)
    if not response.content:
        return True
    answer = json.loads(response.content)
    if answer["code"] != "VALIDATION_ERROR":
        return True
    # An address may have the form of one, and yet be none that a mail server could take; and of the two names that
    # select an account the contract cannot say that one must be there.
    excused = ({"code": "invalid_email"}, {"code": "required", "field": "body.accountId"})
    return all(any(each.items() <= error.items() for each in excused) for error in answer["errors"])


def _is_harmless(case: Case) -> bool:
    """Say whether what does not fit is something that these operations do not look at.

    Query strings may hold anything, and a flag is any text; no body, or one of no type, counts as an empty one.
    """
    if case.path.startswith(_ADMINISTRATED):
        return False
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is None or not body.mode.is_negative or not case.body
