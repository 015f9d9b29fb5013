"""Callers of every kind, signed in to one application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.asgi import Answer
from tests.support.auth import Site

ROLES = {"viewer": "viewer", "member": "member", "low": "intern", "high": "editor", "both": "viewer,editor"}
"""Those who have the role, or roles, of the application."""
NAMES = ("anonymous", *ROLES, "stranger", "admin", "key")
"""`stranger` has a role that the application does not know; `key` is an API key of the caller `high`."""

Caller = Callable[..., Answer]


class Callers:
    """The callers by their names."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._browsers = {name: site.browser() for name in NAMES if name != "key"}
        self.ids: dict[str, str] = {}
        """The ids of those who are signed in."""
        for name, role in {**ROLES, "stranger": "nobody", "admin": "admin"}.items():
            self.ids[name] = self._browsers[name].sign_up(f"{name}@example.com")["id"]
            site.sql('UPDATE "user" SET role = ?1 WHERE email = ?2', role, f"{name}@example.com")
        self._key = self._browsers["high"].post("/api-key/create").json()["key"]

    def __getitem__(self, name: str) -> Any:
        if name == "key":
            return self._by_key
        return self._browsers[name]

    def _by_key(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = {"x-api-key": self._key}
        return self.site.browser()(method, path, body, headers=headers, **more)
