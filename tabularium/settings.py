"""The settings of a process, read once from its environment. No value of it may stand in a message or a log."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
Synchronous = Literal["full", "normal"]

T = TypeVar("T")

_HOUR_MS: Final = 3_600_000
_MOST_OF_NAME: Final = 255
_SMTP_TLS_PORT: Final = 465
LEAST_SECRET: Final = 32
"""So many characters a secret must have."""
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_DATABASE_FORM: Final = "must be sqlite:PATH, file:PATH, postgres://… or postgresql://…"

LATER: Final = ("METRICS", "METRICS_TOKEN", "DATABASE_PGBOUNCER", "DATABASE_READ_URL")
"""Variables that a later version reads. Set, they give a warning each: an environment is shared with other programs."""


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The administrator to make where there is none."""

    email: str
    password: str = field(repr=False)
    name: str = "Administrator"


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server that takes mails."""

    host: str
    port: int
    secure: bool
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender_name: str | None = None
    """`None`: the name of the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Times are in milliseconds."""

    application_file: Path
    data_dir: Path
    database_url: str = field(repr=False)
    """May hold a password."""
    base_url: str
    """The public origin, without a slash at the end."""
    port: int = 3000
    host: str = "127.0.0.1"
    database_pool_size: int = 10
    log_level: LogLevel = "info"
    log_format: LogFormat = "text"
    request_timeout_ms: int = 30_000
    shutdown_timeout_ms: int = 20_000
    sqlite_synchronous: Synchronous = "full"
    workers: int = 1
    auth_secrets: tuple[str, ...] = field(default=(), repr=False)
    """The first signs, all verify; empty where the variable is not set."""
    admin: FirstAdmin | None = None
    trusted_origins: tuple[str, ...] = ()
    smtp: Smtp | None = None
    """`None`: mails become files."""
    trusted_proxy_hops: int = 0
    redis_url: str | None = field(default=None, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What identity providers gave the application: by variable, such as `GOOGLE_CLIENT_ID`."""
    warnings: tuple[str, ...] = ()


class SettingsError(Exception):
    """The environment cannot be used. `problems` names every bad variable and what is allowed, never a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Unfit(Exception):
    """A value that does not fit; the text says what is allowed."""


def read_settings(environ: Mapping[str, str], application_file: Path) -> Settings:
    """Read the settings for serving a file. Empty variables count as unset. Raises `SettingsError`."""
    return _Reading(environ).settings(application_file)


def new_secret() -> str:
    """Return a new random secret: 43 characters of `A-Z a-z 0-9 _ -`, which hold 256 bits."""
    return secrets.token_urlsafe(32)


class _Reading:
    """One pass over the environment, which goes on after a bad value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def settings(self, application_file: Path) -> Settings:
        application_file = application_file.absolute()
        values = {name.lower(): self._read(name, read, None) for name, read in _PLAIN.items()}
        given = {name: value for name, value in values.items() if value is not None}
        data_dir = self._read("DATA_DIR", _folder, application_file.parent / "data")
        base_url = self._read("BASE_URL", _origin, None)
        database_url = self._secret("DATABASE_URL", _database_url) or f"sqlite:{data_dir / 'tabularium.db'}"
        others: dict[str, Any] = {
            "auth_secrets": tuple(self._secret("AUTH_SECRET", _secret_list) or ()),
            "admin": self._admin(),
            "trusted_origins": self._read("AUTH_TRUSTED_ORIGINS", _trusted_origins, None) or (),
            "smtp": self._smtp(),
            "redis_url": self._secret("REDIS_URL", _redis_url),
            "credentials": self._credentials(),
        }
        if self._problems:
            raise SettingsError(self._problems)
        return Settings(
            application_file=application_file,
            data_dir=data_dir,
            database_url=database_url,
            base_url=base_url or f"http://localhost:{given.get('port', 3000)}",
            warnings=tuple(self._warnings(given.get("host", "127.0.0.1"), base_url)),
            **given,
            **others,
        )

    def _admin(self) -> FirstAdmin | None:
        email, password = self._read("AUTH_ADMIN_EMAIL", str, ""), self._secret("AUTH_ADMIN_PASSWORD", str)
        name = self._read("AUTH_ADMIN_NAME", _name, "Administrator")
        if not email and password is None:
            return None
        if not email or password is None:
            self._problems.append("AUTH_ADMIN_EMAIL and AUTH_ADMIN_PASSWORD must be set together")
            return None
        return FirstAdmin(email, password, name)

    def _smtp(self) -> Smtp | None:
        host = self._read("SMTP_HOST", _host, None)
        port = self._read("SMTP_PORT", _whole_number(1, 65535), 587)
        secure = self._read("SMTP_SECURE", _one_of("true", "false"), "true" if port == _SMTP_TLS_PORT else "false")
        password = self._secret("SMTP_PASS", str)
        sender = self._read("SMTP_FROM", _mailbox, None)
        if host is None:
            return None
        if sender is None:
            self._problems.append("SMTP_FROM is required with SMTP_HOST: the address that mails come from")
            return None
        user, name = (self._environ.get(key) or None for key in ("SMTP_USER", "SMTP_FROM_NAME"))
        return Smtp(host, port, secure == "true", sender, user, password, name)

    def _credentials(self) -> dict[str, str]:
        """Return the variables of identity providers; which of them are needed, the application file says."""
        names = {name.removesuffix("_FILE") for name in self._environ}
        wanted = sorted(name for name in names if name.endswith(("_CLIENT_ID", "_CLIENT_SECRET")))
        values = ((name, self._secret(name, str)) for name in wanted)
        return {name: value for name, value in values if value is not None}

    def _read(self, name: str, read: Callable[[str], T], default: T) -> T:
        return self._parse(name, self._environ.get(name, ""), read, default)

    def _parse(self, name: str, text: str, read: Callable[[str], T], default: T) -> T:
        if not text:
            return default
        if any("\ud800" <= sign <= "\udfff" for sign in text):  # what Python makes of other bytes
            self._problems.append(f"{name} must be UTF-8")
            return default
        try:
            return read(text)
        except _Unfit as failure:
            self._problems.append(f"{name} {failure}")
            return default

    def _secret(self, name: str, read: Callable[[str], T]) -> T | None:
        """Read a variable that may hold a secret, or the file that `<NAME>_FILE` names."""
        text, path = self._environ.get(name, ""), self._environ.get(f"{name}_FILE", "")
        if text and path:
            self._problems.append(f"{name} and {name}_FILE must not both be set")
            return None
        if path:
            try:
                text = Path(path).read_text("utf-8").strip()
            except (OSError, ValueError):
                self._problems.append(f"{name}_FILE must name a file that can be read, in UTF-8")
                return None
            if not text:
                self._problems.append(f"{name}_FILE names an empty file")
        return self._parse(name, text, read, None)

    def _warnings(self, host: str, base_url: str | None) -> list[str]:
        warnings = [f"{name} has no effect in this version" for name in LATER if self._environ.get(name)]
        if base_url is None and not _is_loopback(host):
            warnings.append("BASE_URL is not set, although HOST is not a loopback address: links will name localhost")
        return warnings


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
            raise _Unfit(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise _Unfit(f"must be one of: {', '.join(words)}")
        return text

    return read


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise _Unfit("must be an IP address or a host name, without a port") from None
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _folder(text: str) -> Path:
    path = Path(text)
    try:
        is_folder = "\0" not in text and (path.is_dir() or not path.exists())
    except OSError:  # the system takes no such name, or does not let us look
        is_folder = False
    if not is_folder:
        raise _Unfit("must be the path of a folder")
    return path.absolute()


def _origin(text: str) -> str:
    form = "must be an origin such as https://records.example.org, without path, query or user"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _Unfit(form) from None
    host = parts.hostname or ""
    is_host = bool(_HOST_NAME.fullmatch(host)) or (":" in host and "[" in parts.netloc)
    surplus = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username, parts.password)
    is_odd = text.endswith(("?", "#")) or any(sign.isspace() for sign in text)  # both of which urlsplit drops
    if parts.scheme not in ("http", "https") or not is_host or any(surplus) or is_odd:
        raise _Unfit(form)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def _database_url(text: str) -> str:
    scheme, _, rest = text.partition(":")
    if scheme in ("sqlite", "file"):
        if not rest.strip("/"):
            raise _Unfit(f"{_DATABASE_FORM}; the path is missing")
        return text
    if scheme not in ("postgres", "postgresql") or not rest.startswith("//"):
        raise _Unfit(_DATABASE_FORM)
    try:
        urlsplit(text).port  # noqa: B018  # reading it checks it
    except ValueError:
        raise _Unfit(f"{_DATABASE_FORM}; the host or the port is wrong") from None
    return text


