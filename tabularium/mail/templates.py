"""The texts of mails: those that are built in, what may stand in those that a file configures, and filling them in."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tabularium.mail.plain_text import text_of_html

PLACEHOLDERS: Final = ("name", "url", "email", "otp", "codes", "organizationName", "inviterName")
"""What a template may hold, each after a `$`."""

_LIFETIME: Final = "lifetime"
"""How long a link or a code works, in words. Only for what is built in: it is none of a file's placeholders."""

TEMPLATE_NAMES: Final = (
    *("verification", "resetPassword", "magicLink", "emailOtp", "invitation", "accountDeletion"),
    *("welcome", "twoFactorBackupCodes"),
)
"""What a file may configure. The last two are sent only if it does."""

_WORD = re.compile(r"\$([A-Za-z]+)")
_PLACEHOLDER = re.compile(rf"\$({'|'.join(sorted([*PLACEHOLDERS, _LIFETIME], key=len, reverse=True))})")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Template:
    """A mail with placeholders, as text, as HTML, or as both."""

    subject: str
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail without placeholders. Every mail has text; without HTML it is sent as text alone."""

    subject: str
    text: str
    html: str | None


def find_unknown_placeholders(text: str) -> list[str]:
    """Return each `$word` of a configured text that is no placeholder, once, as written and in order.

    A word is a run of ASCII letters, so `$names` is unknown. A `$` before anything else is a plain dollar sign.
    """
    words = (match[1] for match in _WORD.finditer(text))
    return list(dict.fromkeys(f"${word}" for word in words if word not in PLACEHOLDERS))


def render(template: Template, values: Mapping[str, str]) -> Rendered:
    """Fill in the placeholders, each once: what a value holds is never filled in again. One without value is empty.

    All values but `codes` are put on one line, since many of them are what strangers have typed.
    """
    sound = {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}
    subject = _CONTROLS.sub("", _filled(template.subject, sound))
    lines = {name: value if name == "codes" else _CONTROLS.sub(" ", value) for name, value in sound.items()}
    as_html = None
    if template.html is not None:
        as_html = _filled(template.html, {name: html.escape(value) for name, value in lines.items()})
    if template.text is not None:
        return Rendered(subject, _filled(template.text, lines), as_html)
    return Rendered(subject, text_of_html(as_html or ""), as_html)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)


def _of_paragraphs(subject: str, *paragraphs: str) -> Template:
    """Make a template of paragraphs. One that is only a link or a code stands out, and can be copied whole."""
    shown = {
        "$url": '<p><a href="$url">$url</a></p>',
        "$otp": '<p style="font-size: 1.6em; letter-spacing: 0.2em"><strong>$otp</strong></p>',
    }
    body = "\n".join(shown.get(each) or f"<p>{html.escape(each, quote=False)}</p>" for each in paragraphs)
    page = f'<!DOCTYPE html>\n<html lang="en">\n<body style="font-family: sans-serif">\n{body}\n</body>\n</html>\n'
    return Template(subject, "\n\n".join(paragraphs) + "\n", page)


# None greets by name: a stranger who signs up with somebody else's address chooses what the name says.
BUILT_IN: Final[Mapping[str, Template]] = MappingProxyType(
    {
        "verification": _of_paragraphs(
            "Confirm your e-mail address",
            "Open this link to confirm that $email is your address at $organizationName:",
            "$url",
            "The link works for $lifetime. If you did not ask for it, ignore this mail.",
        ),
        "resetPassword": _of_paragraphs(
            "Reset your password",
            "Somebody asked for a new password for your account at $organizationName. Open this link to choose one:",
            "$url",
            "The link works once and for $lifetime. If it was not you, ignore this mail: your password stays as it is.",
        ),
        "magicLink": _of_paragraphs(
            "Sign in to $organizationName",
            "Open this link to sign in to $organizationName:",
            "$url",
            "The link works for $lifetime. If you did not ask for it, ignore this mail.",
        ),
        "emailOtp": _of_paragraphs(
            "Your code for $organizationName",
            "Your code for $organizationName is:",
            "$otp",
            "It works once and for $lifetime. Give it to nobody. If you did not ask for it, ignore this mail.",
        ),
        "invitation": _of_paragraphs(
            "You are invited to $organizationName",
            "$inviterName has invited you to $organizationName. Open this link to choose a password and to join:",
            "$url",
            "The link works once and for $lifetime. If you do not want to join, ignore this mail.",
        ),
        "accountDeletion": _of_paragraphs(
            "Confirm the deletion of your account",
            "Somebody asked to delete your account at $organizationName. Open this link to delete it, for good:",
            "$url",
            "The link works once and for $lifetime. If it was not you, do not open it and change your password.",
        ),
        "existingAccount": _of_paragraphs(
            "You already have an account at $organizationName",
            "Somebody tried to sign up at $organizationName with this address, which already has an account. "
            "Nothing about the account has changed.",
            "If it was you, sign in instead, or ask for a new password. If it was not you, ignore this mail.",
        ),
        "changeEmail": _of_paragraphs(
            "Confirm the change of your e-mail address",
            "Somebody asked to change the address of your account at $organizationName to $email. "
            "Open this link to allow it; the new address then gets a mail of its own:",
            "$url",
            "The link works for $lifetime. If it was not you, do not open it and change your password.",
        ),
        "erasureScheduled": _of_paragraphs(
            "Your account will be deleted",
            "Your account at $organizationName will be deleted in $lifetime, for good. You are signed out everywhere, "
            "and your API keys have stopped working.",
            "To keep the account, sign in again before then and cancel the deletion. Over the API that is a POST "
            'with the body {"cancel": true} to:',
            "$url",
            "If it was not you who asked for this, cancel it and change your password.",
        ),
    }
)
"""The mails that need no configuration."""

CONFIGURED_AS: Final[Mapping[str, str]] = MappingProxyType({"erasureScheduled": "accountDeletion"})
"""Notes of our own that a file words together with another mail: its template, where there is one, serves both."""
