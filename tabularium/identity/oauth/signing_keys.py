"""The keys with which a provider signs, kept for an hour, and loaded anew where a token names one that is not there."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tabularium.clock import Clock
from tabularium.identity.oauth.discovery import LIFE, Discovery, load_json_object
from tabularium.identity.oauth.failures import DiscoveryFailed, InvalidIdToken
from tabularium.identity.oauth.outbound import Outbound
from tabularium.identity.oauth.shared_load import SharedLoad

ASYMMETRIC: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"),
    *("EdDSA", "Ed25519", "Ed448"),
)
"""The algorithms that a public key verifies."""

_KEY_TYPES: Final[dict[str, type[RSAKey | ECKey | OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
"""No `oct`: a secret that stands in a public document is none."""
_PAUSE: Final = timedelta(minutes=1)
_MOST_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2048


class SigningKeys:
    """The keys of one provider."""

    def __init__(self, discovery: Discovery, outbound: Outbound, clock: Clock) -> None:
        self._discovery = discovery
        self._outbound = outbound
        self._clock = clock
        self._keys = SharedLoad(self._load, clock, LIFE)
        self._searched_at: datetime | None = None

    async def find(self, algorithm: str, key_id: str | None) -> Key:
        """Return the key that a token names, or the only one that fits where it names none.

        An unknown name loads the keys anew, at most once a minute. Raises `InvalidIdToken` and `DiscoveryFailed`.
        """
        key = _pick(await self._keys.get(), algorithm, key_id)
        if key is None and key_id is not None and (self._keys.is_loading or self._may_search()):
            key = _pick(await self._keys.reload(), algorithm, key_id)
        if key is None:
            raise InvalidIdToken("no key of the provider fits the token")
        return key

    def _may_search(self) -> bool:
        now = self._clock.now()
        if self._searched_at is not None and timedelta(0) <= now - self._searched_at < _PAUSE:
            return False
        self._searched_at = now
        return True

    async def _load(self) -> tuple[Key, ...]:
        url = (await self._discovery.endpoints()).jwks_url
        if url is None:
            raise DiscoveryFailed("no address of keys is known")
        document = await load_json_object(self._outbound, url, "the set of keys")
        listed = document.get("keys")
        if not isinstance(listed, list):
            raise DiscoveryFailed("the set of keys holds no list")
        return tuple(key for each in listed[:_MOST_KEYS] if (key := _import(each)) is not None)


def _import(value: Any) -> Key | None:
    """Read a key. One that cannot be used is passed over: others of the set may be for us."""
    if not isinstance(value, dict):
        return None
    try:
        key_type = _KEY_TYPES[value["kty"]]
        if key_type is RSAKey and _bits(value["n"]) < _LEAST_RSA_BITS:
            return None
        return key_type.import_key(value)
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError):
        return None


def _bits(number: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()


def _pick(keys: tuple[Key, ...], algorithm: str, key_id: str | None) -> Key | None:
    fitting = [key for key in keys if _fits(key, algorithm) and key_id in (None, key.kid)]
    # Without a name there must be no choice.
    return fitting[0] if len(fitting) == 1 or (fitting and key_id is not None) else None


def _fits(key: Key, algorithm: str) -> bool:
    """Say whether a key has the type and the curve of the algorithm, and is meant for signatures and for it."""
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True
