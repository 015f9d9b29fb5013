"""What the mock provider remembers of a sign-in until its tokens are asked for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.identity_shapes import Person


@dataclass(frozen=True)
class Grant:
    """What a code, or a refresh token, stands for."""

    client_id: str
    redirect_uri: str
    challenge: str | None
    scope: str
    person: Person

    def is_proven(self, asked: Mapping[str, str]) -> bool:
        """Say whether who asks is who began: by the address, and by the verifier that only they know."""
        if asked.get("redirect_uri") != self.redirect_uri:
            return False
        if self.challenge is None:
            return "code_verifier" not in asked
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.challenge
