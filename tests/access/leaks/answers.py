"""What a caller is answered, without that which no two answers share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.access.leaks.questions import Question
from tests.support.asgi import Answer

MOST_PAGES: Final = 12
_OWN_HEADERS: Final = ("x-request-id", "date")
_REQUEST_ID: Final = re.compile(rb'"requestId":"[^"]*"')


_MADE_ANEW: Final[Mapping[str, re.Pattern[bytes]]] = {
    "/history": re.compile(rb'"id":"[0-9a-f-]{36}",(?="revision")'),
    "/api/account/export": re.compile(rb',"activities":\[.*\]', re.DOTALL),
}
"""What of an answer is another at each try, by the end of the path: the ids of entries, and what the caller has done, which
the export lists in the order of such ids."""


@dataclass(frozen=True)
class Told:
    """All that an answer tells. The sealed cursor is part of the body: the same page has the same one."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answers(caller: Any, asked: Sequence[Question]) -> list[list[Told]]:
    """Return what each request is told; for a page, what the pages after it are told as well."""
    return [_pages(caller, question) for question in asked]


def _pages(caller: Any, question: Question) -> list[Told]:
    query, pages = dict(question.query), list[Told]()
    while len(pages) < MOST_PAGES:
        answer = caller(question.method, question.path, question.body, query=query)
        assert answer.status < 500, (question, answer.body)
        pages.append(_told(question, answer))
        cursor = _next_cursor(question, answer)
        if cursor is None:
            break
        query = {name: value for name, value in query.items() if name not in ("page", "offset")} | {"cursor": cursor}
    return pages


def _next_cursor(question: Question, answer: Answer) -> str | None:
    if question.method != "GET" or answer.status != 200 or not question.path.endswith("/records"):
        return None
    cursor: str | None = answer.json()["pagination"]["nextCursor"]
    return cursor


def _told(question: Question, answer: Answer) -> Told:
    headers = tuple(sorted(pair for pair in answer.raw_headers if pair[0] not in _OWN_HEADERS))
    body = _REQUEST_ID.sub(b"", answer.body)
    for ending, made_anew in _MADE_ANEW.items():
        if question.path.endswith(ending) and answer.status == 200:
            body = made_anew.sub(b"", body)
            headers = tuple(pair for pair in headers if pair[0] != "content-length")
    return Told(answer.status, headers, body)
