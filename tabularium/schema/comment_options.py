"""How records of a table are commented on, as the block `comments` of the file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GUEST_LINKS: Final = 2
"""So many links a guest's comment may hold where the file says nothing."""
DEFAULT_RATE: Final = 5


@dataclass(frozen=True, slots=True)
class CommentOptions:
    """How records of a table are commented on. A guest is whoever comments without an account."""

    guest_comments: bool = False
    """Whether somebody who is not signed in reads comments."""
    guests_post: bool = False
    """Whether they may write them, too."""
    guest_email_required: bool = False
    threading: bool = True
    read_tracking: bool = False
    is_moderated: bool = False
    """Whether a new comment waits for an administrator."""
    approves_authenticated: bool = False
    approves_previously_approved: bool = False
    has_honeypot: bool = False
    rate_limit: int = DEFAULT_RATE
    """Comments of one address on records of this table in a minute."""
    limits_accounts: bool = False
    """Whether the limit counts comments of accounts, too."""
    guest_links: int | None = GUEST_LINKS
    account_links: int | None = None
    """More links than these make a comment wait; `None`: any number may be there."""
    blocked_words: tuple[str, ...] = ()


NO_COMMENT_OPTIONS: Final = CommentOptions()
"""Those of a table of which the file says nothing, in an application with accounts."""
