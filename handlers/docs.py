"""Handlers of the tag `docs`."""

from __future__ import annotations

from handlers.reply import Reply
from handlers.services import Services
from tabularium.access.identity import Identity
from tabularium.errors import NotFound

_REVALIDATED = "no-cache"
_IMMUTABLE = "public, max-age=31536000, immutable"


async def get_openapi(services: Services, identity: Identity, expand: str | None) -> Reply:
    """Send the contract, byte for byte as it was generated, or the one that knows the tables of the application."""
    _require_docs(services)
    contract = services.contract if expand is None else await services.typed_contract(identity)
    headers = {"ETag": contract.etag, "Cache-Control": _REVALIDATED}
    return Reply(contract.body, headers=headers, gzip=contract.gzip)


async def redirect_openapi(services: Services) -> Reply:
    """Send callers of the published address to the contract."""
    _require_docs(services)
    return Reply(status=308, headers={"Location": "/docs/openapi.json"})


async def get_explorer(services: Services) -> Reply:
    """Send the explorer's page."""
    _require_docs(services)
    headers = {"Content-Security-Policy": services.explorer.content_security_policy, "Cache-Control": _REVALIDATED}
    return Reply(services.explorer.html, headers=headers, content_type="text/html; charset=utf-8")


async def redirect_explorer(services: Services) -> Reply:
    """Send callers of the published address to the explorer."""
    _require_docs(services)
    return Reply(status=308, headers={"Location": "/docs"})


async def get_explorer_asset(services: Services, asset: str) -> Reply:
    """Send a file of the explorer. Its name holds a hash of its content, so callers may keep it for ever."""
    _require_docs(services)
    found = services.explorer.assets.get(asset)
    if found is None:
        raise NotFound
    headers = {"ETag": f'"{asset}"', "Cache-Control": _IMMUTABLE}
    return Reply(found.body, headers=headers, content_type=found.content_type, gzip=found.gzip)


def _require_docs(services: Services) -> None:
    if services.schema.api.docs == "off":
        raise NotFound
