"""Finds out where a provider is asked: from its discovery document, which is kept for an hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from tabularium.clock import Clock
from tabularium.identity.oauth.failures import DiscoveryFailed
from tabularium.identity.oauth.issuers import TENANT
from tabularium.identity.oauth.outbound import Outbound, OutboundFailed, may_be_called
from tabularium.identity.oauth.providers import Endpoints, ProviderOptions
from tabularium.identity.oauth.shared_load import SharedLoad

LIFE: Final = timedelta(hours=1)
"""How long a document, or a set of keys, is kept."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"

_DOCUMENT_NAMES: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "authorization_url": "authorization_endpoint",
        "token_url": "token_endpoint",
        "user_info_url": "userinfo_endpoint",
        "jwks_url": "jwks_uri",
        "emails_url": None,
    }
)
"""What the document calls each address. None of the standard leads to GitHub's addresses of mail."""


class Discovery:
    """Where one provider is asked."""

    def __init__(self, options: ProviderOptions, outbound: Outbound, clock: Clock) -> None:
        self._options = options
        self._outbound = outbound
        self._endpoints = SharedLoad(self._load, clock, LIFE)

    async def endpoints(self) -> Endpoints:
        """Return the addresses: those of the options, then of the document, then of the table.

        Raises `DiscoveryFailed` where there is a document and it cannot be used, or an address is missing.
        """
        return await self._endpoints.get()

    async def _load(self) -> Endpoints:
        url = self._options.discovery_url
        if url is None:
            return resolve(self._options, {})
        document = await load_json_object(self._outbound, url, "the discovery document")
        _check_issuer(self._options, url, document.get("issuer"))
        return resolve(self._options, document)


async def load_json_object(outbound: Outbound, url: str, name: str) -> dict[str, Any]:
    """Ask for a public document of a provider. Raises `DiscoveryFailed`, which calls it by `name`."""
    try:
        reply = await outbound.get(url)
    except OutboundFailed as failure:
        raise DiscoveryFailed(f"{name}: {failure}") from None
    if not reply.is_success:
        raise DiscoveryFailed(f"{name} was answered with status {reply.status}")
    document = reply.json_object()
    if document is None:
        raise DiscoveryFailed(f"{name} is not a JSON object")
    return document


def resolve(options: ProviderOptions, document: Mapping[str, Any]) -> Endpoints:
    """Put the addresses of options, document and table together. Raises `DiscoveryFailed`."""
    addresses = {name: _address(options, document, name) for name in _DOCUMENT_NAMES}
    authorization_url, token_url = addresses.pop("authorization_url"), addresses.pop("token_url")
    if authorization_url is None or token_url is None:
        raise DiscoveryFailed("no authorization endpoint or no token endpoint is known")
    return Endpoints(
        authorization_url=authorization_url,
        token_url=token_url,
        **addresses,
        issuer=options.issuer or _text(document, "issuer") or options.traits.issuer,
        client_authentication=_client_authentication(document),
        promises_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        renews_tokens=_renews_tokens(document),
    )


def _address(options: ProviderOptions, document: Mapping[str, Any], name: str) -> str | None:
    known: str | None = getattr(options.traits, name)
    in_table = known.replace("{tenant}", options.tenant_id or "common") if known else None
    address: str | None = getattr(options, name) or _text(document, _DOCUMENT_NAMES[name]) or in_table
    if address is not None and not may_be_called(address):
        raise DiscoveryFailed(f"{name} must begin with https://, or name this machine")
    return address


def _text(document: Mapping[str, Any], name: str | None) -> str | None:
    value = document.get(name) if name else None
    return value if isinstance(value, str) else None


def _client_authentication(document: Mapping[str, Any]) -> Literal["form", "basic"]:
    offered = document.get("token_endpoint_auth_methods_supported")
    is_basic = isinstance(offered, list) and "client_secret_basic" in offered and "client_secret_post" not in offered
    return "basic" if is_basic else "form"


def _renews_tokens(document: Mapping[str, Any]) -> bool:
    offered = document.get("grant_types_supported")
    return not isinstance(offered, list) or "refresh_token" in offered


def _check_issuer(options: ProviderOptions, url: str, issuer: Any) -> None:
    """Hold the document's issuer to the configured one, else to the address that the document stands at.

    An address of another form than the standard's says nothing of the issuer. Microsoft's documents stand at the name
    of a tenant, and name it by its number.
    """
    if not isinstance(issuer, str) or not issuer:
        raise DiscoveryFailed("the discovery document names no issuer")
    if options.issuer is not None:
        if issuer != options.issuer:
            raise DiscoveryFailed("the discovery document names another issuer than the option `issuer`")
        return
    if options.kind == "microsoft":
        if not may_be_called(issuer.replace(TENANT, "x")) or urlsplit(issuer)[:2] != urlsplit(url)[:2]:
            raise DiscoveryFailed("the discovery document names an issuer on another server")
        return
    address = url.partition("?")[0]
    if address.endswith(_WELL_KNOWN) and issuer.removesuffix("/") != address.removesuffix(_WELL_KNOWN):
        raise DiscoveryFailed("the discovery document names an issuer that it does not stand at; see option `issuer`")
