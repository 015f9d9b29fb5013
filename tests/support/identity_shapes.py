"""What each kind of provider says of a person, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from tabularium.identity.oauth.providers import ProviderKind

IMAGE: Final = "https://images.example/ada.png"


@dataclass(frozen=True)
class Person:
    """Somebody who has an account there. Change one with `dataclasses.replace`."""

    number: int = 4711
    email: str | None = "Ada@Example.org"
    email_verified: bool = True
    name: str | None = "Ada Lovelace"
    login: str = "ada"
    image: str | None = IMAGE
    shows_email: bool = True
    """GitHub: whether the profile names the address, which the list of addresses does in any case."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of what is said."""

    @property
    def subject(self) -> str:
        return f"subject-{self.number}"

    def listed_emails(self) -> list[dict[str, Any]]:
        """Return GitHub's list of addresses."""
        other = {"email": "other@example.org", "primary": False, "verified": True, "visibility": None}
        if self.email is None:
            return [other]
        own = {"email": self.email, "primary": True, "verified": self.email_verified, "visibility": "private"}
        return [other, own]


@dataclass(frozen=True)
class Shape:
    """How a kind writes ID tokens and userinfo."""

    claims: Callable[[Person], dict[str, Any]]
    userinfo: Callable[[Person], dict[str, Any]]


def _openid(person: Person) -> dict[str, Any]:
    return {
        "sub": person.subject,
        "email": person.email,
        "email_verified": person.email_verified if person.email else None,
        "name": person.name,
        "picture": person.image,
        **person.more,
    }


def _microsoft(person: Person) -> dict[str, Any]:
    # Its tokens say nothing of `email_verified`, and list what is verified where that claim was asked for.
    listed = [person.email] if person.email and person.email_verified else None
    return {**_openid(person), "email_verified": None, "verified_primary_email": listed, **person.more}


def _github(person: Person) -> dict[str, Any]:
    return {
        "id": person.number,
        "login": person.login,
        "name": person.name,
        "avatar_url": person.image,
        "email": person.email if person.shows_email else None,
        **person.more,
    }


def _gitlab(person: Person) -> dict[str, Any]:
    return {
        "id": person.number,
        "username": person.login,
        "name": person.name,
        "avatar_url": person.image,
        "email": person.email,
        "email_verified": person.email_verified,
        "state": "active",
        "locked": False,
        **person.more,
    }


def _slack(person: Person) -> dict[str, Any]:
    return {
        "ok": True,
        **_openid(person),
        "https://slack.com/user_id": f"U{person.number}",
        "https://slack.com/team_id": "T1",
        "https://slack.com/user_image_512": "https://images.example/512.png",
        **person.more,
    }


SHAPES: Final[Mapping[ProviderKind, Shape]] = MappingProxyType(
    {
        "google": Shape(_openid, _openid),
        "github": Shape(_github, _github),
        "microsoft": Shape(_microsoft, _openid),
        "gitlab": Shape(_gitlab, _gitlab),
        "slack": Shape(_slack, _slack),
        "generic": Shape(_openid, _openid),
    }
)
