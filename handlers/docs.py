"""Handlers of the tag `docs`."""

from __future__ import annotations

from handlers.reply import Reply
from handlers.services import Services
from tabularium.access.identity import Identity
from tabularium.errors import Forbidden, NotFound, Unauthorized

_REVALIDATED = "no-cache"
_PRIVATE = "private, no-cache"
"""Of what is not the same for all callers."""
_IMMUTABLE = "public, max-age=31536000, immutable"


async def get_openapi(services: Services, identity: Identity, expand: str | None) -> Reply:
    """Send the contract, byte for byte as it was generated, or the one that knows the tables of the application."""
    _require_docs(services, identity)
    contract = services.contract if expand is None else await services.typed_contract(identity)
    caching = _caching(services) if expand is None else _PRIVATE
    headers = {"ETag": contract.etag, "Cache-Control": caching}
    return Reply(contract.body, headers=headers, gzip=contract.gzip)


async def redirect_openapi(services: Services, identity: Identity) -> Reply:
    """Send callers of the published address to the contract."""
    _require_docs(services, identity)
    return Reply(status=308, headers={"Location": "/docs/openapi.json"})


async def get_explorer(services: Services, identity: Identity) -> Reply:
    """Send the explorer's page."""
    _require_docs(services, identity)
    headers = {
        "Content-Security-Policy": services.explorer.content_security_policy,
        "Cache-Control": _caching(services),
    }
    return Reply(services.explorer.html, headers=headers, content_type="text/html; charset=utf-8")


async def redirect_explorer(services: Services, identity: Identity) -> Reply:
    """Send callers of the published address to the explorer."""
    _require_docs(services, identity)
    return Reply(status=308, headers={"Location": "/docs"})


async def get_explorer_asset(services: Services, identity: Identity, asset: str) -> Reply:
    """Send a file of the explorer. Its name holds a hash of its content, so callers may keep it for ever."""
    _require_docs(services, identity)
    found = services.explorer.assets.get(asset)
    if found is None:
        raise NotFound
    headers = {"ETag": f'"{asset}"', "Cache-Control": _IMMUTABLE}
    return Reply(found.body, headers=headers, content_type=found.content_type, gzip=found.gzip)


def _caching(services: Services) -> str:
    return _REVALIDATED if services.schema.api.docs == "public" else _PRIVATE


def _require_docs(services: Services, identity: Identity) -> None:
    """Raise unless the application shows its contract to this caller."""
    shown = services.schema.api.docs
    if shown == "off":
        raise NotFound
    if shown != "public" and not identity.is_signed_in:
        raise Unauthorized
    if shown == "admin" and "admin" not in identity.roles:
        raise Forbidden
