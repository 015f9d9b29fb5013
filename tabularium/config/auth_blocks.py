"""The keys of the block `auth`: names, types and ranges. `tabularium.schema.auth` checks what they mean together."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator

from tabularium.config.blocks import Block, Nested, Text, refuse

_SECONDS_OF_YEARS: Final = 10 * 365 * 86_400

Seconds = Annotated[int, Field(ge=1, le=_SECONDS_OF_YEARS)]
SecondsOrNone = Annotated[int, Field(ge=0, le=_SECONDS_OF_YEARS)]
"""Zero switches off what the seconds belong to."""
Word = Annotated[str, Field(min_length=1, max_length=255)]
Address = Annotated[str, Field(min_length=1, max_length=2048)]


def _duration(value: Any) -> int:
    """Read `72h` and the like, or milliseconds, into seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value / 1000
    elif isinstance(value, str) and value[:-1].isascii() and value[:-1].isdigit() and value[-1:] in _UNITS:
        seconds = int(value[:-1][:12]) * _UNITS[value[-1]]
    else:
        raise refuse('must be a number with "s", "m", "h" or "d" after it, such as "72h", or milliseconds')
    if not 1 <= seconds <= _SECONDS_OF_YEARS:
        raise refuse("must be one second to ten years")
    return int(seconds)


_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _role_name(value: Any) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    fits = isinstance(value, str) and 1 <= len(value) <= 63 and value[0] in letters
    if not fits or not all(sign in f"{letters}0123456789-" for sign in value):
        raise refuse("must be 1 to 63 characters: a small letter, then small letters, digits and hyphens")
    return str(value)


class AuthBlock(Block):
    """Who may sign in, and how."""

    not_served = frozenset({"groups", "landingPath", "noAccessPath", "scopeTables"})

    strategies: Nested = None
    allow_sign_up: bool = True
    roles: Nested = None
    default_role: Word = "member"
    two_factor: Nested = None
    session: Nested = None
    email_verification: Nested = None
    change_email: Nested = None
    delete_user: Nested = None
    account_linking: Nested = None
    api_keys: Nested = None
    trusted_origins: Annotated[list[Address], Field(max_length=100)] = Field(default_factory=list)
    rate_limit: Nested = None
    invitation_token_expiry: Annotated[int, PlainValidator(_duration)] = 72 * 3600
    invitation_url: Annotated[Address, Field(alias="invitationURL")] = "/accept-invitation"
    email_templates: Nested = None


class PasswordStrategyBlock(Block):
    """The strategy `emailAndPassword`."""

    type: Literal["emailAndPassword"]
    min_password_length: Annotated[int, Field(ge=6, le=128)] = 8
    max_password_length: Annotated[int, Field(ge=8, le=256)] = 128
    require_email_verification: bool = False
    auto_sign_in: bool = True
    revoke_sessions_on_password_reset: bool = False


class MagicLinkStrategyBlock(Block):
    """The strategy `magicLink`."""

    type: Literal["magicLink"]
    expiration_minutes: Annotated[int, Field(ge=1, le=1440)] = 15


class EmailOtpStrategyBlock(Block):
    """The strategy `emailOtp`."""

    type: Literal["emailOtp"]
    expiration_minutes: Annotated[int, Field(ge=1, le=60)] = 5


class OauthStrategyBlock(Block):
    """The strategy `oauth`."""

    type: Literal["oauth"]
    providers: Nested = None


class ProviderBlock(Block):
    """A provider whose endpoints or scopes are the file's own."""

    id: str
    discovery_url: Address | None = None
    scopes: Annotated[list[Word], Field(max_length=50)] = Field(default_factory=list)
    issuer: Address | None = None
    authorization_url: Address | None = None
    token_url: Address | None = None
    user_info_url: Address | None = None
    emails_url: Address | None = None
    jwks_url: Address | None = None
    tenant_id: Word | None = None
    hd: Word | None = None
    prompt: Word | None = None
    access_type: Word | None = None


class RoleBlock(Block):
    """A role of the application's own."""

    not_served = frozenset({"dashboardTier", "defaultLanding", "pickerLanding"})

    name: Annotated[str, PlainValidator(_role_name)]
    description: Text | None = None
    level: Annotated[int, Field(ge=0, le=100)] = 40


class TwoFactorBlock(Block):
    """The second factor."""

    issuer: Word | None = None
    digits: Literal[6, 8] = 6
    period: Annotated[int, Field(ge=15, le=120)] = 30
    backup_codes: bool = True
    mailed_codes: bool = True


class SessionBlock(Block):
    """How long a session lives."""

    expires_in: Annotated[int, Field(ge=60, le=_SECONDS_OF_YEARS)] = 604_800
    update_age: SecondsOrNone = 86_400
    fresh_age: SecondsOrNone = 86_400
    cookie_cache: Nested = None


class CookieCacheBlock(Block):
    """The cookie that front ends may read."""

    enabled: bool = False
    max_age: Annotated[int, Field(ge=1, le=86_400)] = 300


class EmailVerificationBlock(Block):
    """When a verification link is mailed."""

    send_on_sign_up: bool | None = None
    send_on_sign_in: bool | None = None
    auto_sign_in_after_verification: bool | None = None


class ChangeEmailBlock(Block):
    """Whether users may change their address."""

    enabled: bool = True
    confirm_old_address: bool = False


class DeleteUserBlock(Block):
    """Whether users may delete themselves."""

    enabled: bool = True
    confirm_by_email: bool = False
    authored_content: Literal["keep", "delete"] = "keep"


class AccountLinkingBlock(Block):
    """When an account of a provider is linked to a user."""

    enabled: bool = True
    trusted_providers: Annotated[list[Word], Field(max_length=50)] = Field(default_factory=list)
    allow_different_emails: bool = False


class ApiKeysBlock(Block):
    """Keys for programs."""

    enabled: bool = True
    default_expires_in: Annotated[int, Field(ge=86_400, le=365 * 86_400)] | None = None


class RateLimitBlock(Block):
    """How often a path may be called from one address."""

    enabled: bool = True
    window: Annotated[int, Field(ge=1, le=86_400)] = 10
    max: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    custom_rules: Nested = None


class RateRuleBlock(Block):
    """The rule of one path."""

    window: Annotated[int, Field(ge=1, le=86_400)]
    max: Annotated[int, Field(ge=1, le=1_000_000)]


class EmailTemplateBlock(Block):
    """A mail in the application's own words."""

    subject: Annotated[str, Field(min_length=1, max_length=500)]
    text: Annotated[str, Field(max_length=100_000)] | None = None
    html: Annotated[str, Field(max_length=500_000)] | None = None
