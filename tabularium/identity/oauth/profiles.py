"""Who somebody is: reads the claims of an ID token, or what a provider's userinfo says, by the rules of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tabularium.identity.oauth.failures import ProfileUnavailable, SubjectMissing
from tabularium.identity.oauth.outbound import Outbound, OutboundFailed, OutboundReply
from tabularium.identity.oauth.providers import Endpoints, ProviderOptions

_MOST_SUBJECT: Final = 255
_MOST_EMAIL: Final = 254
_MOST_NAME: Final = 255
_MOST_IMAGE: Final = 200_000
_BEARER_FORM: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody, as a provider knows them."""

    subject: str
    """What the provider never gives to somebody else."""
    email: str | None
    """In small letters where it is ASCII, of whatever form; `None` where the provider gives none."""
    email_verified: bool
    name: str
    """Empty where the provider gives none."""
    image: str | None
    raw: Mapping[str, Any] = field(repr=False)
    """What the provider said, whole."""


async def find_profile(
    options: ProviderOptions,
    endpoints: Endpoints,
    outbound: Outbound,
    *,
    claims: Mapping[str, Any] | None,
    access_token: str | None,
) -> Profile:
    """Return who somebody is.

    `claims` are those of a verified ID token, `None` where there is none. Raises `ProfileUnavailable`.
    """
    traits = options.traits
    if claims is not None and traits.source != "userinfo":
        is_enough = traits.source == "id_token" or bool(claims.get("sub") and claims.get("email"))
        if is_enough or endpoints.user_info_url is None or access_token is None:
            return _read(options, claims)
    if traits.source == "id_token":
        raise ProfileUnavailable("the provider gave no ID token")
    if access_token is None:
        raise ProfileUnavailable("there is no access token to ask with")
    profile = await _ask(options, endpoints, outbound, access_token)
    # OpenID Connect Core 5.3.2: userinfo of another person may have been put in the place of this one's.
    if traits.source == "either" and claims is not None and _subject(claims.get("sub")) != profile.subject:
        raise ProfileUnavailable("userinfo is of somebody else than the ID token")
    return profile


async def _ask(options: ProviderOptions, endpoints: Endpoints, outbound: Outbound, access_token: str) -> Profile:
    if endpoints.user_info_url is None:
        raise ProfileUnavailable("no address of userinfo is known")
    reply = await _get(outbound, endpoints.user_info_url, access_token)
    answer = reply.json_object()
    if not reply.is_success or answer is None:
        raise ProfileUnavailable(f"userinfo was answered with status {reply.status}, or with no JSON object")
    if options.kind != "github" or endpoints.emails_url is None:
        return _read(options, answer)
    try:
        emails = (await _get(outbound, endpoints.emails_url, access_token)).json()
    except ProfileUnavailable:  # without the list no address is verified, which is the safe side
        emails = None
    return _read(options, answer, emails if isinstance(emails, list) else [])


async def _get(outbound: Outbound, url: str, access_token: str) -> OutboundReply:
    if not _BEARER_FORM.fullmatch(access_token):
        raise ProfileUnavailable("the access token cannot stand in a header")
    try:
        return await outbound.get(url, {"authorization": f"Bearer {access_token}", "accept": "application/json"})
    except OutboundFailed as failure:
        raise ProfileUnavailable(f"userinfo: {failure}") from None


def _read(options: ProviderOptions, said: Mapping[str, Any], emails: Iterable[Any] = ()) -> Profile:
    traits = options.traits
    if any(said.get(name) != value for name, value in traits.required.items()):
        raise ProfileUnavailable("the provider says that the account is not active")
    if any(said.get(name) for name in traits.refusing):
        raise ProfileUnavailable("the provider says that the account may not sign in")
    subject = _subject(said.get(traits.subject))
    if subject is None:
        raise SubjectMissing("the provider does not say who it is")
    if options.kind == "github":
        email, is_verified = _listed_email(said, emails)
    else:
        email = _text(said.get("email"), _MOST_EMAIL)
        is_verified = email is not None and _is_verified(said, email, traits.verified_lists)
    return Profile(
        subject=subject,
        email=_lowered(email) if email else None,
        email_verified=is_verified,
        name=next((name for key in traits.names if (name := _name(said.get(key)))), ""),
        image=next((image for key in traits.images if (image := _text(said.get(key), _MOST_IMAGE))), None),
        raw=said,
    )


def _listed_email(said: Mapping[str, Any], emails: Iterable[Any]) -> tuple[str | None, bool]:
    """Return GitHub's address of the profile, else the primary one of the list, and what the list says of it."""
    entries = [each for each in emails if isinstance(each, dict) and _text(each.get("email"), _MOST_EMAIL)]
    primary = next((each["email"] for each in entries if each.get("primary") is True), None)
    email = _text(said.get("email"), _MOST_EMAIL) or primary
    if email is None:
        return None, False
    return email, any(_lowered(each["email"]) == _lowered(email) and each.get("verified") is True for each in entries)


def _is_verified(said: Mapping[str, Any], email: str, verified_lists: Iterable[str]) -> bool:
    stated = said.get("email_verified")
    if stated is not None:
        return stated is True or stated == "true"
    listed = [each for name in verified_lists if isinstance(said.get(name), list) for each in said[name]]
    return any(isinstance(each, str) and _lowered(each) == _lowered(email) for each in listed)


def _lowered(address: str) -> str:
    # The Kelvin sign's small letter is a plain `k`: the address would become that of somebody else.
    return address.lower() if address.isascii() else address


def _subject(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _text(value, _MOST_SUBJECT)


def _text(value: Any, most: int) -> str | None:
    """Return a text that can be stored, `None` for everything else."""
    return value if isinstance(value, str) and 0 < len(value) <= most and "\0" not in value else None


def _name(value: Any) -> str:
    """Return a name, cut to what is stored."""
    return value.replace("\0", "").strip()[:_MOST_NAME] if isinstance(value, str) else ""
