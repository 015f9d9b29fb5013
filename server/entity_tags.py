"""Entity tags: how they are made, and how the headers are read that name them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

from handlers.reply import Reply
from tabularium import json_text
from tabularium.query.expected import Expected

Tagged = Literal["body", "record", "comment"]
"""Where the thing stands of which an answer has the tag: it is the body, or a property of the body."""

ANY: Final = "*"
_HASH_BYTES: Final = 8

_TAG = re.compile(r'[ \t]*(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)')
_REVISION = re.compile(rf"(.+?)-([1-9][0-9]{{0,15}})(?:-[0-9a-f]{{{2 * _HASH_BYTES}}})?")


def record_tag(record: Mapping[str, Any], content: bytes, revision: int | None = None) -> str:
    """Return the tag of a record or a comment, whose JSON is `content`; the latter does not tell its `revision` itself.

    The hash says more than the revision: what is worked out, what the caller may read and what they asked for change
    the content without one.
    """
    digest = hashlib.blake2b(content, digest_size=_HASH_BYTES, usedforsecurity=False).hexdigest()
    record_id: str = record["id"]
    if not (record_id.isascii() and record_id.isalnum()):  # most are, and need no look at each sign
        record_id = quote(record_id, safe="")
    return f'"{record_id}-{record["revision"] if revision is None else revision}-{digest}"'


def tagged(result: Mapping[str, Any] | Reply, place: Tagged) -> Reply:
    """Turn the result of a handler into one that has its tag."""
    reply = result if isinstance(result, Reply) else Reply(result)
    body = reply.body
    if not isinstance(body, Mapping):
        raise TypeError("only an answer with a record has its tag")
    content = json_text.dump(body)
    if place != "body" and place not in body:  # nothing was stored that could have one
        return Reply(content, reply.status, reply.headers, reply.content_type)
    record = body if place == "body" else body[place]
    tag = record_tag(record, content if place == "body" else json_text.dump(record), reply.revision)
    return Reply(content, reply.status, {**reply.headers, "ETag": tag}, reply.content_type)


def is_known(sent: str, tag: str) -> bool:
    """Say whether `If-None-Match` names a tag. There a weak tag will do, since no part of an answer is asked for."""
    return sent.strip() == ANY or any(f'"{each}"' == tag for _, each in _tags(sent))


def read_expected(sent: str) -> Expected:
    """Read `If-Match`. What is no tag of a record, and a weak tag, admit no record at all."""
    if sent.strip() == ANY:
        return Expected(is_any=True)
    found = (_REVISION.fullmatch(each) for is_weak, each in _tags(sent) if not is_weak)
    return Expected(frozenset((unquote(each[1]), int(each[2])) for each in found if each))


def _tags(sent: str) -> Iterator[tuple[bool, str]]:
    """Yield the tags of a list, and whether each is weak; none where the list is malformed."""
    found, position = [], 0
    while position < len(sent):
        match = _TAG.match(sent, position)
        if match is None:
            return
        if match[2] is not None:
            found.append((match[1] is not None, match[2]))
        position = match.end()
    yield from found
