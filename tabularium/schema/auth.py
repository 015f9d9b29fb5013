"""The block `auth` of the application file: read, checked, and every default filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from tabularium.config import auth_blocks as blocks
from tabularium.config.blocks import Block
from tabularium.config.nodes import Place, ScalarNode, plain
from tabularium.config.problems import alternatives, quoted, suggestion
from tabularium.config.validate import is_mapping, list_items, read_block
from tabularium.mail.templates import TEMPLATE_NAMES, find_unknown_placeholders
from tabularium.schema.auth_options import (
    ADMIN,
    BUILT_IN_LEVELS,
    AuthOptions,
    EmailTemplate,
    PasswordOptions,
    ProviderSettings,
    RateLimitOptions,
    SessionOptions,
    TwoFactorOptions,
    VerificationOptions,
)
from tabularium.settings import is_origin_entry

BlockT = TypeVar("BlockT", bound=Block)

BUILT_IN_PROVIDERS: Final = ("google", "github", "microsoft", "gitlab", "slack")
_NO_ROLES: Final = ("anonymous", "guest")
_STRATEGIES: Final[Mapping[str, type[Block]]] = {
    "emailAndPassword": blocks.PasswordStrategyBlock,
    "magicLink": blocks.MagicLinkStrategyBlock,
    "emailOtp": blocks.EmailOtpStrategyBlock,
    "oauth": blocks.OauthStrategyBlock,
}
_PROVIDER_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "github": frozenset({"emailsUrl"}),
    "microsoft": frozenset({"tenantId"}),
    "google": frozenset({"accessType", "hd", "prompt"}),
}
"""Keys that mean something to one provider only."""


def read_auth(place: Place, application: str) -> AuthOptions | None:
    """Read the block, and report what is wrong with it. `None` where it cannot be used."""
    block = read_block(place, blocks.AuthBlock)
    strategies = _strategies(place)
    roles = _roles(place)
    if block is None:
        return None
    if block.default_role not in roles or block.default_role == ADMIN:
        names = [name for name in roles if name != ADMIN]
        place.at("defaultRole").error(f"must be {_choice(names)}{suggestion(block.default_role, names)}")
    _check_addresses(place, block)
    password = _password(strategies.get("emailAndPassword"))
    templates = _templates(place.child("emailTemplates"))
    return AuthOptions(
        password=password,
        magic_link_minutes=_minutes(strategies.get("magicLink")),
        email_otp_minutes=_otp_minutes(place, strategies.get("emailOtp"), templates),
        providers=tuple(_providers(strategies.get("oauth"))),
        allow_sign_up=block.allow_sign_up,
        roles=roles,
        default_role=block.default_role,
        two_factor=_two_factor(place.child("twoFactor"), application, password is not None),
        session=_session(place.child("session")),
        verification=_verification(place.child("emailVerification"), password),
        trusted_origins=tuple(block.trusted_origins),
        rate_limit=_rate_limit(place.child("rateLimit")),
        invitation_expires_in=block.invitation_token_expiry,
        invitation_url=block.invitation_url,
        email_templates=templates,
        **_switches(place),
    )


def _block(place: Place | None, kind: type[BlockT]) -> BlockT:
    """Read an optional block; what is missing or wrong has its defaults."""
    found = read_block(place, kind) if place is not None else None
    return kind() if found is None else found


def _choice(names: list[str]) -> str:
    return alternatives([quoted(name) for name in names])


def _switches(place: Place) -> dict[str, Any]:
    change = _block(place.child("changeEmail"), blocks.ChangeEmailBlock)
    delete = _block(place.child("deleteUser"), blocks.DeleteUserBlock)
    linking = _block(place.child("accountLinking"), blocks.AccountLinkingBlock)
    keys = _block(place.child("apiKeys"), blocks.ApiKeysBlock)
    return {
        "change_email": change.enabled,
        "confirm_old_address": change.confirm_old_address,
        "delete_user": delete.enabled,
        "confirm_delete_by_email": delete.confirm_by_email,
        "authored_content": delete.authored_content,
        "linking": linking.enabled,
        "trusted_providers": frozenset(linking.trusted_providers),
        "allow_different_emails": linking.allow_different_emails,
        "api_keys": keys.enabled,
        "api_key_expires_in": keys.default_expires_in,
    }


# Strategies -----------------------------------------------------------------------------------------------------------


def _strategies(place: Place) -> dict[str, tuple[Place, Block | None]]:
    """Return the place and the block of each strategy, by type."""
    found: dict[str, tuple[Place, Block | None]] = {}
    if place.child("strategies") is None:
        if is_mapping(place):
            place.error_missing("strategies")
        return found
    for item in list_items(place.child("strategies"), 1, len(_STRATEGIES)):
        if not is_mapping(item):
            continue
        kind = item.at("type").value
        if not isinstance(kind, str) or kind not in _STRATEGIES:
            item.at("type").error(f"must be {_choice(list(_STRATEGIES))}{suggestion(str(kind), _STRATEGIES)}")
        elif kind in found:
            item.at("type").error(f"the strategy {quoted(kind)} is there already")
        else:
            found[kind] = (item, read_block(item, _STRATEGIES[kind]))
    return found


def _password(strategy: tuple[Place, Block | None] | None) -> PasswordOptions | None:
    block = None if strategy is None else strategy[1]
    if strategy is None or not isinstance(block, blocks.PasswordStrategyBlock):
        return None
    place = strategy[0]
    if block.max_password_length < block.min_password_length:
        at = place.child("maxPasswordLength") or place.at("minPasswordLength")
        at.error(f'"maxPasswordLength" ({block.max_password_length}) must not be below "minPasswordLength"')
    return PasswordOptions(
        block.min_password_length,
        block.max_password_length,
        block.require_email_verification,
        block.auto_sign_in,
        block.revoke_sessions_on_password_reset,
    )


def _minutes(strategy: tuple[Place, Block | None] | None) -> int | None:
    block = None if strategy is None else strategy[1]
    if isinstance(block, blocks.MagicLinkStrategyBlock | blocks.EmailOtpStrategyBlock):
        return block.expiration_minutes
    return None


def _otp_minutes(
    place: Place, strategy: tuple[Place, Block | None] | None, templates: Mapping[str, EmailTemplate]
) -> int | None:
    if strategy is None and "emailOtp" in templates:
        place.at("emailTemplates").warn(
            'the template "emailOtp" switches codes by e-mail on, although no strategy has the type "emailOtp"'
        )
        return blocks.EmailOtpStrategyBlock(type="emailOtp").expiration_minutes
    return _minutes(strategy)


def _providers(strategy: tuple[Place, Block | None] | None) -> Iterator[ProviderSettings]:
    if strategy is None:
        return
    place = strategy[0]
    if place.child("providers") is None:
        place.error_missing("providers")
    taken: set[str] = set()
    for item in list_items(place.child("providers"), 1, 50):
        provider = _provider(item)
        if provider is None:
            continue
        if provider.variable in taken:
            item.error(f"another provider has the id {quoted(provider.id)}, or the same environment variables")
        taken.add(provider.variable)
        yield provider


def _provider(place: Place) -> ProviderSettings | None:
    if isinstance(place.node, ScalarNode):
        name = place.value
        if isinstance(name, str) and name in BUILT_IN_PROVIDERS:
            return ProviderSettings(name)
        hint = suggestion(str(name), BUILT_IN_PROVIDERS)
        place.error(f'must be {_choice(list(BUILT_IN_PROVIDERS))}, or a mapping with "id" and "discoveryUrl"{hint}')
        return None
    block = read_block(place, blocks.ProviderBlock)
    if block is None:
        return None
    _check_provider(place, block)
    values = block.model_dump()
    return ProviderSettings(**{**values, "scopes": tuple(block.scopes)})


def _check_provider(place: Place, block: blocks.ProviderBlock) -> None:
    signs = "abcdefghijklmnopqrstuvwxyz0123456789-"
    if not block.id or not block.id[0].isalpha() or len(block.id) > 63 or any(sign not in signs for sign in block.id):
        place.at("id").error("must be a small letter, then small letters, digits and hyphens, at most 63 in all")
    if block.id not in BUILT_IN_PROVIDERS and block.discovery_url is None:
        place.error_at_key("id", f'{quoted(block.id)} is no provider that is known here, so "discoveryUrl" is needed')
    for key in place.entries:
        if key.endswith("Url") and isinstance(value := place.at(key).value, str) and not _is_web_address(value):
            place.at(key).error("must be an address that begins with https:// (http:// on this machine only)")
        owner = next((name for name, keys in _PROVIDER_KEYS.items() if key in keys), block.id)
        if owner != block.id:
            place.error_at_key(key, f"only the provider {quoted(owner)} has {quoted(key)}")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


# The rest -------------------------------------------------------------------------------------------------------------


def _roles(place: Place) -> dict[str, int]:
    roles = dict(BUILT_IN_LEVELS)
    for item in list_items(place.child("roles"), 0, 100):
        block = read_block(item, blocks.RoleBlock)
        if block is None:
            continue
        if block.name in BUILT_IN_LEVELS or block.name in _NO_ROLES:
            item.at("name").error(f"{quoted(block.name)} is a name of the server's own; choose another")
        elif block.name in roles:
            item.at("name").error(f"the role {quoted(block.name)} is there already")
        else:
            roles[block.name] = block.level
    return roles


def _two_factor(place: Place | None, application: str, has_passwords: bool) -> TwoFactorOptions | None:
    if place is None or place.value is False:
        return None
    if not has_passwords:
        place.error('"twoFactor" needs the strategy "emailAndPassword"')
    if place.value is True:
        return TwoFactorOptions(application)
    block = read_block(place, blocks.TwoFactorBlock)
    if block is None:
        return None
    issuer = application if block.issuer is None else block.issuer
    return TwoFactorOptions(issuer, block.digits, block.period, block.backup_codes, block.mailed_codes)


def _session(place: Place | None) -> SessionOptions:
    block = _block(place, blocks.SessionBlock)
    cache = _block(place.child("cookieCache") if place is not None else None, blocks.CookieCacheBlock)
    if place is not None and block.update_age > block.expires_in:
        place.at("updateAge").error(f'"updateAge" ({block.update_age}) must not be above "expiresIn"')
    max_age = cache.max_age if cache.enabled else None
    return SessionOptions(block.expires_in, block.update_age, block.fresh_age, max_age)


def _verification(place: Place | None, password: PasswordOptions | None) -> VerificationOptions:
    block = _block(place, blocks.EmailVerificationBlock)
    usual = password is not None and password.require_verification
    chosen = (block.send_on_sign_up, block.send_on_sign_in, block.auto_sign_in_after_verification)
    return VerificationOptions(*(usual if each is None else each for each in chosen))


def _rate_limit(place: Place | None) -> RateLimitOptions:
    block = _block(place, blocks.RateLimitBlock)
    rules: dict[str, tuple[int, int] | None] = {}
    custom = place.child("customRules") if place is not None else None
    if custom is not None and is_mapping(custom):
        for path in custom.entries:
            rules[path] = _rule(custom, path)
    return RateLimitOptions(block.enabled, block.window, block.max, rules)


def _rule(custom: Place, path: str) -> tuple[int, int] | None:
    place = custom.at(path)
    if not path.startswith("/") or len(path) > 255:
        custom.error_at_key(path, 'must be a path below /api/auth that begins with "/", "*" for any characters')
    if place.value is False:
        return None
    block = read_block(place, blocks.RateRuleBlock)
    return None if block is None else (block.window, block.max)


def _templates(place: Place | None) -> dict[str, EmailTemplate]:
    templates: dict[str, EmailTemplate] = {}
    if place is None or not is_mapping(place):
        return templates
    for name in place.entries:
        at = place.at(name)
        if name not in TEMPLATE_NAMES:
            place.error_at_key(name, f"unknown key{suggestion(name, TEMPLATE_NAMES)}")
            continue
        block = read_block(at, blocks.EmailTemplateBlock)
        if block is None:
            continue
        if block.text is None and block.html is None:
            at.error('needs "text" or "html"')
        for key, text in block.model_dump().items():
            for unknown in find_unknown_placeholders(text or ""):
                at.at(key).error(f"the placeholder {quoted(unknown)} is not known")
        templates[name] = EmailTemplate(block.subject, block.text, block.html)
    return templates


def _check_addresses(place: Place, block: blocks.AuthBlock) -> None:
    for item in place.at("trustedOrigins").items():
        text = plain(item.node)
        if isinstance(text, str) and not is_origin_entry(text):
            item.error("must be an origin such as https://app.example.org, without user, blanks and backslashes")
    url = block.invitation_url
    if not (url.startswith("/") and not url.startswith("//")) and not _is_web_address(url):
        place.at("invitationURL").error('must be a path that begins with "/", or a web address')
