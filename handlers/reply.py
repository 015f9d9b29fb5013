"""What a handler may answer with, where plain bytes or a mapping do not say enough."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = bytes | Mapping[str, Any] | AsyncIterator[bytes] | None
"""Bytes go out as they are, a mapping as JSON, an iterator as a stream, `None` as an answer without content."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its own status, headers or content type. What is left out comes from the contract."""

    body: Body = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers beside the ordinary ones; one of the same name takes the place of an ordinary one."""
    content_type: str | None = None
    revision: int | None = None
    """For the tag of what stands in the body and does not tell it itself."""
    gzip: bytes | None = None
    """The body compressed in advance, for callers that accept it. Its `ETag` gets a suffix of its own."""
