"""The providers as a table: where they are, what they are asked for, and what their answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from tabularium.schema.auth_options import ProviderSettings

ProviderKind = Literal["google", "github", "microsoft", "gitlab", "slack", "generic"]
ProfileSource = Literal["id_token", "userinfo", "either"]
"""Where a profile comes from. `either`: the ID token where it holds an address, else userinfo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTraits:
    """What is fixed of a kind of provider. `{tenant}` in an address is the tenant that is configured."""

    authorization_url: str | None = None
    token_url: str | None = None
    user_info_url: str | None = None
    emails_url: str | None = None
    jwks_url: str | None = None
    issuer: str | None = None
    """Of ID tokens. `{tenantid}` stands for the token's own tenant."""
    issuer_may_lack_scheme: bool = False
    scopes: tuple[str, ...]
    uses_pkce: bool = True
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    authorize_options: tuple[str, ...] = ()
    """Options that, where set, become parameters of the same name."""
    source: ProfileSource
    takes_id_tokens: bool = False
    """Whether a client may sign in with an ID token that it already has."""
    subject: str = "sub"
    names: tuple[str, ...] = ("name",)
    """The first of these members that holds a text; so also of `images`."""
    images: tuple[str, ...] = ("picture",)
    verified_lists: tuple[str, ...] = ()
    """Members that list verified addresses, for profiles without `email_verified`."""
    required: Mapping[str, str] = field(default_factory=dict)
    """Members that must have these values, or the account may not sign in."""
    refusing: tuple[str, ...] = ("error",)
    """Members that must be absent or false."""


TRAITS: Final[Mapping[ProviderKind, ProviderTraits]] = MappingProxyType(
    {
        "google": ProviderTraits(
            authorization_url="https://accounts.google.com/o/oauth2/v2/auth",
            token_url="https://oauth2.googleapis.com/token",  # noqa: S106  # an address
            jwks_url="https://www.googleapis.com/oauth2/v3/certs",
            issuer="https://accounts.google.com",
            issuer_may_lack_scheme=True,
            scopes=("email", "profile", "openid"),
            authorize_parameters=MappingProxyType({"include_granted_scopes": "true"}),
            authorize_options=("prompt", "access_type", "hd"),
            source="id_token",
            takes_id_tokens=True,
        ),
        "github": ProviderTraits(
            authorization_url="https://github.com/login/oauth/authorize",
            token_url="https://github.com/login/oauth/access_token",  # noqa: S106  # an address
            user_info_url="https://api.github.com/user",
            emails_url="https://api.github.com/user/emails",
            scopes=("read:user", "user:email"),
            source="userinfo",
            subject="id",
            names=("name", "login"),
            images=("avatar_url",),
        ),
        "microsoft": ProviderTraits(
            authorization_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
            token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  # an address
            jwks_url="https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys",
            issuer="https://login.microsoftonline.com/{tenantid}/v2.0",
            scopes=("openid", "profile", "email", "User.Read", "offline_access"),
            source="id_token",
            takes_id_tokens=True,
            verified_lists=("verified_primary_email", "verified_secondary_email"),
        ),
        "gitlab": ProviderTraits(
            authorization_url="https://gitlab.com/oauth/authorize",
            token_url="https://gitlab.com/oauth/token",  # noqa: S106  # an address
            user_info_url="https://gitlab.com/api/v4/user",
            scopes=("read_user",),
            source="userinfo",
            subject="id",
            names=("name", "username"),
            images=("avatar_url",),
            required=MappingProxyType({"state": "active"}),
            refusing=("error", "locked"),
        ),
        "slack": ProviderTraits(
            authorization_url="https://slack.com/openid/connect/authorize",
            token_url="https://slack.com/api/openid.connect.token",  # noqa: S106  # an address
            user_info_url="https://slack.com/api/openid.connect.userInfo",
            scopes=("openid", "profile", "email"),
            uses_pkce=False,
            source="userinfo",
            subject="https://slack.com/user_id",
            images=("picture", "https://slack.com/user_image_512"),
        ),
        "generic": ProviderTraits(
            scopes=("openid", "email", "profile"),
            source="either",
            takes_id_tokens=True,
        ),
    }
)


def kind_of(provider_id: str) -> ProviderKind:
    """Return the kind of a configured id: the name of a known provider, or `generic`."""
    return next((kind for kind in TRAITS if kind == provider_id and kind != "generic"), "generic")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions(ProviderSettings):
    """One configured provider with its credentials.

    An address given here goes before the discovery document, and that before the table.
    """

    kind: ProviderKind
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a client that has none."""

    @property
    def traits(self) -> ProviderTraits:
        """What is fixed of its kind."""
        return TRAITS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a provider is asked, once options, discovery document and table have been put together."""

    authorization_url: str
    token_url: str
    user_info_url: str | None = None
    emails_url: str | None = None
    jwks_url: str | None = None
    issuer: str | None = None
    """May hold `{tenantid}`. Without it, or without `jwks_url`, ID tokens cannot be verified and are not used."""
    client_authentication: Literal["form", "basic"] = "form"
    promises_issuer: bool = False
    """Whether the callback must say who issued the code (RFC 9207)."""
    renews_tokens: bool = True
    """Whether refresh tokens are taken: not where the document lists kinds of grants without them."""

    @property
    def verifies_id_tokens(self) -> bool:
        """Whether it is known who signs ID tokens, and with which keys."""
        return self.issuer is not None and self.jwks_url is not None
