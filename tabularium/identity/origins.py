"""Which origins are trusted, and where a redirect may lead. Whole parsed origins are compared, never prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import urlsplit

_RELATIVE = re.compile(r"/(?!/|\\|%2f|%5c)[\w\-.+/@]*(\?[\w\-.+/=&%@]*)?", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_USUAL_PORTS: Final = {"http": 80, "https": 443}

Form = Literal["whole", "host and port", "host"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a web address, in one spelling."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if _USUAL_PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def written(self, form: Form) -> str:
        """Return as much of the origin as a pattern tells of."""
        return self.host if form == "host" else f"{self.host}:{self.port}" if form == "host and port" else str(self)


@lru_cache(maxsize=1024)
def origin_of(url: str) -> Origin | None:
    """Return the origin of a web address, or `None` for everything that a browser might read in another way."""
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _USUAL_PORTS or not _is_plain(url):
        return None
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    host, port = authority, ""
    if not authority.endswith("]") and ":" in authority:
        host, _, port = authority.rpartition(":")
    if not _HOST.fullmatch(host) or (port and not (port.isascii() and port.isdigit() and int(port[:6]) <= 65535)):
        return None
    try:
        urlsplit(url)
    except ValueError:
        return None
    return Origin(scheme, host.lower(), int(port) if port else _USUAL_PORTS[scheme])


def _is_plain(url: str) -> bool:
    """Say whether a text holds nothing that browsers drop or turn into something else."""
    return not any(sign == "\\" or sign.isspace() or not sign.isprintable() for sign in url)


class TrustedOrigins:
    """The origins that this application trusts: its own, those of the file, and those of the environment."""

    def __init__(self, base_url: str, entries: Iterable[str] = ()) -> None:
        base = origin_of(base_url)
        self._origins: set[Origin] = set() if base is None else {base}
        if base is not None and base.host in _LOOPBACK:
            # A developer's browser and server rarely agree on one name of this machine.
            self._origins |= {Origin(base.scheme, host, base.port) for host in _LOOPBACK}
        self._patterns: list[tuple[re.Pattern[str], Form]] = []
        self._prefixes: list[str] = []
        for entry in entries:
            self._add(entry.strip())

    def _add(self, entry: str) -> None:
        origin = origin_of(entry)
        if "*" in entry or "?" in entry:
            text = entry.rstrip("/").lower()
            pattern = re.compile("".join({"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign)) for sign in text))
            form: Form = "whole" if "://" in text else "host and port" if ":" in text else "host"
            self._patterns.append((pattern, form))
        elif origin is not None:
            self._origins.add(origin)
        elif "://" in entry and _is_plain(entry):
            self._prefixes.append(entry)

    def trusts(self, origin: str) -> bool:
        """Say whether the value of a header `Origin` is trusted, or the origin of an address."""
        found = origin_of(origin)
        if found is None:
            return False
        if found in self._origins:
            return True
        return any(pattern.fullmatch(found.written(form)) for pattern, form in self._patterns)

    def allows(self, target: str) -> bool:
        """Say whether a redirect may lead to a target: a path of this server, or an address of a trusted origin."""
        if target.startswith("/"):
            return _RELATIVE.fullmatch(target) is not None
        scheme = _SCHEME.match(target)
        if scheme is None or not _is_plain(target):
            return False
        if scheme[1].lower() in _USUAL_PORTS:
            return self.trusts(target)
        return any(target.startswith(prefix) for prefix in self._prefixes)
