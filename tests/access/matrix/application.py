"""The application that the access matrix is measured on: tables with rules of every kind, and every feature of accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tabularium.access.actions import ACTIONS
from tabularium.identity.oauth.outbound import NO_HEADERS, OutboundReply
from tests.support.auth import Settings, Site, site

LOW, HIGH = "intern", "editor"
VIEW = "everything"
PROVIDER = "https://id.example.com"
AUTH: dict[str, Any] = {
    "strategies": [
        {"type": "emailAndPassword"},
        {"type": "magicLink"},
        {"type": "emailOtp"},
        {"type": "oauth", "providers": ["google", {"id": "keycloak", "discoveryUrl": f"{PROVIDER}/discovery"}]},
    ],
    "roles": [{"name": LOW, "level": 10}, {"name": HIGH, "level": 50}],
    "twoFactor": True,
    "deleteUser": {"confirmByEmail": True},
    "rateLimit": {"enabled": False},
}
CREDENTIALS = {f"{provider}_CLIENT_{half}": "given" for provider in ("GOOGLE", "KEYCLOAK") for half in ("ID", "SECRET")}


def _table(name: str, *more_fields: str, **permissions: Any) -> dict[str, Any]:
    fields = [{"name": field, "type": "single-line-text"} for field in ("title", *more_fields)]
    return {
        "name": name,
        "fields": fields,
        "views": [{"id": VIEW, "name": "Everything"}],
        "comments": {"readTracking": True, "guestComments": name == "public"},
        **({"permissions": permissions} if permissions else {}),
    }


TABLES: list[dict[str, Any]] = [
    _table("builtin"),
    _table("public", read="all"),
    _table("lowonly", read=[LOW]),
    _table("unseen", **{action: [HIGH] for action in ACTIONS} | {"read": ["viewer", LOW, HIGH]}),
    _table("postbox", **{action: [HIGH] for action in ACTIONS} | {"create": "all"}),
    _table(
        "fields",
        "secret",
        "fixed",
        read="all",
        update="authenticated",
        fields=[{"field": "secret", "read": [HIGH]}, {"field": "fixed", "write": [HIGH]}],
    ),
]
"""`lowonly`: one custom role reads it, and others may only create. `unseen` does not exist for members. In `postbox`
everybody may create and few may read. In `public` guests comment. `fields`: `title` follows the table, `secret` is read and `fixed` is written by
few."""
FIELDS = {table["name"]: tuple(field["name"] for field in table["fields"]) for table in TABLES}
RULED = tuple(table["name"] for table in TABLES if "fields" in table.get("permissions", {}))
"""The tables whose fields have rules of their own."""


class Discovery:
    """Answers the one question that starting a sign-in asks a provider."""

    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> OutboundReply:
        """Return the discovery document."""
        places = {f"{name}_endpoint": f"{PROVIDER}/{name}" for name in ("authorization", "token", "userinfo")}
        return OutboundReply(200, json.dumps({"issuer": PROVIDER, "jwks_uri": f"{PROVIDER}/keys", **places}).encode())

    async def post_form(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> OutboundReply:
        """Grant nothing."""
        return OutboundReply(400, b"{}")


@contextmanager
def application(folder: Path, url: str, tables: list[dict[str, Any]]) -> Iterator[Site]:
    """Serve it, with some tables, from an empty database."""
    settings = Settings(credentials=CREDENTIALS)
    with site(folder, url, AUTH, tables=tables, settings=settings, outbound=Discovery(), analytics=True) as house:
        yield house
