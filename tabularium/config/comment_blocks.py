"""The keys of the block `comments` of a table."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator

from tabularium.config.blocks import Block, Nested, refuse

MAX_BLOCKED_WORDS: Final = 1000
_MODERATIONS: Final = ("auto", "manual", "auth-required")


def _moderation(value: Any) -> Any:
    if isinstance(value, bool) or value in _MODERATIONS:
        return value
    raise refuse('must be "auto", "manual", "auth-required", true or false')


BlockedWord = Annotated[str, Field(min_length=1, max_length=100)]
BlockedWords = Annotated[list[BlockedWord], Field(max_length=MAX_BLOCKED_WORDS)]


class CommentsBlock(Block):
    """How the records of a table are commented on."""

    guest_comments: bool = False
    guest_email_required: bool = False
    threading: bool = True
    read_tracking: bool = False
    moderation: Annotated[Any, PlainValidator(_moderation)] = "auto"
    auto_approve: Nested = None
    spam_protection: Nested = None


class AutoApproveBlock(Block):
    """Whose comments need no approval under moderation."""

    authenticated: bool = False
    previously_approved: bool = False


class SpamProtectionBlock(Block):
    """What keeps unwanted comments away."""

    honeypot: bool | None = None
    rate_limit_per_ip: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_links_before_moderation: Annotated[int, Field(ge=0, le=100)] | None = None
    blocked_words: BlockedWords = Field(default_factory=list)
