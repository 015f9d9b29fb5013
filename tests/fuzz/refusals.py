"""Which refusals are right although the contract cannot foresee them, each with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import (
    EnsureResourceAvailability,
    IgnoredAuth,
    RejectedPositiveData,
    UndefinedStatusCode,
    UseAfterFree,
)

from server.protocol import HEAD_LIMIT
from tests.fuzz.application import Case, is_generic, table_of


@dataclass(frozen=True)
class Refusal:
    """A reason for which a request that fits the contract is rightly refused with 400."""

    place: str
    """The parameter, or the beginning of the path into the body."""
    codes: frozenset[str]
    """The codes of the failures; empty: any."""
    reason: str
    only_generic: bool = False
    """Whether the contract with the tables written out has no such excuse."""
    only_views: bool = False
    """Whether only a list through a view has this excuse."""
    of_type: str | None = None
    """The one type of field that has this excuse."""
    in_batch: bool = False
    """Whether the place is within one of many records."""
    of_upsert: bool = False
    """Whether only an upsert has this excuse."""


REFUSALS: Final = (
    Refusal("offset", frozenset({"conflicting"}), "OpenAPI cannot say that two parameters exclude each other."),
    Refusal("page", frozenset({"conflicting"}), "The same, from the other side."),
    Refusal("order", frozenset({"conflicting"}), "It goes with one sort term without direction: two parameters again."),
    Refusal("sort", frozenset({"duplicate"}), "A pattern cannot say that no field is named twice."),
    Refusal("filter", frozenset(), "A filter is a text with a grammar of its own; to the contract any text is one."),
    Refusal("fields.", frozenset({"not_found"}), "Whether the target of a link exists is a question of the data."),
    Refusal(
        "fields.",
        frozenset({"duplicate_item"}),
        'The number 5 and the text "5" are one id, and two different items to JSON Schema.',
        of_type="relationship",
    ),
    Refusal("fields.", frozenset({"check_failed"}), "A constraint of the table compares fields with each other."),
    Refusal("fields.", frozenset({"out_of_range"}), "A pattern cannot say a range of decimals.", of_type="decimal"),
    Refusal(
        "fields.",
        frozenset({"too_precise"}),
        "How many decimals a number has, `multipleOf` says of binary fractions only roughly.",
        of_type="decimal",
    ),
    *(
        Refusal("fields.", frozenset({"too_precise", "out_of_range"}), "The same holds of other numbers.", of_type=kind)
        for kind in ("currency", "percentage", "number", "geolocation", "array")
    ),
    Refusal(
        "fields.", frozenset({"invalid_phone"}), "Which numbers are possible a library knows.", of_type="phone-number"
    ),
    Refusal("fields.", frozenset({"invalid_barcode"}), "A pattern cannot work out a check digit.", of_type="barcode"),
    Refusal("fields.", frozenset({"too_long"}), "The limit is that of the cleaned HTML.", of_type="rich-text"),
    Refusal("fields.", frozenset({"invalid_text"}), "JSON may hold U+0000, which no text here may.", of_type="json"),
    Refusal("fields.", frozenset({"read_only"}), "The value of another field locks the record.", of_type=None),
    Refusal("cursor", frozenset({"conflicting", "invalid_cursor"}), "A cursor is sealed, and excludes other paging."),
    Refusal("q", frozenset({"too_many", "out_of_range"}), "A pattern cannot count the words of a search."),
    Refusal("timezone", frozenset({"invalid_value"}), "The names of time zones are no part of the contract."),
    Refusal("recordId", frozenset({"not_deleted"}), "Which records are in the trash is no part of the contract."),
    Refusal("ids.", frozenset({"not_deleted"}), "The same, of many."),
    Refusal(
        "ids.", frozenset({"duplicate"}), 'The number 5 and the text "5" are one id, and two items to JSON Schema.'
    ),
    Refusal(
        "id", frozenset({"duplicate"}), "JSON Schema cannot say that no two items have the same id.", in_batch=True
    ),
    Refusal("permanent", frozenset({"conflicting"}), "The body and the query must not contradict each other."),
    Refusal("returnRecords", frozenset({"conflicting"}), "It excludes a parameter, `dryRun`."),
    Refusal("fieldsToMergeOn", frozenset({"required"}), "It has another name, so that the contract requires neither."),
    Refusal("matchFields", frozenset({"conflicting"}), "It is another name for `fieldsToMergeOn`."),
    *(
        Refusal(name, frozenset({"unknown_field", "invalid_value"}), "Which fields decide, the table says.", True)
        for name in ("fieldsToMergeOn.", "matchFields.")
    ),
    *(
        Refusal("fields.", frozenset({code}), "The values of merge fields are compared.", of_upsert=True)
        for code in ("required", "duplicate")
    ),
    Refusal(
        "fields.id", frozenset({"read_only"}), "Which record a row means is a question of the data.", of_upsert=True
    ),
    Refusal("content", frozenset({"required"}), "It has another name, and may not be white space alone."),
    Refusal("body", frozenset({"required", "conflicting"}), "It is another name for `content`."),
    Refusal(
        "status", frozenset({"conflicting"}), "An administrator sets it, and an author all else, never both at once."
    ),
    *(
        Refusal(name, frozenset({"invalid_value"}), "What guests and accounts may send of a comment differs.")
        for name in ("mentions", "guestName", "guestEmail", "honeypot", "parentCommentId")
    ),
    Refusal("guestEmail", frozenset({"invalid_email", "required"}), "Which addresses there are a library knows."),
    Refusal("parentCommentId", frozenset({"not_found"}), "Which comments there are is a question of the data."),
    Refusal("mentions.", frozenset({"not_found"}), "Who reads a record is a question of the data."),
    Refusal("deleted", frozenset({"conflicting"}), "Two parameters exclude each other."),
    Refusal("aggregate", frozenset(), "It is a text with a grammar of its own."),
    Refusal("groupBy", frozenset(), "Which fields make groups depends on the table."),
    Refusal("filterByFormula", frozenset(), "It is a text with a grammar of its own."),
    Refusal("fields", frozenset({"unknown_field"}), "A view may have fewer fields than its table.", only_views=True),
    Refusal("sort", frozenset({"unknown_field"}), "A view may have fewer fields than its table.", only_views=True),
    Refusal("fields", frozenset(), "The generic contract does not know the fields of a table.", only_generic=True),
    Refusal("sort", frozenset(), "The generic contract does not know the fields of a table.", only_generic=True),
)


_RECORD: Final = re.compile(r"^records\.\d+\.")
_READ_AS_TEXT: Final = {"filter": "filter", "filterByFormula": "formula", "aggregate": "aggregate"}
"""Parameters with a grammar of their own, each with a word of the message for text that is none of it."""


def is_fault(failure: Failure, case: Case, response: Response) -> bool:
    """Say whether a failure is a fault of the server or of the contract."""
    if response.status_code == 400 and isinstance(failure, RejectedPositiveData):
        return not _is_right_refusal(case, response)
    if isinstance(failure, RejectedPositiveData) and _is_right_by_headers(case, response):
        return False
    if isinstance(failure, IgnoredAuth):
        return False  # the application has no accounts: its guest may do what is else for who is signed in
    if isinstance(failure, AcceptedNegativeData) and response.status_code == 413 and _is_of_many(case):
        return False  # a list with more entries than a batch may have is no other body that is wrong, but a large one
    asks_for_trash = case.query.get("includeDeleted") in ("true", True) or case.path.endswith("/restore")
    if isinstance(failure, UseAfterFree) and asks_for_trash:
        return False
    if isinstance(failure, EnsureResourceAvailability) and _may_hide(case):
        return False  # whoever creates a record need not see it
    # The HTTP parser refuses a head over its limit before there is a request; what the contract says of a parameter's
    # length has no bearing on it, and neither have the answers that the contract lists.
    is_head_refused = response.status_code == 431 and _head_size(response) > HEAD_LIMIT
    about_head = (UndefinedStatusCode, AcceptedNegativeData, RejectedPositiveData)
    return not (is_head_refused and isinstance(failure, about_head))


def _is_right_by_headers(case: Case, response: Response) -> bool:
    """Say whether a header is the reason: the revision of a record, and who has sent a key before, are no contract's."""
    headers = case.headers or {}
    if response.status_code == 412:
        return headers.get("If-Match", "*").strip() != "*"
    return response.status_code == 422 and "Idempotency-Key" in headers


