"""Where answers and links of mails lead to: addresses with more in their query."""

from __future__ import annotations

from tabularium.identity.context import AuthContext
from tabularium.identity.cookies import percent_encoded


def absolute(context: AuthContext, target: str) -> str:
    """Return a redirect target as an address of its own."""
    return f"{context.auth.base_url}{target}" if target.startswith("/") else target


def with_parameters(target: str, **values: str) -> str:
    """Return an address with more in its query: before a `#`, behind which no application would look for it."""
    # Cut by hand: taken apart and put together again, `app:///reset` would have lost two slashes.
    rest, hash_sign, fragment = target.partition("#")
    mark = "?" if "?" not in rest else "" if rest.endswith(("?", "&")) else "&"
    more = "&".join(f"{name}={percent_encoded(value)}" for name, value in values.items())
    return f"{rest}{mark}{more}{hash_sign}{fragment}"
