"""Puts authentication together from the schema, the settings and an open database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from server.auth.exchange import Exchanges
from server.auth.origin_checks import check_cross_site
from server.headers import header
from server.outbound import HttpOutbound
from server.request import Request
from server.security import Identify
from tabularium.access.identity import Identity
from tabularium.clock import Clock
from tabularium.comments.authored import AuthoredComments
from tabularium.db.database import Database
from tabularium.identity import callers
from tabularium.identity.context import Authentication
from tabularium.identity.encryption import Vault
from tabularium.identity.oauth.outbound import Outbound
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.providers import ProviderOptions, kind_of
from tabularium.identity.origins import TrustedOrigins
from tabularium.identity.passwords import PasswordHasher
from tabularium.identity.secrets import Secrets
from tabularium.mail.mailer import Mailer
from tabularium.records.authorship import AuthoredRecords
from tabularium.schema.auth_options import AuthOptions, ProviderSettings
from tabularium.schema.model import Schema

_NAMES: Final = ("CLIENT_ID", "CLIENT_SECRET")


class AuthSettings(Protocol):
    """What of the settings authentication needs."""

    @property
    def base_url(self) -> str: ...
    @property
    def trusted_origins(self) -> tuple[str, ...]: ...
    @property
    def credentials(self) -> Mapping[str, str]: ...


def build_authentication(
    schema: Schema,
    options: AuthOptions,
    database: Database,
    clock: Clock,
    settings: AuthSettings,
    secrets: Secrets,
    mailer: Mailer,
    *,
    hasher: PasswordHasher | None = None,
    outbound: Outbound | None = None,
) -> Authentication:
    """Return what lives as long as the server. Providers whose credentials are missing are left out."""
    outbound = outbound or HttpOutbound()
    known = (_provider(each, settings.credentials) for each in options.providers)
    return Authentication(
        options=options,
        schema=schema,
        database=database,
        clock=clock,
        secrets=secrets,
        vault=Vault(secrets.entries),
        hasher=hasher or PasswordHasher(),
        mailer=mailer,
        origins=TrustedOrigins(settings.base_url, (*options.trusted_origins, *settings.trusted_origins)),
        providers={each.id: Provider(each, outbound, clock) for each in known if each is not None},
        base_url=settings.base_url,
        authored=AuthoredRecords(schema),
        comments=AuthoredComments(schema),
    )


def missing_credentials(options: AuthOptions, credentials: Mapping[str, str]) -> list[str]:
    """Return the variables that the providers of the application need and do not have."""
    return [name for name in options.credential_variables if name not in credentials]


def _provider(settings: ProviderSettings, credentials: Mapping[str, str]) -> ProviderOptions | None:
    found = [credentials.get(f"{settings.variable}_{name}") for name in _NAMES]
    if None in found:
        return None
    values = {name: getattr(settings, name) for name in settings.__slots__}
    return ProviderOptions(kind=kind_of(settings.id), client_id=str(found[0]), client_secret=str(found[1]), **values)


def identify_by(exchanges: Exchanges) -> Identify:
    """Return what finds the caller of operations outside of `/api/auth`."""

    async def identify(request: Request) -> Identity:
        context = exchanges.begin(request)
        await callers.identify(context, is_lenient=False)
        if context.is_known_by_cookie:
            check_cross_site(request, context.auth.origins)
        if context.cookies.token is not None:  # the session lives on
            request.added_headers += [header("set-cookie", line) for line in context.cookies.lines()]
            request.added_headers.append(header("set-auth-token", context.cookies.token))
        return callers.identity_of(context)

    return identify