def _is_of_many(case: Case) -> bool:
    return bool(re.search(r"/records/(batch(/restore)?|upsert)$", case.path))


def _may_hide(case: Case) -> bool:
    table = table_of(case)
    return table is not None and "read" in table.row_rules


def _is_right_refusal(case: Case, response: Response) -> bool:
    answer = json.loads(response.content)
    if answer["code"] == "BAD_REQUEST":
        # Text that cannot be read at all has no failures of its own.
        message = answer["message"].lower()
        return any(name in case.query and word in message for name, word in _READ_AS_TEXT.items())
    return all(any(_excuses(each, error, case) for each in REFUSALS) for error in answer["errors"])


def _excuses(refusal: Refusal, error: Mapping[str, str], case: Case) -> bool:
    if refusal.only_generic and not is_generic(case):
        return False
    if refusal.only_views and "view" not in case.query and "/views/" not in case.path:
        return False
    if refusal.codes and error["code"] not in refusal.codes:
        return False
    if refusal.of_upsert and not case.path.endswith("/upsert"):
        return False
    place = _RECORD.sub("", error["field"])  # what excuses one record excuses each of many
    if refusal.in_batch and place == error["field"]:
        return False
    return place.startswith(refusal.place) and refusal.of_type in (None, _type_of(place, case))


def _type_of(place: str, case: Case) -> str | None:
    table = table_of(case)
    field = table.by_name.get(place.removeprefix("fields.").partition(".")[0]) if table else None
    return field.type.names[0] if field else None


def _head_size(response: Response) -> int:
    request = response.request
    target = urlsplit(request.url or "")
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    return len(target.path) + len(target.query) + 1 + headers
