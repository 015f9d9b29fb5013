"""The cookies of Better Auth, byte for byte: signed values, attributes in their order, and how they are read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final, Literal
from urllib.parse import quote, unquote

from tabularium.identity.secrets import Secrets

CookieName = Literal[
    "session_token", "session_data", "dont_remember", "two_factor", "trust_device", "admin_session", "state"
]

SESSION_COOKIES: Final[tuple[CookieName, ...]] = ("session_token", "session_data", "dont_remember")

_UNESCAPED: Final = "!'()*-._~"
"""What JavaScript's `encodeURIComponent` leaves as it is, beside letters and digits."""
_SIGNATURE_LENGTH: Final = 44
_MOST_BYTES: Final = 4050
"""A longer `session_data` is cut into several cookies."""
_MOST_PARTS: Final = 4
"""Browsers send all of them with every request, whose headers must not become more than servers take."""


def percent_encoded(text: str) -> str:
    """Encode as JavaScript's `encodeURIComponent` does."""
    return quote(text, safe=_UNESCAPED)


def signed(value: str, secrets: Secrets) -> str:
    """Return a value with its signature, not yet percent-encoded."""
    return f"{value}.{base64.b64encode(secrets.mac(value)).decode()}"


def read_signed(sent: str | None, secrets: Secrets) -> str | None:
    """Return the value of a signed text, percent-encoded or not; `None` where anything is wrong with it."""
    if not sent:
        return None
    try:
        text = unquote(sent, errors="strict")
    except UnicodeDecodeError:
        return None
    value, separator, signature = text.rpartition(".")
    if not separator or len(signature) != _SIGNATURE_LENGTH or not signature.endswith("="):
        return None
    try:
        mac = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if secrets.is_mac(value, mac) else None


class CookieJar:
    """The cookies of one exchange: those that were sent, and those to send. Of a name the last word counts."""

    def __init__(self, sent: Mapping[str, str], secrets: Secrets, *, secure: bool) -> None:
        self._sent = sent
        self._secrets = secrets
        self._secure = secure
        self._prefix = "__Secure-better-auth." if secure else "better-auth."
        self._set: dict[str, str] = {}
        self.token: str | None = None
        """The signed session token that a response sets, for clients that keep no cookies."""

    def read(self, name: CookieName) -> str | None:
        """Return the value of a signed cookie; `None` where it is missing or anything is wrong with it."""
        return read_signed(self._sent.get(self._prefix + name), self._secrets)

    def has(self, name: CookieName) -> bool:
        """Say whether a cookie was sent, good or not."""
        return self._prefix + name in self._sent

    def set(self, name: CookieName, value: str, max_age: int | None) -> None:
        """Send a signed cookie; without `max_age` it lasts as long as the browser runs."""
        text = signed(value, self._secrets)
        if name == "session_token":
            self.token = text
        self._put(name, percent_encoded(text), max_age)

    def set_data(self, content: str, max_age: int | None) -> None:
        """Send `session_data`, unsigned since it carries a signature of its own, in parts where it is long.

        What is much longer, by a picture say, is left out. Of the former one nothing stays that is not replaced.
        """
        parts = [content[start : start + _MOST_BYTES] for start in range(0, len(content), _MOST_BYTES)]
        names = ["session_data"] if len(parts) == 1 else [f"session_data.{number}" for number in range(len(parts))]
        if len(parts) > _MOST_PARTS:
            names = []
        for name in list(self._all_of("session_data")):
            self._set.pop(self._prefix + name, None)
            if self._prefix + name in self._sent:
                self._put(name, "", 0)
        for name, part in zip(names, parts, strict=False):
            self._put(name, part, max_age)

    def clear(self, *names: CookieName) -> None:
        """Have the browser forget cookies."""
        for name in names:
            if name == "session_token":
                self.token = None
            for cookie in self._all_of(name):
                self._put(cookie, "", 0)

    def _all_of(self, name: CookieName) -> Iterator[str]:
        yield name
        if name == "session_data":
            parts = {each.removeprefix(self._prefix) for each in (*self._sent, *self._set)}
            yield from sorted(each for each in parts if each.startswith("session_data."))

    def _put(self, name: str, value: str, max_age: int | None) -> None:
        attributes = [f"{self._prefix}{name}={value}"]
        if max_age is not None:
            attributes.append(f"Max-Age={max_age}")
        attributes += ["Path=/", "HttpOnly", *(["Secure"] if self._secure else []), "SameSite=Lax"]
        self._set.pop(self._prefix + name, None)
        self._set[self._prefix + name] = "; ".join(attributes)

    def lines(self) -> list[str]:
        """Return the values of the headers `Set-Cookie`, one for each cookie."""
        return list(self._set.values())

    def mark(self) -> tuple[dict[str, str], str | None]:
        """Return what `rewind` takes back to."""
        return dict(self._set), self.token

    def rewind(self, mark: tuple[dict[str, str], str | None]) -> None:
        """Forget what has been set since."""
        self._set, self.token = dict(mark[0]), mark[1]
