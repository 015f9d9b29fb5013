"""How a text is taken: approved, held back for an administrator, or rejected."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from tabularium.comments.visibility import is_admin
from tabularium.context import Context, Turn
from tabularium.db.comments import COMMENT
from tabularium.events.changes import table_id
from tabularium.schema.comment_options import CommentOptions
from tabularium.schema.model import Table

STATUSES: Final = ("rejected", "pending", "approved")
"""From the lowest to the highest."""
MINUTE: Final = 60
TABLE_LIMIT: Final = 1000
"""Comments on records of one table in a minute, from all addresses together."""

_INVISIBLE_MARKS: Final = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))
)
"""Those that Unicode calls ignorable by default and that are no format characters."""
_LINK: Final = re.compile(r"https?://(?:www\.)?|(?<!\w)www\.", re.IGNORECASE)


def turns_of(context: Context, table: Table) -> tuple[Turn, ...]:
    """Return the limits that a new comment counts in."""
    options = table.comments
    if context.identity.user_id is not None and not options.limits_accounts:
        return ()
    name = f"comments {table_id(table)}"
    return (Turn(f"{name} of", options.rate_limit, MINUTE, True), Turn(name, TABLE_LIMIT, MINUTE, False))


async def status_of(context: Context, table: Table, content: str) -> str:
    """Return the status of a text that the caller writes. The first rule that applies decides."""
    options, identity = table.comments, context.identity
    if is_admin(identity):
        return "approved"
    if holds_word(content, options.blocked_words):
        return "rejected"
    most = options.guest_links if identity.user_id is None else options.account_links
    if most is not None and count_links(content) > most:
        return "pending"
    if options.is_moderated and not await _is_trusted(context, options):
        return "pending"
    return "approved"


async def _is_trusted(context: Context, options: CommentOptions) -> bool:
    user_id = context.identity.user_id
    if user_id is None:
        return False
    if options.approves_authenticated:
        return True
    if not options.approves_previously_approved:
        return False
    place = context.session.dialect.placeholder(1)
    sql = f"SELECT 1 FROM {COMMENT} WHERE user_id = {place} AND status = 'approved' LIMIT 1"
    return await context.session.fetch_one(sql, (user_id,)) is not None


def lower(one: str, other: str) -> str:
    """Return the lower of two statuses."""
    return min(one, other, key=STATUSES.index)


def count_links(content: str) -> int:
    """Return how many links a text holds."""
    return len(_LINK.findall(content))


def holds_word(content: str, words: tuple[str, ...]) -> bool:
    """Say whether a text holds one of some words or phrases, as whole words, whatever the case of its letters."""
    if not words:
        return False
    text = _folded(content)
    return any(_holds(text, each) for each in _folded_words(words))


@lru_cache(maxsize=256)
def _folded_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_folded, words))


def _folded(text: str) -> str:
    """Return a text so that equal ones are equal signs: case folded, composed, and with single spaces."""
    # Folding may decompose, and composing may bring capitals back (Unicode 3.13, compatibility caseless matching).
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).casefold()
    seen = "".join(each for each in unicodedata.normalize("NFKC", once) if not _is_invisible(each))
    return " ".join(seen.split())


def _is_invisible(character: str) -> bool:
    # Nobody sees them, so a word with some in its middle is still that word.
    return unicodedata.category(character) == "Cf" or character in _INVISIBLE_MARKS


def _holds(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        begins = at == 0 or not (_is_of_word(word[0]) and _is_of_word(text[at - 1]))
        ends = end == len(text) or not (_is_of_word(word[-1]) and _is_of_word(text[end]))
        if begins and ends:
            return True
        at = text.find(word, at + 1)
    return False


def _is_of_word(character: str) -> bool:
    # Marks belong to the letter before them: without them half the words of Hindi would end in their middle.
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")
