from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi.checks import EnsureResourceAvailability, IgnoredAuth, RejectedPositiveData, UseAfterFree

from server.protocol import HEAD_LIMIT
from tests.fuzz.refusals import REFUSALS, is_fault

GENERIC = "/api/tables/{tableId}/records"
TYPED = "/api/tables/everything/records"


def failure(kind: Any) -> Any:
    return kind.__new__(kind)


def case(path: str, query: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(path=path, path_parameters={"tableId": "everything"}, query=query or {}, headers=headers)


def response(
    status: int, *errors: tuple[str, str], code: str = "VALIDATION_ERROR", message: str = "", head: int = 0
) -> Any:
    content = {"code": code, "message": message, "errors": [{"field": field, "code": each} for field, each in errors]}
    request = SimpleNamespace(url=f"http://localhost/{'a' * head}", headers={})
    return SimpleNamespace(status_code=status, content=json.dumps(content).encode(), request=request)


def test_a_new_record_need_not_be_found_where_a_rule_may_hide_it() -> None:
    hidden = failure(EnsureResourceAvailability)
    assert not is_fault(hidden, case("/api/tables/ruled/records"), response(404))
    assert is_fault(hidden, case(TYPED), response(404))


@pytest.mark.parametrize(
    ("path", "errors", "is_expected"),
    [
        (TYPED, [("page", "conflicting")], False),
        (TYPED, [("page", "conflicting"), ("order", "conflicting")], False),
        (TYPED, [("page", "out_of_range")], True),
        (TYPED, [("page", "conflicting"), ("limit", "conflicting")], True),
        (TYPED, [("filter.not.whole", "wrong_type")], False),
        (TYPED, [("fields.contact", "not_found")], False),
        (TYPED, [("fields.contact", "duplicate_item")], False),
        (TYPED, [("fields.tags", "duplicate_item")], True),
        (TYPED, [("fields.line", "too_long")], True),
        (TYPED, [("fields.exact", "out_of_range")], False),
        (TYPED, [("fields.whole", "out_of_range")], True),
        (TYPED, [("fields.nothing", "unknown_field")], True),
        (TYPED, [("sort", "unknown_field")], True),
        (GENERIC, [("fields.nothing", "unknown_field")], False),
        (GENERIC, [("sort", "unknown_field")], False),
        (GENERIC, [("limit", "out_of_range")], True),
        (GENERIC, [("body", "wrong_type")], True),
        (f"{TYPED}/1/restore", [("recordId", "not_deleted")], False),
        (f"{TYPED}/batch/restore", [("ids.0", "not_deleted")], False),
        (f"{TYPED}/batch", [("ids.1", "duplicate")], False),
        (f"{TYPED}/batch", [("records.1.id", "duplicate")], False),
        (f"{TYPED}/batch", [("records.1.fields.contact", "not_found")], False),
        (f"{TYPED}/batch", [("records.1.fields.exact", "out_of_range")], False),
        (f"{TYPED}/batch", [("records.1.fields.whole", "out_of_range")], True),
        (f"{TYPED}/batch", [("records.1.fields.line", "required")], True),
        (f"{TYPED}/batch", [("fields", "unknown_field")], True),
        (f"{TYPED}/upsert", [("records.1.fields.line", "required")], False),
        (f"{TYPED}/upsert", [("fieldsToMergeOn.0", "unknown_field")], True),
        (f"{GENERIC}/upsert", [("fieldsToMergeOn.0", "unknown_field")], False),
    ],
)
def test_a_refusal_is_right_only_where_the_contract_cannot_say_why(
    path: str, errors: list[tuple[str, str]], is_expected: bool
) -> None:
    assert is_fault(failure(RejectedPositiveData), case(path), response(400, *errors)) is is_expected


def test_what_was_deleted_may_be_used_where_the_trash_is_asked_for() -> None:
    assert not is_fault(failure(UseAfterFree), case(f"{TYPED}/1/restore"), response(200))
    assert not is_fault(failure(UseAfterFree), case(f"{TYPED}/1", {"includeDeleted": "true"}), response(200))
    assert is_fault(failure(UseAfterFree), case(f"{TYPED}/1"), response(200))


def test_too_many_entries_of_a_batch_are_too_large_and_nothing_else_is() -> None:
    for path in (f"{TYPED}/batch", f"{TYPED}/batch/restore", f"{GENERIC}/upsert"):
        assert not is_fault(failure(AcceptedNegativeData), case(path), response(413))
        assert is_fault(failure(AcceptedNegativeData), case(path), response(200))
    assert is_fault(failure(AcceptedNegativeData), case(TYPED), response(413))


def test_an_application_without_accounts_asks_nobody_to_sign_in() -> None:
    assert not is_fault(failure(IgnoredAuth), case(f"{TYPED}/1/restore"), response(200))


def test_unreadable_text_is_excused_as_a_filter_only() -> None:
    answer = response(400, code="BAD_REQUEST", message="The filter is not valid JSON.")
    assert not is_fault(failure(RejectedPositiveData), case(GENERIC, {"filter": "{"}), answer)
    assert is_fault(failure(RejectedPositiveData), case(GENERIC), answer)
    body = response(400, code="BAD_REQUEST", message="The body is not valid JSON.")
    assert is_fault(failure(RejectedPositiveData), case(GENERIC, {"filter": "{"}), body)


@pytest.mark.parametrize("status", [500, 503, 404])
def test_no_other_status_is_ever_excused(status: int) -> None:
    excused = response(status, ("filter", "wrong_type"))
    assert is_fault(failure(ServerError), case(GENERIC), excused)
    assert is_fault(failure(RejectedPositiveData), case(GENERIC), excused)


def test_an_accepted_request_that_should_be_refused_is_always_a_fault() -> None:
    assert is_fault(failure(AcceptedNegativeData), case(GENERIC), response(200))
    assert is_fault(failure(AcceptedNegativeData), case(GENERIC), response(400, ("filter", "wrong_type")))


def test_a_head_over_the_limit_may_be_refused_by_the_parser_and_no_other() -> None:
    assert not is_fault(failure(AcceptedNegativeData), case(GENERIC), response(431, head=HEAD_LIMIT))
    assert is_fault(failure(AcceptedNegativeData), case(GENERIC), response(431, head=100))


def test_every_refusal_has_its_reason() -> None:
    assert all(each.reason.endswith(".") and len(each.reason) > 10 for each in REFUSALS)


@pytest.mark.parametrize(
    ("status", "headers", "is_expected"),
    [
        (412, {"If-Match": '"1-1"'}, False),
        (412, {"If-Match": "*"}, True),
        (412, None, True),
        (422, {"Idempotency-Key": "a"}, False),
        (422, {"If-Match": '"1-1"'}, True),
    ],
)
def test_a_condition_and_a_key_are_refused_rightly_only_where_they_were_sent(
    status: int, headers: dict[str, str] | None, is_expected: bool
) -> None:
    found = is_fault(failure(RejectedPositiveData), case(TYPED, headers=headers), response(status))
    assert found is is_expected
