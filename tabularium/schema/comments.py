"""The block `comments` of a table, read and checked."""

from __future__ import annotations

from tabularium.config.comment_blocks import AutoApproveBlock, CommentsBlock, SpamProtectionBlock
from tabularium.config.nodes import Place
from tabularium.config.validate import read_block
from tabularium.schema.comment_options import DEFAULT_RATE, GUEST_LINKS, CommentOptions
from tabularium.schema.fields.characters import is_blank_text


def configured_comments(table: Place, *, has_auth: bool) -> CommentOptions:
    """Read the block of a table, and report what is wrong with it; without one the defaults hold."""
    place = table.child("comments")
    block = read_block(place, CommentsBlock) if place is not None else None
    if place is None or block is None:
        return CommentOptions(has_honeypot=not has_auth)
    _check(place, block, has_auth=has_auth)
    spam_place, approve_place = place.child("spamProtection"), place.child("autoApprove")
    spam = (read_block(spam_place, SpamProtectionBlock) if spam_place else None) or SpamProtectionBlock()
    approve = (read_block(approve_place, AutoApproveBlock) if approve_place else None) or AutoApproveBlock()
    if spam_place is not None:
        _check_words(spam_place.at("blockedWords"))
    links = spam.max_links_before_moderation
    has_guests = block.guest_comments or not has_auth
    return CommentOptions(
        guest_comments=block.guest_comments,
        guests_post=block.guest_comments and block.moderation != "auth-required",
        guest_email_required=block.guest_email_required,
        threading=block.threading,
        read_tracking=block.read_tracking,
        is_moderated=block.moderation in ("manual", True),
        approves_authenticated=approve.authenticated,
        approves_previously_approved=approve.previously_approved,
        has_honeypot=has_guests if spam.honeypot is None else spam.honeypot,
        rate_limit=DEFAULT_RATE if spam.rate_limit_per_ip is None else spam.rate_limit_per_ip,
        limits_accounts=spam.rate_limit_per_ip is not None,
        guest_links=GUEST_LINKS if links is None else links,
        account_links=links,
        blocked_words=tuple(spam.blocked_words),
    )


def _check(place: Place, block: CommentsBlock, *, has_auth: bool) -> None:
    """Report what the keys of the block do not come to."""
    if not has_auth and block.moderation == "auth-required":
        place.at("moderation").error('"auth-required" needs "auth", which the file does not have')
    elif not has_auth and block.moderation in ("manual", True):
        place.at("moderation").warn('without "auth" there is no administrator who could approve a comment')
    if not has_auth and block.read_tracking:
        place.at("readTracking").warn('has no effect without "auth", since nobody is signed in')
    if has_auth and block.guest_email_required and not block.guest_comments:
        place.at("guestEmailRequired").warn('has no effect without "guestComments"')
    if place.child("autoApprove") is not None and block.moderation not in ("manual", True):
        place.at("autoApprove").warn('has no effect unless "moderation" is "manual"')


def _check_words(words: Place) -> None:
    """Report words of which nothing is left once spaces and invisible characters are taken away: no text holds them."""
    for word in words.items():
        if isinstance(word.value, str) and word.value and is_blank_text(word.value):
            word.error("must not be blank")