def _secret_list(text: str) -> list[str]:
    entries = [each.strip() for each in text.split(",")]
    if any(len(each) < LEAST_SECRET for each in entries):
        raise _Unfit(f"must have at least {LEAST_SECRET} characters, in each of several that commas part")
    return entries


def is_origin_entry(text: str) -> bool:
    """Say whether an entry of the trusted origins can mean one: an origin, a pattern, or the scheme of another app."""
    if any(sign in "\\@" or sign.isspace() or not sign.isprintable() for sign in text):
        return False
    if "*" in text or "?" in text:
        return True
    scheme, separator, _ = text.partition("://")
    if scheme.lower() not in ("http", "https"):
        return bool(separator and scheme)
    try:
        return bool(_origin(text))
    except _Unfit:
        return False


def _trusted_origins(text: str) -> tuple[str, ...]:
    entries = tuple(each.strip() for each in text.split(",") if each.strip())
    if not all(map(is_origin_entry, entries)):
        raise _Unfit("must be origins such as https://app.example.org, parted by commas")
    return entries


def _mailbox(text: str) -> str:
    if text.count("@") != 1 or any(sign.isspace() for sign in text) or text.startswith("@") or text.endswith("@"):
        raise _Unfit("must be an e-mail address")
    return text


def _name(text: str) -> str:
    if len(text) > _MOST_OF_NAME:
        raise _Unfit(f"must have at most {_MOST_OF_NAME} characters")
    return text


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise _Unfit("must be redis://HOST:PORT/NUMBER, rediss://… or unix://…")
    return text


_PLAIN: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "PORT": _whole_number(0, 65535),
        "HOST": _host,
        "DATABASE_POOL_SIZE": _whole_number(1, 1000),
        "LOG_LEVEL": _one_of("debug", "info", "warning", "error"),
        "LOG_FORMAT": _one_of("text", "json"),
        "REQUEST_TIMEOUT_MS": _whole_number(1, _HOUR_MS),
        "SHUTDOWN_TIMEOUT_MS": _whole_number(0, _HOUR_MS),
        "SQLITE_SYNCHRONOUS": _one_of("full", "normal"),
        "WORKERS": _whole_number(1, 64),
        "TRUSTED_PROXY_HOPS": _whole_number(0, 20),
    }
)
"""Variables that stand alone: each has the name of its setting."""
