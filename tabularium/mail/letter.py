"""A mail as bytes: headers that nothing can be slipped into, and a body in UTF-8."""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal

from tabularium.ids import uuid7
from tabularium.mail.templates import Rendered

Encoding = Literal["7bit", "8bit"]

_LOCAL_PART: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL_PART}(?:\.{_LOCAL_PART})*@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_LONGEST_ADDRESS: Final = 254
_LONGEST_LINE: Final = 998
"""Of RFC 5322. Shorter lines stay as they are, so that a link in a file can be copied out of it."""
_LONGEST_PLAIN: Final = 500
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Unmailable(ValueError):
    """An address that no mail can be sent to or from. The text never holds it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be handed over. `template` is the name of what it was made of, for the log."""

    template: str
    sender: str = field(repr=False)
    to: str = field(repr=False)
    content: bytes = field(repr=False)


def domain_of(address: str) -> str:
    """Return the domain of an address. Raises `Unmailable` for what could not stand in a header or a command."""
    match = _ADDRESS.fullmatch(address)
    if match is None or len(address) > _LONGEST_ADDRESS:
        raise Unmailable("the address is not of the form name@domain, in ASCII and without quotes")
    return match["domain"]


def compose(
    template: str, rendered: Rendered, to: str, sender: str, sender_name: str, moment: datetime, encoding: Encoding
) -> Letter:
    """Write a mail. With `7bit` any server takes it; `8bit` leaves signs beyond ASCII readable. Raises `Unmailable`."""
    domain_of(to)
    headers = (
        f"From: {_mailbox(sender_name, sender)}",
        f"To: {to}",
        f"Subject: {_words(rendered.subject, 'Subject')}",
        f"Date: {format_datetime(moment)}",
        f"Message-ID: <{uuid7().hex}@{domain_of(sender)}>",
        "Auto-Submitted: auto-generated",
    )
    policy = email.policy.SMTP.clone(max_line_length=_LONGEST_LINE, cte_type=encoding)
    body = EmailMessage(policy)
    body.set_content(rendered.text, charset="utf-8")
    if rendered.html is not None:
        body.add_alternative(rendered.html, subtype="html", charset="utf-8")
    # The library reads encoded words out of what it is given as a header, and writes line breaks that they hide as
    # line breaks: what strangers have typed must not go through it.
    return Letter(template, sender, to, "".join(f"{line}\r\n" for line in headers).encode("ascii") + bytes(body))


def _mailbox(name: str, address: str) -> str:
    name = _one_line(name)
    if not name:
        return address
    if not _is_plain(name):
        return f"{_words(name, 'From')} <{address}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def _words(text: str, header: str) -> str:
    """Write text of a header, folded, as encoded words where it is not plain."""
    text = _one_line(text)
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text and len(text) < _LONGEST_PLAIN


def _one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub("", text).split())
