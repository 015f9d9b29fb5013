"""Why a sign-in with a provider ends without one: for the front end a name in a redirect, for operators a line."""

from __future__ import annotations

import logging

from tabularium.db.identity.rows import Found
from tabularium.identity.oauth.failures import ProviderFailed

_log = logging.getLogger("tabularium.identity")


def report(provider_id: str, failure: ProviderFailed) -> None:
    """Log what a provider did not do. People see no more than a code, which says nothing of a wrong client secret."""
    _log.warning("The identity provider %s failed: %s.", provider_id, failure)


class FlowFailed(Exception):
    """The flow ends here. `name` is what the redirect says.

    `reason` is what the activity log says, and `user` whose sign-in it would have been, where that is known.
    """

    def __init__(
        self, name: str, description: str | None = None, *, reason: str | None = None, user: Found | None = None
    ) -> None:
        super().__init__(name)
        self.name = name
        self.description = description
        self.reason = reason or name
        self.user = user
