"""What the block `auth` of the application file says, with every default filled in. Times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

ADMIN: Final = "admin"
BUILT_IN_LEVELS: Final[Mapping[str, int]] = MappingProxyType({ADMIN: 80, "member": 40, "viewer": 10})
"""The roles that every application has. `admin` is the only administrator, whatever the level of another."""

Feature = Literal["twoFactor", "magicLink", "emailOtp", "apiKeys"]
"""What an application may leave switched off: its operations are then not there."""


@dataclass(frozen=True, slots=True)
class PasswordOptions:
    """The strategy `emailAndPassword`. Lengths are in UTF-16 code units."""

    min_length: int = 8
    max_length: int = 128
    require_verification: bool = False
    auto_sign_in: bool = True
    revoke_sessions_on_reset: bool = False


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An identity provider as the file has it; its credentials come from the environment."""

    id: str
    discovery_url: str | None = None
    scopes: tuple[str, ...] = ()
    """Asked for beside those of its kind."""
    issuer: str | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    user_info_url: str | None = None
    emails_url: str | None = None
    jwks_url: str | None = None
    tenant_id: str | None = None
    hd: str | None = None
    prompt: str | None = None
    access_type: str | None = None

    @property
    def variable(self) -> str:
        """Return what the names of its environment variables begin with."""
        return self.id.upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class TwoFactorOptions:
    """The second factor. `period` is the time that a code stands for."""

    issuer: str
    digits: int = 6
    period: int = 30
    backup_codes: bool = True
    mailed_codes: bool = True


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How long sessions live. Zero for `fresh_age`: a session is always fresh."""

    expires_in: int = 604_800
    update_age: int = 86_400
    fresh_age: int = 86_400
    cookie_cache: int | None = None
    """How long the cookie for front ends holds; `None`: there is none."""


@dataclass(frozen=True, slots=True)
class VerificationOptions:
    """When a verification link is mailed, and whether opening it signs in."""

    send_on_sign_up: bool = False
    send_on_sign_in: bool = False
    signs_in: bool = False


@dataclass(frozen=True, slots=True)
class RateLimitOptions:
    """The limits of `/api/auth`. A rule is its window and its number, or `None` where a path has no limit."""

    enabled: bool = True
    window: int = 10
    max: int = 100
    custom_rules: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmailTemplate:
    """A mail in the application's own words."""

    subject: str
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthOptions:
    """Authentication as the application wants it."""

    password: PasswordOptions | None = None
    """`None`: nobody signs in with a password."""
    magic_link_minutes: int | None = None
    email_otp_minutes: int | None = None
    providers: tuple[ProviderSettings, ...] = ()
    allow_sign_up: bool = True
    roles: Mapping[str, int] = field(default_factory=lambda: BUILT_IN_LEVELS)
    """The level of every role, by name."""
    default_role: str = "member"
    two_factor: TwoFactorOptions | None = None
    session: SessionOptions = SessionOptions()
    verification: VerificationOptions = VerificationOptions()
    change_email: bool = True
    confirm_old_address: bool = False
    delete_user: bool = True
    confirm_delete_by_email: bool = False
    authored_content: Literal["keep", "delete"] = "keep"
    linking: bool = True
    trusted_providers: frozenset[str] = frozenset()
    allow_different_emails: bool = False
    api_keys: bool = True
    api_key_expires_in: int | None = None
    trusted_origins: tuple[str, ...] = ()
    rate_limit: RateLimitOptions = RateLimitOptions()
    invitation_expires_in: int = 72 * 3600
    invitation_url: str = "/accept-invitation"
    email_templates: Mapping[str, EmailTemplate] = field(default_factory=dict)

    def roles_of(self, stored: str | None) -> frozenset[str]:
        """Return the known roles of a user whose column `role` holds this. Unknown names give nothing."""
        return frozenset(name.strip() for name in (stored or self.default_role).split(",")).intersection(self.roles)

    @property
    def credential_variables(self) -> tuple[str, ...]:
        """Return the variables that hold what the identity providers gave the application."""
        return tuple(f"{each.variable}_{name}" for each in self.providers for name in ("CLIENT_ID", "CLIENT_SECRET"))

    @property
    def features(self) -> frozenset[Feature]:
        """Return what is switched on of that which an application may leave off."""
        switches: dict[Feature, bool] = {
            "twoFactor": self.two_factor is not None,
            "magicLink": self.magic_link_minutes is not None,
            "emailOtp": self.email_otp_minutes is not None,
            "apiKeys": self.api_keys,
        }
        return frozenset(name for name, is_on in switches.items() if is_on)
